"""A stand-in for TikTok Shop: pages with embedded JSON, and what is shown instead of them."""

import re
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote

from tests.replica.http import Request, Response, json_response
from tests.replica.market import Market, MarketWorld
from tests.replica.server import Site
from tests.replica.tiktok_pages import (
    REVIEWER,
    ROUTES,
    Json,
    card,
    category,
    component,
    feed,
    html,
    product,
    route,
    shop_info,
)

NOT_HERE = "Product not available in this country or region"
OBSTACLES: dict[str, tuple[str, Json | None, str]] = {
    "blank": ("", None, ""),
    "captcha": ("Security Check", None, ""),
    "waf": ("TikTok", {"layout": None, "x": {"waf_decision": {"action": "block"}}}, ""),
    "region": ("TikTok Shop", {"layout": None}, NOT_HERE),
    "missing": ("404 Not Found", {"layout": None}, ""),
}
"""Title, data and text of what is shown instead of a page."""

HOW = frozenset({*OBSTACLES, "other", "region-with-data"})
"""What may be in the way of a page; the goods themselves stay as they are."""

SHARED = "region=US&u_code=word-of-somebody&sec_user_id=word-of-somebody"
"""What a link that somebody shared says of that person."""

LISTED_MAX = {"k": 55, "c": 100, "store": 100}
PER_CALL = 30
PRODUCT = re.compile(
    r"/view/product/(?P<id>\d+)|(?:/shop)?(?:/[a-z]{2})?/pdp/(?:[^/]+/)?(?P<own>\d+)"
)
LIST = re.compile(r"/[a-z]{2}/(?P<kind>k|c|store)/(?:[^/]+/)?(?P<name>[^/]+)")


@dataclass
class TikTokShopWorld(MarketWorld):
    """What the site sells, and how its pages are written; *odd* goes by a page's last word."""

    region: str = "us"
    currency: str = "USD"
    first_id: int = 1_729_000_000_000_000_000
    generation: str = "new"
    """old (2025), new (2026), or mix: as new, with prices where the older ones have them."""

    def __post_init__(self) -> None:
        """Refuse what nobody plays."""
        if unknown := {*self.odd.values()} - HOW | {self.generation} - set(ROUTES):
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")


class TikTokShopReplica(Site):
    """The site: ``async with TikTokShopReplica(world) as site: site.origin, site.market``."""

    def __init__(
        self,
        world: TikTokShopWorld | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a small one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or TikTokShopWorld()
        self.market = Market(self.world)
        self.controls |= {"odd": self._control_odd, "clock": self._control_clock}

    async def respond(self, request: Request) -> Response:
        """Answer as the site does; the clock is the market's."""
        response = self._answer(request)
        response.headers["Date"] = formatdate(self.market.now, usegmt=True)
        return response

    def _answer(self, request: Request) -> Response:
        path = unquote(request.path)
        if path.startswith("/ZS"):
            place = f"/view/product/{self.world.first_id + int(path.strip('/')[2:])}"
            return Response(b"", 302, {"Location": f"{self.origin}{place}?{SHARED}"})
        if path.endswith("/s/product_list"):
            return self._more(request)
        if match := PRODUCT.fullmatch(path):
            return self._page(request, match["id"] or match["own"])
        if path == "/us/s":
            return self._page(request, request.query.get("q", ""), "k")
        if match := LIST.fullmatch(path):
            return self._page(request, match["name"], match["kind"])
        return Response(b"", 404)

    def _page(self, request: Request, name: str, kind: str = "pdp") -> Response:
        how = self.world.odd.get(name, "")
        if how in OBSTACLES:
            return page(*OBSTACLES[how])
        if how == "other":
            name = next(other for other in self.market.goods if other != name)
        if not (components := self._found(kind, name)):
            return page("404 Not Found", {"layout": None})
        loaded = route(self.market, f"https://shop.tiktok.com{request.target}", components)
        if request.query.get("__ssrDirect") == "true":
            return json_response(loaded)
        shown = NOT_HERE if how == "region-with-data" else f"Reviewed by {REVIEWER}"
        data = {"layout": None, ROUTES[self.world.generation]: loaded}
        return page("Something - TikTok Shop", data, shown)

    def _found(self, kind: str, name: str) -> list[Json]:
        """Return the components of a page; none where there is no such thing."""
        if kind == "pdp":
            good = self.market.goods.get(name)
            data = product(self.market, good, self.world.generation) if good else None
            return [component("product_info", "product_info", data)] if data else []
        goods = {
            "k": lambda: self.market.found(name.replace("-", " ")),
            "c": lambda: [g for g in self.market.goods.values() if str(category(g)) == name],
            "store": lambda: self.market.of_shop(name),
        }[kind]()
        cards = [card(self.market, good) for good in goods[: LISTED_MAX[kind]]]
        if kind == "k":
            return [feed("feed_list_search_word", cards)]
        if not cards:
            return []
        if kind == "c":
            return [feed("feed_list_category", cards)]
        own = {"shop_info": shop_info(self.market, name)}
        return [component("shop_info", "shop_info", own), feed("feed_list_store", cards)]

    def _more(self, request: Request) -> Response:
        """Answer a page's own call for more of a list."""
        if request.query.get("page_token") != "secret-token":
            return json_response({"code": 100000})
        cards = [card(self.market, good) for good in self.market.goods.values()][:PER_CALL]
        return json_response({"code": 0, "data": feed("", cards)["component_data"]})

    async def _control_odd(self, value: dict[str, str] | None) -> object:
        """{last word of a page's path: one of `HOW`}: what is in the way; null clears."""
        self.world.odd = TikTokShopWorld(odd=value or {}).odd
        return self.world.odd

    async def _control_clock(self, value: float | None) -> object:
        """Epoch seconds: the time from now on; null only asks."""
        self.market.now = self.market.now if value is None else float(value)
        return self.market.now


def page(title: str, loaded: Json | None, body: str = "") -> Response:
    """Answer with HTML, always with status 200."""
    data = None if loaded is None else {"loaderData": loaded}
    text = html(title, data, body)
    return Response(text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
