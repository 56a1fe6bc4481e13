"""The base of every source's spider: its card, its arguments, its memory."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import ValidationError
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings

from crawlers.addresses import names_private
from crawlers.arguments import CommaSeparated, SourceArguments
from crawlers.browser.recipe import Recipe
from crawlers.callbacks import page_class_of, reads
from crawlers.captures import Captures
from crawlers.card import Card
from crawlers.config import config
from crawlers.items.base import Item
from crawlers.limits import limit_key
from crawlers.memory import Memory
from crawlers.page import Found
from crawlers.scheduler import ENDED
from crawlers.storage.database import database_for
from crawlers.units import UNITS
from crawlers.verdict import KNOWN

__all__ = ["CommaSeparated", "SourceArguments", "SourceSpider", "reads"]
"""All that the modules of a source need of the base."""

FROM_SCRAPYD = frozenset({"_job", "_version"})
"""Arguments that Scrapyd adds to every spider that it starts."""


class SourceSpider(Spider):
    """Walk one source. A subclass says which URL goes to which page, and nothing else."""

    Arguments: ClassVar[type[SourceArguments]] = SourceArguments
    items: ClassVar[tuple[type[Item], ...]] = ()
    """What the source's pages yield: decides the columns of a csv feed, and the docs."""
    har_calls: ClassVar[str] = ""
    """A regular expression for the addresses of those entries of a HAR that are wanted."""
    blocking_statuses: ClassVar[frozenset[int]] = frozenset()
    """HTTP statuses by which the site turns away whom it takes for a robot."""
    turned_away: ClassVar[str] = ""
    """A regular expression for the addresses to which it leads them instead; they are not asked."""
    recipes: ClassVar[Mapping[str, Recipe]] = {}
    """How its pages are rendered, by the name in ``meta["render"]``."""
    refreshes: ClassVar[Mapping[str, tuple[Mapping[str, str], ...]]] = {}
    """By table, the arguments that fetch a row of it again; by ``table[]``, those for a list.

    Names in braces stand for columns of the row, or for filters of the list. Of several ways the
    first is taken of which all names are known.
    """
    lasting: ClassVar[frozenset[str]] = frozenset()
    """Tables whose rows never change: what is stored is not fetched again."""
    card: ClassVar[Card]
    memory: Memory

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Read the card from the docstring of the package that holds the spider."""
        super().__init_subclass__(**kwargs)
        package = importlib.import_module(cls.__module__.rpartition(".")[0])
        cls.card = Card.read(package.__doc__ or "")

    def __init__(self, name: str | None = None, *, reparse: bool = False, **arguments: Any) -> None:
        """Validate *arguments*. To *reparse*, or only to look at a page, none are needed."""
        super().__init__(name)
        none = self.Arguments.model_construct
        self.args = self.read_arguments(arguments) if arguments else none()
        self.worker: str | None = arguments.get("_job")
        """The name by which Scrapyd or a dispatcher knows this crawl."""
        self.origin: str = self.args.origin or self.card.site
        # What one of the workers of a job stores says nothing about the job.
        self.expects = 0 if reparse or self.args.job else self.card.expects

    @classmethod
    def read_arguments(cls, arguments: dict[str, Any]) -> SourceArguments:
        """Return the validated arguments; raise pydantic's ValidationError."""
        ours = {name: value for name, value in arguments.items() if name not in FROM_SCRAPYD}
        return cls.Arguments.model_validate(ours)

    @classmethod
    def problem_with(cls, arguments: dict[str, Any]) -> str | None:
        """Say in one line what is wrong with *arguments*, or return None."""
        try:
            read = cls.read_arguments(arguments)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(map(str, first["loc"]))
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.Arguments.model_fields)
                return f"unknown argument {name!r} (known: {known})"
            message = first["msg"].removeprefix("Value error, ")
            return f"argument {name!r}: {message}" if name else message
        if (
            read.origin
            and not config().crawlers_test
            and names_private(urlsplit(read.origin).hostname or "")
        ):
            return f"argument 'origin': {read.origin} is a private address"
        return None

    @classmethod
    def lacks(cls) -> str | None:
        """Say in one line what this machine lacks to crawl, or return None.

        Whoever hands in a job need not have it.
        """
        return None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider, and set the source's limits for the address that it will visit."""
        spider = super().from_crawler(crawler, *args, **kwargs)

        def found(count: int) -> None:
            crawler.stats.inc_value(KNOWN, count)  # there once the crawl has begun

        spider.memory = Memory(database_for(crawler), spider.name, found)
        spider.limit(crawler.settings)
        return spider

    def limit(self, settings: BaseSettings) -> None:
        """Turn the card's limits into Scrapy's settings; the command line still wins."""
        key = limit_key(self.origin)
        limits: dict[str, Any] = {
            "CONCURRENT_REQUESTS": self.card.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": self.card.concurrency,
            "ROBOTSTXT_OBEY": self.card.obey,
            # Turns and places keep the delay themselves.
            "DOWNLOAD_DELAY": 0 if self.card.serial or self.card.shared else self.card.delay,
        }
        if contact := config().crawlers_contact:
            limits["USER_AGENT"] = f"{settings['USER_AGENT']} (+{contact})"
        if self.card.serial:
            limits |= {"SERIAL_LIMIT_KEYS": [key], "SERIAL_DELAY_S": self.card.delay}
        if self.card.shared:
            limits |= {"SHARED_LIMIT_KEYS": [key], "SHARED_CONCURRENCY": self.card.concurrency}
            limits["SHARED_DELAY_S"] = self.card.delay
        if self.args.job:
            limits["JOB"] = self.args.job
        if config().crawlers_test and self.args.origin:
            self.logger.info("CRAWLERS_TEST is on: loopback origins and short waits are allowed")
            limits["ALLOWED_PRIVATE_ORIGINS"] = [key]
        for name, value in limits.items():
            settings.set(name, value, priority="spider")

    @cached_property
    def captures(self) -> Captures:
        """The saved answers that the argument ``files``, where the source has it, names."""
        return Captures(getattr(self.args, "files", ()), self.har_calls)

    async def one_by_one(self, requests: Iterable[Request]) -> AsyncIterator[Request]:
        """Yield each of *requests* when what the one before it brought is stored.

        The workers of a job share them, in any order.
        """
        for request in requests:
            ended = asyncio.Event()
            request.meta[ENDED] = ended
            yield request
            if not self.args.job:
                await ended.wait()

    def unit(self, request: Request, field: str, *values: str) -> Request:
        """Return *request*, which is the seed of the units *values* of the argument *field*."""
        request.meta[UNITS] = [self.args.unit_name(field, value) for value in values]
        return request

    def secret_headers(self) -> dict[str, str]:
        """Return headers for the source's own site that must never be stored or logged."""
        return {}

    def parse(self, response: Response, **_: Any) -> Iterator[Found]:
        """Read a stored page again (``scrapy reparse``): its items, and no links."""
        page_class = page_class_of(response.request)
        if page_class is None:
            raise TypeError(f"{self.name}: a request without a callback names no page class")
        yield from page_class(response.url, response.body).items()
