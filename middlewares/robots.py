"""robots.txt by RFC 9309, and the pauses that sites ask for in it.

What the RFC leaves open: ``Crawl-delay`` and ``Request-rate`` are heeded; 429 and 408 say "later"
as a 5xx does. A site whose robots.txt cannot be read is not crawled (section 2.3.1.4).
"""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from crawlers.delays import delays_for
from crawlers.download import CrawlClosingError
from crawlers.engine import rest
from crawlers.errors import AddressError, RobotsError, SiteAwayError, SiteDownError
from crawlers.headers import asked_s, header
from crawlers.limits import limit_key
from crawlers.permits import PermitLostError, grant, permit_for
from middlewares.failures import Kind, described, kind_of, kind_of_status
from middlewares.postpone import postponed
from middlewares.waits import Waits, with_detail

SIZE_READ = 512 * 1024
"""Bytes that are read of it; RFC 9309, section 2.5, asks for 500 KiB at least."""
HOPS_MAX = 5
"""Redirects that are followed: section 2.3.1.2."""
HELD_S = 5.0
"""Shorter pauses are waited for in the download slot."""
AGE_MAX_S = 24 * 3600.0
"""Then it is asked for again: section 2.4."""
REDIRECTS = range(300, 400)
SUCCESS = range(200, 300)


@dataclass
class Rules:
    """What is known of one robots.txt."""

    parser: ProtegoRobotParser | None = None
    refusal: AddressError | RobotsError | None = None
    read_at_s: float = 0.0
    failures: int = 0
    next_s: float = 0.0
    """When the next request may go, in epoch seconds: only for long pauses."""
    not_before_ms: int = 0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_due(self) -> bool:
        """Tell whether to ask the site: nothing is known, or it is old."""
        is_old = self.parser is not None and time.monotonic() - self.read_at_s > AGE_MAX_S
        is_unknown = self.parser is None and self.refusal is None
        return (is_unknown or is_old) and time.time() * 1000 >= self.not_before_ms


