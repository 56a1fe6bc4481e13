"""Walk the site: products, keywords, shops, categories; or read what a user saved of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from scrapy import Request

from crawlers.captures import Captures
from crawlers.items.products import Product, ProductKeyword, Shop
from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from spiders.tiktok_shop.arguments import TikTokShopArguments
from spiders.tiktok_shop.pages import KeywordPage, ListPage, ProductPage
from spiders.tiktok_shop.saved import file_of, saved_pages

PAGES = (
    r"^https?://(?:[a-z-]+\.)?(?:tiktok|tokopedia)\.com/"
    r"(?:(?:shop/)?(?:[a-z]{2}/)?(?:pdp|c|k|s|store|view/product)(?:[/?]|$)"
    r"|api/shop/[^?]*/product_list(?:\?|$))"
)
"""Pages with embedded JSON, the same as bare JSON, and the calls for more of a list."""


class TikTokShopSpider(SourceSpider):
    """Store products with their variants and shops, as they are now."""

    name = "tiktok_shop"
    Arguments = TikTokShopArguments
    items = (Product, Shop, ProductKeyword)
    args: TikTokShopArguments
    refreshes: ClassVar[dict[str, tuple[dict[str, str], ...]]] = {
        "products": ({"urls": "{url}"},),
        "products[]": (
            {"keywords": "{keyword}", "region": "{region}"},
            {"shops": "{shop}", "region": "{region}"},
        ),
        "product_keywords[]": ({"keywords": "{keyword}", "region": "{region}"},),
        "shops": ({"shops": "{id}", "region": "{region}"},),
    }
    har_calls = PAGES

    @classmethod
    def problem_with(cls, arguments: dict[str, Any]) -> str | None:
        """Say in one line what is wrong: also that of all saved files none holds an answer."""
        if problem := super().problem_with(arguments):
            return problem
        files = TikTokShopArguments.model_validate(cls.read_arguments(arguments)).files
        problem = None
        for capture in Captures(files, cls.har_calls):
            if not capture.problem:
                return None
            problem = f"argument 'files': {Path(file_of(capture)).name}: {capture.problem}"
        return problem

    async def start(self) -> AsyncIterator[Request]:
        """Begin with what was saved, then ask the site."""
        async for request in self.one_by_one(await asyncio.to_thread(self.saved)):
            yield request
        for url in self.args.urls:
            yield self.unit(self.ask(url, self.parse_product), "urls", url)
        for keyword in self.args.keywords:
            request = self.ask(self.args.keyword_page(keyword), self.parse_keyword)
            yield self.unit(request, "keywords", keyword)
        for field, name in self.args.lists:
            request = self.ask(self.args.list_page(field, name), self.parse_list)
            yield self.unit(request, field, name)

    @reads(ProductPage)
    def parse_product(self, page: ProductPage) -> Iterator[Found]:
        """Store a product with its variants, and its shop."""
        return page.items()

    @reads(KeywordPage)
    def parse_keyword(self, page: KeywordPage) -> Iterator[Found]:
        """Store what a keyword finds."""
        return page.items()

    @reads(ListPage)
    def parse_list(self, page: ListPage) -> Iterator[Found]:
        """Store the products of a shop or a category."""
        return page.items()

    def ask(self, url: str, callback: Callable[..., Any]) -> Request:
        """Ask for a page: the JSON that is read stands in its HTML, whoever fetches that."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        site = self.args.origin or f"{parts.scheme}://{parts.netloc}"
        meta = {"render": "page"} if self.args.fetch == "browser" else {}
        return Request(f"{site}{target}", callback, meta=meta)

    def saved(self) -> list[Request]:
        """Return requests for the saved answers, each under the address of its page.

        The oldest comes first: a price that comes late says nothing of prices over time.
        """
        callbacks = {
            "product": self.parse_product,
            "keyword": self.parse_keyword,
            "list": self.parse_list,
        }
        return [
            Request(
                page.url or f"{self.origin}/#{quote(Path(page.name).name)}",
                callbacks[page.kind],
                meta={"capture": page.name},
                dont_filter=True,
            )
            for page in sorted(saved_pages(self.captures), key=attrgetter("at"))
        ]
