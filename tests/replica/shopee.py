"""A stand-in for Shopee: pages whose scripts call for their data, and the calls themselves."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.replica.http import Request, Response, json_response
from tests.replica.market import DAY_S, Good, Market, MarketWorld
from tests.replica.server import Site
from tests.replica.shopee_answers import category, product, shop, username
from tests.replica.shopee_cards import card, changing
from tests.replica.shopee_places import named, shop_query
from tests.replica.shopee_refusals import AWAY, FORM, HOW, LED_AWAY, REFUSALS

PER_PAGE = 60
SORT_MAX = 240
"""So much of a shop's list is answered in each sort."""

PAGE = """<!doctype html><html><head><title>Shopee</title></head><body><div id="main"></div>
<script>(async () => { for (const call of CALLS) {
  const answer = await fetch(call);
  document.getElementById('main').append(await answer.text());
} })();</script></body></html>"""


@dataclass
class ShopeeWorld(MarketWorld):
    """A market of Shopee; `odd` has words of `HOW`, also for all of ``search`` and ``shop``."""

    generation: str = "new"
    ads: int = 0
    """How many advertisements stand before the first page of a keyword's list, repeating it."""

    def __post_init__(self) -> None:
        """Refuse what nobody plays."""
        unknown = set(self.odd.values()) - HOW | {self.generation} - {"old", "new"}
        if unknown:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")