class RobotsMiddleware:
    """Ask each limit key for its robots.txt once, and obey it.

    Requests to a site whose robots.txt has to be asked for again wait in the scheduler. The log
    and the stats have the names of Scrapy's own middleware.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings."""
        settings = crawler.settings
        if not settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        self._name = settings["ROBOTSTXT_USER_AGENT"]
        self._longest_delay_s = settings.getfloat("ROBOTSTXT_LONGEST_DELAY_S")
        self._waits = Waits.from_settings(settings)
        self._rules: defaultdict[str, Rules] = defaultdict(Rules)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Request | None:
        """Let *request* go, put it off, or raise RobotsError."""
        if request.meta.get("dont_obey_robotstxt"):
            return None
        key = limit_key(request.url)
        rules = self._rules[key]
        async with rules.asking:
            if rules.is_due():
                await self._ask(key, rules, request)
        if rules.refusal is not None:
            raise type(rules.refusal)(str(rules.refusal))
        if rules.parser is None:
            if request.callback is NO_CALLBACK:
                raise SiteAwayError(key, rules.not_before_ms)
            return postponed(request, rules.not_before_ms, "robots.txt has to be read first")
        if not rules.parser.allowed(request.url, self._name):
            self.crawler.stats.inc_value("robotstxt/forbidden")
            raise RobotsError("forbidden by robots.txt")
        return self._paced(request, key, rules)

    def _paced(self, request: Request, key: str, rules: Rules) -> Request | None:
        """Give *request* a time of its own in the scheduler, where the site asks for pauses.

        A download slot would hold it for as long, and a crawl that is to end, too; and what it
        holds, other workers know nothing of.
        """
        delays, now_s = delays_for(self.crawler), time.time()
        delay_s = delays.of(key)
        if request.callback is NO_CALLBACK or request.meta.get("paced"):
            return None
        if delays.follower is not None:
            # The frontier that workers share gives it out in its time, once it knows of the pause.
            due_s = now_s
            if permit_for(request).keeps(delay_s):
                return None
        elif delay_s < HELD_S:
            return None
        else:
            due_s = max(now_s, rules.next_s)
            rules.next_s = due_s + delay_s
            if due_s <= now_s:
                return None
        later = postponed(request, int(due_s * 1000) + 1, "robots.txt asks for a pause")
        later.meta["paced"] = True
        return later

    async def _ask(self, key: str, rules: Rules, first: Request) -> None:
        """Learn the rules of *key*, or when to ask again. An error of the crawl's own passes."""
        try:
            response = await self._fetched(first)
        except (CrawlClosingError, PermitLostError, SiteDownError):
            raise
        except SiteAwayError as away:
            rules.not_before_ms = away.until_ms
        except Exception as error:  # noqa: BLE001 - whatever it is, the site is not crawled
            self._failed(rules, kind_of(error), error, None)
        else:
            self._answered(key, rules, response)

    async def _fetched(self, first: Request) -> Response:
        """Ask in the place of *first*, which waits for this.

        Redirects are followed here, because a source may have switched them off for its pages.
        """
        assert self.crawler.engine is not None  # noqa: S101 - it runs
        url = urljoin(first.url, "/robots.txt")
        meta = {"dont_obey_robotstxt": True, "dont_retry": True, "dont_redirect": True}
        for _ in range(HOPS_MAX + 1):
            self.crawler.stats.inc_value("robotstxt/request_count")
            request = Request(url, NO_CALLBACK, meta=dict(meta), priority=1000)
            grant(request, permit_for(first).lent(url))
            response = await self.crawler.engine.download_async(request)
            rest(self.crawler, limit_key(url))
            self.crawler.stats.inc_value(f"robotstxt/response_status_count/{response.status}")
            location = header(response, "Location")
            if response.status not in REDIRECTS or not location:
                return response
            url = urljoin(url, location)
        return response

    def _answered(self, key: str, rules: Rules, response: Response) -> None:
        kind = kind_of_status(response.status)
        if kind is not None:
            reason = RobotsError(f"HTTP {response.status}")
            self._failed(rules, kind, reason, asked_s(response))
            return
        # Neither 4xx nor an endless redirect holds rules: all is allowed (2.3.1.2 and 2.3.1.3).
        body = response.body if response.status in SUCCESS else b""
        parser = parsed(body)
        delay_s = asked_delay_s(parser, self._name)
        rules.parser, rules.read_at_s, rules.failures = parser, time.monotonic(), 0
        rules.next_s = time.time() + delay_s
        if delay_s > self._longest_delay_s:
            limit = f"{self._longest_delay_s:g} s"
            rules.refusal = RobotsError(
                f"robots.txt asks for {delay_s:g} s between two requests, more than {limit}"
            )
        elif delay_s:
            delays_for(self.crawler).raise_to(self.crawler, key, delay_s)

    def _failed(
        self, rules: Rules, kind: Kind | None, error: Exception, asked: float | None
    ) -> None:
        """Note when to try again, or that it is enough. Old rules hold for another day."""
        reason = str(error) if isinstance(error, RobotsError) else described(error)
        enough = kind is None or self._waits.enough(kind, rules.failures, asked)
        if rules.parser is not None:
            rules.read_at_s = time.monotonic()
        elif kind is not None and not enough:
            rules.not_before_ms = self._waits.until_ms(kind, rules.failures, asked)
            rules.failures += 1
        elif isinstance(error, AddressError):
            rules.refusal = AddressError(str(error))
        else:
            self.crawler.stats.inc_value("robotstxt/unreadable")
            reason = with_detail(reason, enough) if isinstance(enough, str) else reason
            rules.refusal = RobotsError(f"robots.txt could not be read: {reason}")


def parsed(body: bytes) -> ProtegoRobotParser:
    """Read the rules in *body*: UTF-8, up to the last whole line of what is read."""
    if len(body) > SIZE_READ:
        body = body[:SIZE_READ].rpartition(b"\n")[0]
    return ProtegoRobotParser(body, None)


def asked_delay_s(parser: ProtegoRobotParser, name: str) -> float:
    """Return the seconds between two requests that the site asks *name* for, or 0."""
    rate = parser.rp.request_rate(name)
    asked_s = [parser.crawl_delay(name) or 0.0]
    if rate:
        with suppress(OverflowError):  # as senseless as an endless Crawl-delay, and ignored alike
            asked_s.append(rate.seconds / rate.requests)
    return max(asked_s)
