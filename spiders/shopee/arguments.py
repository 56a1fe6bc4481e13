"""The arguments of ``scrapy crawl shopee``."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crawlers.saved_files import Files
from crawlers.spider import CommaSeparated, SourceArguments
from spiders.shopee.addresses import category_in, product_in, shop_in
from spiders.shopee.regions import COUNTRIES, region_in

SHOP: Final = re.compile(r"[1-9]\d{0,19}|[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}")
CATEGORY: Final = re.compile(r"[1-9]\d{0,18}(?:\.[1-9]\d{0,18}){0,4}")


def product_urls(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the addresses of products' pages, and return each once."""
    for url in value:
        if not _is_of_site(url) or product_in(_whole(url)) is None:
            raise ValueError(
                f"{url[:200]!r} is no product page: expected https://shopee.sg/NAME-i.SHOP.ITEM"
            )
    return tuple(dict.fromkeys(map(_whole, value)))


def shop_names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check shops: addresses of their pages, user names or ids. Return each once."""
    found = []
    for name in value:
        is_page = _is_of_site(name) and any(shop_in(_whole(name)))
        if not is_page and not SHOP.fullmatch(name):
            raise ValueError(
                f"{name[:200]!r} is no shop: expected a user name, an id or https://shopee.sg/NAME"
            )
        found.append(_whole(name) if is_page else name)
    return tuple(dict.fromkeys(found))


def category_names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check categories: addresses of their pages, or ids, with dots between those of one."""
    found = []
    for name in value:
        is_page = _is_of_site(name) and category_in(_whole(name)) is not None
        if not is_page and not CATEGORY.fullmatch(name):
            raise ValueError(
                f"{name[:200]!r} is no category: expected an id or https://shopee.sg/NAME-cat.ID"
            )
        found.append(_whole(name) if is_page else name)
    return tuple(dict.fromkeys(found))


def region_name(value: Any) -> Any:
    """Check a region, in any case."""
    found = value.lower() if isinstance(value, str) else value
    if found not in COUNTRIES:
        raise ValueError(f"unknown region {str(value)[:40]!r} (known: {', '.join(COUNTRIES)})")
    return found


def words(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return each keyword once, with single spaces in it."""
    return tuple(dict.fromkeys(" ".join(one.split()) for one in value))


class ShopeeArguments(SourceArguments):
    """Which products, by which way, and how far lists are read."""

    units = ("urls", "keywords", "shops", "categories")

    urls: Annotated[CommaSeparated, AfterValidator(product_urls)] = Field(
        (), description="addresses of product pages, separated by commas"
    )
    urls_file: Path | None = Field(None, description="a file with one address a line")
    keywords: Annotated[CommaSeparated, AfterValidator(words)] = Field(
        (), description="what to search for, separated by commas"
    )
    shops: Annotated[CommaSeparated, AfterValidator(shop_names)] = Field(
        (), description="shops and their products: addresses, user names or ids, by commas"
    )
    categories: Annotated[CommaSeparated, AfterValidator(category_names)] = Field(
        (), description="categories: addresses or ids, separated by commas"
    )
    region: Annotated[str, BeforeValidator(region_name)] | None = Field(
        None,
        description=f"the country whose site is asked, where no address says it (default sg), and "
        f"which saved answers without an address are of: {', '.join(COUNTRIES)}",
    )
    pages: int = Field(1, ge=1, description="how many pages of each list (60 products)")
    files: Files = Field(
        (), description="saved answers, JSON, HTML or HAR: files, folders, globs, by commas"
    )
    fetch: Literal["browser", "http"] = Field(
        "browser", description="browser takes the pages' own calls, http makes them itself"
    )

    @model_validator(mode="after")
    def _check(self) -> "ShopeeArguments":
        if not (self.urls or self.keywords or self.shops or self.categories or self.files):
            raise ValueError(
                "nothing to do: give urls=URL,URL or keywords= or shops= or categories= or files="
            )
        return self

    @property
    def asked(self) -> str:
        """The region that is asked where nothing else says which."""
        return self.region or "sg"


def _whole(url: str) -> str:
    return url if "//" in url else f"https://{url}"


def _is_of_site(url: str) -> bool:
    """Tell whether *url* is on one of the site's own hosts."""
    try:
        parts = urlsplit(_whole(url))
    except ValueError:  # a host that is none
        return False
    return region_in(parts._replace(fragment="").geturl()) is not None
