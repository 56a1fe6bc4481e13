"""The arguments of ``scrapy crawl tiktok_shop``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from crawlers.saved_files import Files
from crawlers.spider import CommaSeparated, SourceArguments
from spiders.tiktok_shop.addresses import (
    checked_region,
    keyword_address,
    list_address,
    product_address,
)


def product_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the addresses of products; whatever else they say is dropped."""
    return tuple(dict.fromkeys(map(product_address, value)))


class TikTokShopArguments(SourceArguments):
    """Which products, by their own pages, by keyword, by shop or by category."""

    units = ("urls", "keywords", "shops", "categories")

    urls: Annotated[CommaSeparated, AfterValidator(product_addresses)] = Field(
        (), description="addresses of products, or share links, separated by commas"
    )
    urls_file: Path | None = Field(None, description="a file with one address a line")
    keywords: CommaSeparated = Field(
        (),
        description="what to search for, separated by commas: the first 55 products or so of each",
    )
    shops: CommaSeparated = Field(
        (), description="shops: addresses or seller ids, by comma (Vietnam shows none)"
    )
    categories: CommaSeparated = Field(
        (), description="categories: addresses or ids, by comma: at most 100 products of each"
    )
    region: Annotated[str, AfterValidator(checked_region)] | None = Field(
        None, description="the country, two letters: for keywords, and for ids"
    )
    files: Files = Field(
        (),
        description="saved pages and answers, HTML, JSON or HAR: files, folders, globs, by comma",
    )
    fetch: Literal["browser", "http"] = Field(
        "browser", description="how to ask for pages: with a browser, or by plain HTTP"
    )

    @model_validator(mode="after")
    def _check(self) -> "TikTokShopArguments":
        if not (self.urls or self.keywords or self.shops or self.categories or self.files):
            raise ValueError(
                "nothing to do: give urls=URL,URL or keywords= or shops= or categories= "
                "or files=FILE,FOLDER"
            )
        for keyword in self.keywords:
            self.keyword_page(keyword)  # raises ValueError for what names none
        for field, name in self.lists:
            self.list_page(field, name)
        return self

    def keyword_page(self, keyword: str) -> str:
        """Return the address of what *keyword* finds."""
        return keyword_address(keyword, self.region)

    @property
    def lists(self) -> Iterator[tuple[str, str]]:
        """The shops and categories, each with the argument that names it."""
        yield from (("shops", shop) for shop in self.shops)
        yield from (("categories", one) for one in self.categories)

    def list_page(self, field: str, name: str) -> str:
        """Return the address of a shop or a category."""
        return list_address("store" if field == "shops" else "category", name, self.region)
