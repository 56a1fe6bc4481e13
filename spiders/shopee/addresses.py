"""Addresses of the site: what they name, and how to ask for it, by page or by call."""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

PER_PAGE: Final = 60
SORT_PAGES: Final = 4
"""Pages of one sort of a shop's list that are answered; other sorts show more of it."""

SORTS: Final = (
    ("relevancy", "desc"), ("ctime", "desc"), ("sales", "desc"), ("price", "asc"),
    ("price", "desc"),
)  # fmt: skip
_PRODUCT: Final = re.compile(
    r"(?:^|.*[/-])i\.([1-9]\d{0,19})\.([1-9]\d{0,19})/?|.*/product/([1-9]\d{0,19})/([1-9]\d{0,19})/?"
)
_CATEGORY: Final = re.compile(r".*-cat\.(\d{1,19}(?:\.\d{1,19}){0,4})/?")
_SHOP: Final = re.compile(r"/shop/([1-9]\d{0,19})/?")
_USER: Final = re.compile(r"/([A-Za-z0-9_.-]{1,64})/?")
NO_USERS: Final = frozenset({"search", "mall", "cart", "shop", "product", "user", "buyer"})
"""What stands where the user names of shops do, and is none."""


class Listing(NamedTuple):
    """A list of products: what is listed, and which page of it. Plain values, for queues."""

    kind: str
    """``keyword``, ``shop`` or ``category``."""
    key: str
    """The words, the shop's id, or the categories' ids with dots between them."""
    region: str
    number: int = 0

    @property
    def offset(self) -> int:
        """How many products come before this page, in its sort."""
        number = self.number % SORT_PAGES if self.kind == "shop" else self.number
        return number * PER_PAGE

    @property
    def sort(self) -> tuple[str, str]:
        """By what it is sorted, and in which direction."""
        return SORTS[self.number // SORT_PAGES] if self.kind == "shop" else SORTS[0]

    def following(self, *, complete: bool, last: bool) -> "Listing | None":
        """Return the next page, or None after all.

        A list is *complete* when its number of products says so. The *last* page of a shop's sort
        comes earlier than that, and the next sort begins anew.
        """
        number = self.number + 1
        if self.kind == "shop" and last:
            number += -number % SORT_PAGES
        if complete or (last and self.kind != "shop"):
            return None
        if self.kind == "shop" and number >= len(SORTS) * SORT_PAGES:
            return None
        return self._replace(number=number)

    @property
    def page(self) -> str:
        """The path of the page that shows it."""
        match self.kind:
            case "keyword":
                return f"/search?{urlencode({'keyword': self.key, 'page': self.number})}"
            case "category":
                return f"/c-cat.{self.key}?{urlencode({'page': self.number})}"
        by, order = self.sort
        query = {"page": self.offset // PER_PAGE, "sortBy": by, "order": order}
        return f"/shop/{self.key}?{urlencode(query)}"

    @property
    def call(self) -> str:
        """The path of the call that answers it."""
        by, order = self.sort
        query: dict[str, str | int] = {"by": by}
        if self.kind == "keyword":
            query["keyword"] = self.key
        else:
            query["match_id"] = self.key.rpartition(".")[2]
        query |= {"limit": PER_PAGE, "newest": self.offset, "order": order}
        query["page_type"] = "shop" if self.kind == "shop" else "search"
        query["scenario"] = "PAGE_GLOBAL_SEARCH" if self.kind == "keyword" else "PAGE_OTHERS"
        return f"/api/v4/search/search_items?{urlencode(query | {'version': 2})}"


def product_in(url: str) -> tuple[str, str] | None:
    """Return the ids of the shop and the product that *url*, a page or a call, names."""
    parts = urlsplit(url)
    if found := _PRODUCT.fullmatch(unquote(parts.path)):
        return (found[1], found[2]) if found[1] else (found[3], found[4])
    query = parse_qs(parts.query)
    shop = query.get("shop_id") or query.get("shopid")
    product = query.get("item_id") or query.get("itemid")
    return (shop[0], product[0]) if shop and product else None


def shop_in(url: str) -> tuple[str | None, str | None]:
    """Return the id or the user name of the shop that *url*, a page or a call, names."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.path.startswith("/api/"):
        shop = query.get("shopid") or query.get("shop_id")
        user = query.get("username")
        return shop[0] if shop else None, user[0] if user else None
    if found := _SHOP.fullmatch(parts.path):
        return found[1], None
    found = _USER.fullmatch(parts.path)
    if found is None or found[1] in NO_USERS or product_in(url) or category_in(url):
        return None, None
    return None, found[1]


def category_in(url: str) -> str | None:
    """Return the ids of a category's page, from the widest on, with dots between them."""
    found = _CATEGORY.fullmatch(unquote(urlsplit(url).path))
    return found[1] if found else None


def search_in(url: str) -> tuple[str | None, int]:
    """Return the keyword of a list's page or call, and how many products come before it."""
    query = parse_qs(urlsplit(url).query)
    keyword = " ".join(query.get("keyword", [""])[0].split()) or None
    if "newest" in query:
        return keyword, int(query["newest"][0])
    return keyword, int(query.get("page", ["0"])[0]) * PER_PAGE


def product_page(shop: str, product: str) -> str:
    """Return the path of a product's page."""
    return f"/product/{shop}/{product}"


def product_call(shop: str, product: str) -> str:
    """Return the path of the call about a product."""
    query = {"item_id": product, "shop_id": shop, "tz_offset_minutes": 0, "detail_level": 0}
    return f"/api/v4/pdp/get_pc?{urlencode(query)}"


def shop_page(shop: str) -> str:
    """Return the path of a shop's page, by its id or its user name."""
    return f"/shop/{shop}" if shop.isdigit() else f"/{quote(shop)}"


def shop_call(shop: str) -> str:
    """Return the path of the call about a shop."""
    query = {"shopid" if shop.isdigit() else "username": shop, "entry_point": "ShopByPDP"}
    more = {"need_cancel_rate": "true", "request_source": "shop_home_page", "version": 1}
    return f"/api/v4/shop/get_shop_base?{urlencode(query | more)}"
