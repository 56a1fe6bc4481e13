"""Ask for products, lists and shops: by the pages' own calls, or by making the same calls."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

from scrapy import Request

from crawlers.browser.recipe import Recipe
from crawlers.captures import Capture, Captures
from crawlers.errors import MissingError
from crawlers.items.products import Product, ProductKeyword, Shop
from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from spiders.shopee.addresses import (
    Listing,
    category_in,
    product_call,
    product_in,
    product_page,
    shop_call,
    shop_in,
    shop_page,
)
from spiders.shopee.arguments import ShopeeArguments
from spiders.shopee.captured import CALLS, LIST_CALL, SHOP_CALL, saved_in, turns_away
from spiders.shopee.pages import ProductPage, RenderedProductPage, SearchPage, ShopPage
from spiders.shopee.regions import COUNTRIES, NOWHERE, region_in

CHALLENGES = (".shopee-authen-form", "input[name=loginKey]", "iframe[src*=captcha]")
"""What stands on a page that is in the way."""


class ShopeeSpider(SourceSpider):
    """Store products, their variants and shops, and where keywords find them."""

    name = "shopee"
    Arguments = ShopeeArguments
    items = (Product, Shop, ProductKeyword)
    args: ShopeeArguments
    refreshes: ClassVar[dict[str, tuple[dict[str, str], ...]]] = {
        "products": ({"urls": "{url}"},),
        "products[]": (
            {"keywords": "{keyword}", "region": "{region}"},
            {"shops": "{shop}", "region": "{region}"},
        ),
        "product_keywords[]": ({"keywords": "{keyword}", "region": "{region}"},),
        "shops": ({"shops": "{id}", "region": "{region}"},),
    }
    har_calls = CALLS
    blocking_statuses = frozenset({403, 418})
    turned_away = r"^https?://[^/]+/(?:verify/|buyer/login)"
    recipes: ClassVar[dict[str, Recipe]] = {
        "product": Recipe(
            answer=r"/api/v4/pdp/get_(pc|rw)\?(.*&)?item_id={item}(&|$)",
            address=r"/product/\d+/(?P<item>\d+)",
            challenges=CHALLENGES,
        ),
        "list": Recipe(answer=LIST_CALL, challenges=CHALLENGES),
        "shop": Recipe(answer=SHOP_CALL, challenges=CHALLENGES),
    }

    @classmethod
    def problem_with(cls, arguments: dict[str, Any]) -> str | None:
        """Say what is wrong with *arguments*; also when no file of theirs holds an answer."""
        if problem := super().problem_with(arguments):
            return problem
        problems = []
        files = getattr(cls.read_arguments(arguments), "files", ())
        for capture in Captures(files, cls.har_calls):
            if not capture.problem or capture.status in cls.blocking_statuses:
                return None
            problems.append(f"{Path(capture.name).name}: {capture.problem}")
        return f"argument 'files': {problems[0]}" if problems else None

    async def start(self) -> AsyncIterator[Request]:
        """Begin with what was saved, then ask the site."""
        async for request in self.one_by_one(await asyncio.to_thread(self.saved)):
            yield request
        for url in self.args.urls:
            if found := product_in(url):
                request = self.product(*found, region_in(url) or self.args.asked)
                yield self.unit(request, "urls", url)
        for keyword in self.args.keywords:
            request = self.listing(Listing("keyword", keyword, self.args.asked))
            yield self.unit(request, "keywords", keyword)
        for shop in self.args.shops:
            name = next(filter(None, shop_in(shop)), shop)
            region = region_in(shop) or self.args.asked
            page, call = shop_page(name), shop_call(name)
            request = self.ask("shop", page, call, region, self.parse_shop)
            yield self.unit(request, "shops", shop)
        for category in self.args.categories:
            region = region_in(category) or self.args.asked
            ids = category_in(category) or category
            request = self.listing(Listing("category", ids, region))
            yield self.unit(request, "categories", category)

    def product(self, shop: str, product: str, region: str) -> Request:
        """Ask for a product."""
        page, call = product_page(shop, product), product_call(shop, product)
        return self.ask("product", page, call, region, self.parse_product)

    def listing(self, listing: Listing) -> Request:
        """Ask for a page of a list."""
        more = {"listing": list(listing)}
        return self.ask("list", listing.page, listing.call, listing.region, self.parse_list, **more)

    def ask(
        self,
        recipe: str,
        page: str,
        call: str,
        region: str,
        callback: Callable[..., Any],
        **more: Any,
    ) -> Request:
        """Ask for *page* by the browser, or make its *call* by HTTP, on the site of *region*."""
        if self.args.fetch == "http":
            return Request(self.address(call, region), callback, cb_kwargs=more)
        url = self.address(page, region)
        return Request(url, callback, cb_kwargs=more, meta={"render": recipe})

    def address(self, path: str, region: str | None) -> str:
        """Return the address of *path* on the site of *region*; None is no country's site."""
        if self.args.origin:
            return f"{self.args.origin}{path}#{region or ''}"
        return f"https://{COUNTRIES[region].domain if region else NOWHERE}{path}"

    @reads(ProductPage)
    def parse_product(self, page: ProductPage) -> Iterator[Found]:
        """Store a product and its shop."""
        return page.items()

    @reads(RenderedProductPage)
    def parse_rendered(self, page: RenderedProductPage) -> Iterator[Found]:
        """Store what a saved page shows of a product."""
        return page.items()

    @reads(SearchPage)
    def parse_saved_list(self, page: SearchPage) -> Iterator[Found]:
        """Store the products of a saved list."""
        return page.items()

    @reads(ShopPage)
    def parse_saved_shop(self, page: ShopPage) -> Iterator[Found]:
        """Store a saved shop."""
        return page.items()

    @reads(ShopPage)
    def parse_shop(self, page: ShopPage) -> Iterator[Found | Request]:
        """Store a shop, and go to its products."""
        for item in page.items():
            yield item
            if isinstance(item, Shop):
                yield self.listing(Listing("shop", item.id, item.region or self.args.asked))

    @reads(SearchPage)
    def parse_list(self, page: SearchPage, listing: list[Any]) -> Iterator[Found | Request]:
        """Store a page of a list, and go on to the next; a list may end earlier than it says."""
        here = Listing(*listing)
        if here.number:
            with suppress(MissingError):
                yield from page.items()
        else:
            yield from page.items()
        following = here.following(complete=page.is_complete, last=page.is_last)
        if following and following.number < self.args.pages:
            yield self.listing(following)

    def saved(self) -> list[Request]:
        """Return requests for the saved answers.

        The oldest comes first: a price that comes late says nothing of prices over time. A browser
        may have asked several times before it was let in: of one HAR's answers about a thing those
        count that let it in, or else the last.
        """
        rivals: defaultdict[tuple[str, str], list[tuple[float, Request, bool]]] = defaultdict(list)
        for capture in self.captures:
            request = self.from_file(capture)
            file = capture.name.rpartition("#")[0] if capture.url else capture.name
            is_away = "blocked" in request.meta or turns_away(capture.url, capture.body)
            rivals[file, request.url].append((capture.at, request, is_away))
        found = [
            one
            for tries in rivals.values()
            for one in [one for one in tries if not one[2]] or tries[-1:]
        ]
        return [request for _, request, _ in sorted(found, key=itemgetter(0))]

    def from_file(self, capture: Capture) -> Request:
        """Ask for a saved answer, under the address of what it is about."""
        saved = saved_in(capture.name, capture.url, capture.body)
        callbacks = {
            "product": self.parse_product,
            "list": self.parse_saved_list,
            "shop": self.parse_saved_shop,
            "rendered": self.parse_rendered,
        }
        meta: dict[str, Any] = {"capture": capture.name}
        if capture.status in self.blocking_statuses:
            meta["blocked"] = True
        region = saved.region or self.args.region
        url = self.address(saved.path, region)
        return Request(url, callbacks[saved.kind], meta=meta, dont_filter=True)
