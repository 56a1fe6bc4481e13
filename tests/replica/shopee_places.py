"""What an address of Shopee is about."""

import re
from urllib.parse import quote

PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"/robots\.txt", "", ()),
    (r"/api/v4/pdp/get_(?:pc|rw)", "product", ("item_id",)),
    (r"/api/v4/shop/get_shop_\w+", "shop", ("shopid", "username")),
    (r"/search|/api/v4/search/search_items", "search", ("match_id",)),
    (r"/.*-cat\.(?:\d+\.)*(\d+)", "search", ()),
    (r"/product/\d+/(\d+)", "product", ()),
    (r"/(?:shop/)?([\w.-]+)", "shop", ()),
)
"""What a path is about, and in which parameters a call names it."""


def named(path: str, query: dict[str, str]) -> tuple[str, str]:
    """Return what an address is about: ``product``, ``shop`` or ``search``, and which."""
    for pattern, kind, names in PLACES:
        if found := re.fullmatch(pattern, path):
            keys = [*found.groups(), *(query.get(name) for name in names)]
            return kind, next(filter(None, keys), "")
    return "", ""


def shop_query(key: str) -> str:
    """Return the parameters that name a shop."""
    return f"{'shopid' if key.isdigit() else 'username'}={quote(key)}"