class ShopeeReplica(Site):
    """The site: ``async with ShopeeReplica(world) as site: site.origin, site.log``."""

    def __init__(
        self,
        world: ShopeeWorld | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a small one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or ShopeeWorld()
        self.market = Market(self.world)
        self.controls |= {"odd": self._control_odd, "clock": self._control_clock}
        self._lists: dict[tuple[str, ...], list[Good]] = {}
        self._templates: dict[str, str] = {}
        self._cards: dict[str, tuple[tuple[int, int], bytes]] = {}

    async def respond(self, request: Request) -> Response:
        """Answer as the site does, with the time of the market's clock."""
        response = self._answer(request)
        response.headers["Date"] = formatdate(self.market.now, usegmt=True)
        return response

    def _answer(self, request: Request) -> Response:
        path, query = request.path, request.query
        if path in AWAY or path == "/verify/captcha.html":
            return html(AWAY.get(path, "captcha"))
        kind, key = named(path, query)
        how = self.world.odd.get(key) or self.world.odd.get(kind, "")
        if how in LED_AWAY:
            return Response(b"", 302, {"Location": LED_AWAY[how]})
        if how == "form":
            return html(FORM)
        if not path.startswith("/api/"):
            calls = self._calls(kind, key, query)
            return html(PAGE.replace("CALLS", json.dumps(calls))) if calls else Response(b"", 404)
        if how in REFUSALS:
            status, said = REFUSALS[how]
            return json_response(said, status)
        answers = {"product": self._product, "shop": self._shop, "search": self._search}
        return answers[kind](key, query) if kind in answers else Response(b"", 404)

    def _calls(self, kind: str, key: str, query: dict[str, str]) -> list[str]:
        """Return what the script of a page calls for: widgets first, then what it is about."""
        offset = int(query.get("page", 0)) * PER_PAGE
        search = f"/api/v4/search/search_items?limit={PER_PAGE}&newest={offset}"
        match kind:
            case "product":
                call = (
                    f"/api/v4/pdp/get_{'pc' if self.world.generation == 'new' else 'rw'}?item_id="
                )
                return [f"{call}{self.world.first_id - 1}", f"{call}{key}&detail_level=0"]
            case "shop":
                by, order = query.get("sortBy", "relevancy"), query.get("order", "desc")
                number = key if key.isdigit() else self._shop_id(key)
                listed = f"{search}&match_id={number}&page_type=shop&by={by}&order={order}"
                return [f"/api/v4/shop/get_shop_base?{shop_query(key)}", listed]
            case "search" if "keyword" in query:
                return [f"{search}&keyword={quote(query['keyword'])}"]
            case "search" if key:
                return [f"{search}&match_id={key}"]
        return []

    def _product(self, key: str, _: dict[str, str]) -> Response:
        good = self.market.goods.get(key)
        if good is None:
            return json_response(REFUSALS["placeholder"][1])
        about = self._about_shop(good.shop)
        return json_response(product(good, self.market.now, about, self.world.generation))

    def _shop(self, key: str, _: dict[str, str]) -> Response:
        number = key if key.isdigit() else self._shop_id(key)
        if number not in self.market.shops:
            return json_response({"error": 4, "error_msg": "shop not found", "data": None})
        return json_response({"error": 0, "error_msg": None, "data": self._about_shop(number)})

    def _about_shop(self, number: str) -> dict[str, Any]:
        return shop(number, self.market.shops[number], len(self._listed("shop", number, "")))

    def _shop_id(self, user: str) -> str:
        found = (number for number, name in self.market.shops.items() if username(name) == user)
        return next(found, "")

    def _search(self, key: str, query: dict[str, str]) -> Response:
        offset, is_shop = int(query.get("newest", 0)), query.get("page_type") == "shop"
        if "keyword" in query:
            goods = self._listed("keyword", query["keyword"], "")
        elif is_shop:
            order = f"{query.get('by', '')} {query.get('order', '')}"
            goods = self._listed("shop", key, order)
        else:
            goods = self._listed("category", key, "")
        page = goods[offset : offset + PER_PAGE] if not is_shop or offset < SORT_MAX else []
        last = is_shop and offset + PER_PAGE >= SORT_MAX
        cards = [self._card(good) for good in page]
        if "keyword" in query and not offset:
            ads = (json.loads(one) for one in cards[len(cards) - self.world.ads :])
            cards = [json.dumps(ad | {"adsid": 7}).encode() for ad in ads] + cards
        head = {"error": None, "error_msg": None, "total_count": len(goods)}
        head["nomore"] = last or offset + PER_PAGE >= len(goods)
        body = json.dumps(head).encode()[:-1] + b', "items": [' + b",".join(cards) + b"]}"
        return Response(body, headers={"Content-Type": "application/json"})

    def _listed(self, kind: str, key: str, order: str) -> list[Good]:
        """Return the goods of a list; they are sought once, and sorted once but by what changes."""
        if (kind, key, order) not in self._lists:
            match kind:
                case "keyword":
                    found = self.market.found(key)
                case "shop":
                    found = self.market.of_shop(key)
                case _:
                    found = [g for g in self.market.goods.values() if str(category(g)) == key]
            self._lists[kind, key, order] = sorted(found, key=ORDERS.get(order, by_number))
        return self._lists[kind, key, order]

    def _card(self, good: Good) -> bytes:
        """Return a card as JSON; it changes with the price, and with the day's sales."""
        now = self.market.now
        state = good.level(now), int(now - self.world.begin) // DAY_S
        if good.id not in self._templates:
            name = self.market.shops[good.shop]
            self._templates[good.id] = card(good, name, self.world.generation)
        known = self._cards.get(good.id)
        if known is None or known[0] != state:
            made = self._templates[good.id] % changing(good, now)
            known = self._cards[good.id] = state, made.encode()
        return known[1]

    async def _control_odd(self, value: dict[str, str] | None) -> object:
        """{product id, shop, "search" or "shop": one of `HOW`}: from now on; null clears."""
        self.world.odd = ShopeeWorld(odd=value or {}).odd
        return self.world.odd

    async def _control_clock(self, value: float | dict[str, float]) -> object:
        """Set the clock to so many epoch seconds, or {"advance": seconds}; answer with the time."""
        if isinstance(value, dict):
            self.market.now += value["advance"]
        else:
            self.market.now = float(value)
        return self.market.now


def by_number(good: Good) -> int:
    """Sort by relevance: as they are."""
    return good.number


ORDERS: dict[str, Callable[[Good], int]] = {
    "ctime desc": lambda good: -good.number,
    "sales desc": lambda good: good.number % 31,
    "price asc": lambda good: good.number % 50,
    "price desc": lambda good: -(good.number % 50),
}
"""How a shop's goods are sorted; only by what does not change."""


def html(body: str) -> Response:
    """Answer with a page."""
    return Response(body.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
