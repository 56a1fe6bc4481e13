"""One circuit breaker for each limit key: a site that is down is left alone, and asked by one."""

import logging
import random
import time
from typing import Self
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.request import fingerprint

from crawlers.backoff import Backoff
from crawlers.breaker import Answer, Breaker, State
from crawlers.delays import delays_for
from crawlers.errors import SiteAwayError, SiteDownError
from crawlers.headers import asked_s
from crawlers.limits import limit_key, twin
from middlewares.failures import OF_THE_SITE, described, kind_of, kind_of_status
from middlewares.postpone import postponed
from middlewares.retry import remember
from middlewares.waits import shrunk

SPREAD = 0.25
"""Those who wait come back within that share of their wait, not all at once."""

TOO_MANY_REQUESTS = 429

logger = logging.getLogger(__name__)


class BreakerMiddleware:
    """Nearest to the site, behind redirects and retries: it sees every answer as it came.

    A failure is one that says something about the site: no connection, time-out, cut answer, 5xx,
    429. At a serial site a 429 is none, because the turns wait for everybody already.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings."""
        settings = crawler.settings
        if not settings.getbool("BREAKER_ENABLED"):
            raise NotConfigured
        self.crawler = crawler
        first_s, longest_s = (
            shrunk(settings.getfloat(name))
            for name in ("BREAKER_FIRST_OPEN_S", "BREAKER_LONGEST_OPEN_S")
        )
        self._opening = Backoff(first_s, longest_s, tries=0)
        self._threshold = settings.getint("BREAKER_FAILURES")
        self._give_up_s = shrunk(settings.getfloat("BREAKER_GIVE_UP_S"))
        self._serial = frozenset(settings.getlist("SERIAL_LIMIT_KEYS"))
        self._breakers: dict[str, Breaker] = {}
        self._trials: dict[str, Request] = {}
        self._sent: WeakKeyDictionary[Request, bool] = WeakKeyDictionary()
        """Requests on their way, and whether each of them is a trial."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    def process_request(self, request: Request) -> Request | None:
        """Let *request* go, give it back to the scheduler, or end it."""
        key, now_s = limit_key(request.url), time.monotonic()
        breaker = self._breakers.get(key)
        if breaker and breaker.state is State.HALF_OPEN and not self._is_on_its_way(key):
            breaker.released(now_s)
        answer = breaker.ask(now_s) if breaker else Answer.GO
        if breaker is None or answer in {Answer.GO, Answer.TRIAL}:
            self._sent[request] = answer is Answer.TRIAL
            if answer is Answer.TRIAL:
                self._trials[key] = request
                self._tell(key, State.HALF_OPEN, "one request goes out on trial")
            return None
        if answer is Answer.END:
            raise self._ended(request, key, now_s - breaker.since_s)
        wait_s = breaker.until_s - now_s
        wait_s *= random.uniform(1, 1 + SPREAD)  # noqa: S311 - spreads, guards nothing
        until_ms = int((time.time() + wait_s) * 1000) + 1
        self.crawler.stats.inc_value("breaker/postponed")
        if request.callback is NO_CALLBACK:
            raise SiteAwayError(key, until_ms)
        return postponed(request, until_ms, f"{key} does not answer")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how the site answered. 404 is a good answer."""
        trial = self._sent.pop(request, None)
        if trial is not None:
            kind = kind_of_status(response.status)
            if kind is None or self._is_for_turns(request, response):
                self._succeeded(request, trial=trial)
            else:
                reason = f"HTTP {response.status}"
                self._failed(request, reason, trial=trial, asked=asked_s(response) or 0.0)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note a failure of the site; one of ours says nothing about it."""
        trial = self._sent.pop(request, None)
        if trial is not None:
            if kind_of(exception) in OF_THE_SITE:
                self._failed(request, described(exception), trial=trial)
            elif trial:
                self._breakers[limit_key(request.url)].released(time.monotonic())

    def _is_on_its_way(self, key: str) -> bool:
        """Tell whether the trial has not ended; a middleware after this one may put it off."""
        assert self.crawler.engine is not None  # noqa: S101 - it runs
        return self._trials.get(key) in self.crawler.engine.downloader.active

    def _succeeded(self, request: Request, *, trial: bool) -> None:
        key = limit_key(request.url)
        if (breaker := self._breakers.get(key)) is None:
            return
        breaker.succeeded(trial=trial)
        if trial:
            away_s = time.monotonic() - breaker.since_s
            self._tell(key, State.CLOSED, f"it answers again, after {away_s:.0f} s")
        if breaker.state is State.CLOSED:
            del self._breakers[key]
            self._trials.pop(key, None)

    def _failed(self, request: Request, reason: str, *, trial: bool, asked: float = 0.0) -> None:
        key, now_s = limit_key(request.url), time.monotonic()
        breaker = self._breakers.setdefault(
            key, Breaker(self._threshold, self._opening, self._give_up_s)
        )
        was_open = breaker.state is State.OPEN
        breaker.failed(fingerprint(request).hex(), now_s, trial=trial, asked_s=asked)
        if breaker.state is State.OPEN and not was_open:
            wait_s = breaker.until_s - now_s
            delays_for(self.crawler).leave_alone(key, wait_s)
            self._tell(key, State.OPEN, f"asked again in {wait_s:.1f} s; the last: {reason}")

    def _ended(self, request: Request, key: str, away_s: float) -> SiteDownError:
        self.crawler.stats.inc_value("breaker/refused")
        reason = f"{key} has not answered for {away_s:.0f} s"
        remember(request, reason)
        return SiteDownError(reason)

    def _is_for_turns(self, request: Request, response: Response) -> bool:
        """Tell whether the turns of a serial site see to it: after a 429 they let nobody go."""
        keys = {limit_key(request.url), twin(limit_key(request.url))}
        return response.status == TOO_MANY_REQUESTS and not self._serial.isdisjoint(keys)

    def _tell(self, key: str, state: State, reason: str) -> None:
        self.crawler.stats.inc_value(f"breaker/{state}")
        level = logging.INFO if state is State.CLOSED else logging.WARNING
        logger.log(level, "Breaker of %s %s: %s", key, state.replace("_", " "), reason)
