"""Answers that a user saved: what each is, and under which address it is read."""

import re
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic_core import from_json

from crawlers.errors import BlockedError, PageError
from spiders.shopee.addresses import product_in, product_page, shop_in, shop_page
from spiders.shopee.answer import BOM, answer_in, is_bare, is_html
from spiders.shopee.regions import region_in

PRODUCT_CALL: Final = r"/api/v4/pdp/get_(?:pc|rw)\?|/api/v[24]/item/get\?"
LIST_CALL: Final = r"/api/v[24]/search/search_items\?"
SHOP_CALL: Final = r"/api/v4/shop/get_shop_(?:base|detail)(?:_v2)?\?|/api/v2/shop/get\?"
CALLS: Final = f"{PRODUCT_CALL}|{LIST_CALL}|{SHOP_CALL}"
"""The calls whose answers are taken out of a HAR."""

LIST_QUERY: Final[tuple[str, ...]] = ("by", "keyword", "match_id", "newest", "order", "page_type")
OG_URL: Final = re.compile(
    rb"""<meta\b[^>]{0,200}?property=["']?og:url["']?[^>]{0,200}?content=["']([^"'>]{1,2000})"""
)


class Saved(NamedTuple):
    """What a saved answer is: what it is about, the path to read it under, its region if known."""

    kind: Literal["product", "list", "shop", "rendered"]
    path: str
    region: str | None = None


def saved_in(name: str, url: str | None, body: bytes) -> Saved:
    """Return what *body* is: by *url*, the address of its call, where there is one, or by itself.

    Of an address only what names the thing is kept. What is nothing known counts as a product: its
    page says what is wrong. Where nothing names the thing, the file called *name* does.
    """
    file = f"?{urlencode({'file': Path(name).name})}"
    if url is None:
        return _rendered(body, file) if is_html(body) else _bare(body, file)
    region = region_in(url)
    if re.search(LIST_CALL, url):
        query = parse_qs(urlsplit(url).query)
        kept = {name: query[name][0] for name in LIST_QUERY if name in query}
        return Saved("list", f"/api/v4/search/search_items?{urlencode(kept)}", region)
    if re.search(SHOP_CALL, url):
        shop = next(filter(None, shop_in(url)), None)
        return Saved("shop", shop_page(shop) if shop else f"/{file}", region)
    found = product_in(url)
    return Saved("product", product_page(*found) if found else f"/product{file}", region)


def turns_away(url: str | None, body: bytes) -> bool:
    """Tell whether *body* is a captcha, a login or a block instead of an answer."""
    try:
        answer_in(url or "", body)
    except BlockedError:
        return True
    except PageError:  # another outcome, which its page tells
        return False
    return False


def _rendered(body: bytes, file: str) -> Saved:
    found = OG_URL.search(body)
    url = found[1].decode(errors="replace") if found else ""
    ids = product_in(url)
    return Saved("rendered", product_page(*ids) if ids else f"/product{file}", region_in(url))


def _bare(body: bytes, file: str) -> Saved:
    """Tell a saved answer by its keys."""
    try:
        data = from_json(body.removeprefix(BOM), allow_inf_nan=False)
    except ValueError:
        data = None
    answer: dict[str, Any] = data if isinstance(data, dict) else {}
    found = answer.get("data")
    inner: dict[str, Any] = found if isinstance(found, dict) else {}
    if isinstance(answer.get("items"), list):
        return Saved("list", f"/search{file}")
    if "shopid" in inner and "item" not in inner and not is_bare(inner):
        return Saved("shop", f"/{file}")
    return Saved("product", f"/product{file}")
