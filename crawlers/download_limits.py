"""What a request to a limited site waits for: the one turn that there is, or one of its places."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.utils.misc import load_object

from crawlers.delays import delays_for
from crawlers.engine import is_closing
from crawlers.limits import limit_key, twin


class SiteLimits:
    """Which requests are limited, and by what. Turns and places are made for the first of them.

    The settings: ``SERIAL_LIMIT_KEYS`` (limit keys of serial sites), ``SERIAL_DELAY_S``,
    ``SHARED_LIMIT_KEYS`` (of sites whose limits hold over all workers), ``SHARED_CONCURRENCY``,
    ``SHARED_DELAY_S``, ``SERIAL_TURNS`` and ``SHARED_PLACES`` (the factories of turns and places).
    """

    def __init__(self, crawler: Crawler) -> None:
        """Read the settings."""
        settings = crawler.settings
        self._crawler = crawler
        self._serial_keys = frozenset(settings.getlist("SERIAL_LIMIT_KEYS"))
        self._serial_delay_s = settings.getfloat("SERIAL_DELAY_S", 1.0)
        factory = settings.get("SERIAL_TURNS", "crawlers.storage.turns.turns_for")
        self._new_turns: Any = load_object(factory) if self._serial_keys else None
        self._turns: dict[str, Any] = {}
        self._shared_keys = frozenset(settings.getlist("SHARED_LIMIT_KEYS"))
        self._shared_count = max(1, settings.getint("SHARED_CONCURRENCY", 1))
        self._shared_delay_s = settings.getfloat("SHARED_DELAY_S", 1.0)
        factory = settings.get("SHARED_PLACES", "crawlers.storage.places.places_for")
        self._new_places: Any = load_object(factory) if self._shared_keys else None
        self._places: dict[str, Any] = {}

    def serial_key(self, request: Request) -> str | None:
        """Return the limit key of the serial site that *request* goes to, if it is one."""
        return _key_of(request, self._serial_keys)

    def shared_key(self, request: Request) -> str | None:
        """Return the limit key of the shared site that *request* goes to; a serial one is none."""
        return None if self.serial_key(request) else _key_of(request, self._shared_keys)

    def turn(self, key: str) -> AbstractAsyncContextManager[Any]:
        """Wait for a turn at the serial site *key*, and hold it."""
        if key not in self._turns:
            self._turns[key] = self._new_turns(
                self._crawler, key, self._serial_delay_s, self._is_closing
            )
        held: AbstractAsyncContextManager[Any] = self._turns[key].turn()
        return held

    def place(self, key: str, request: Request) -> AbstractAsyncContextManager[Any]:
        """Wait for a place at the shared site *key*, and hold it."""
        if key not in self._places:
            self._places[key] = self._new_places(
                self._crawler, key, self._shared_count, self._shared_delay_s, self._is_closing
            )
        # What robots.txt asks for lies between any two requests, whatever their places.
        asked_s = delays_for(self._crawler).of(limit_key(request.url)) * self._shared_count
        held: AbstractAsyncContextManager[Any] = self._places[key].place(asked_s)
        return held

    async def close(self) -> None:
        """Sign off the turns and places."""
        for turns in (*self._turns.values(), *self._places.values()):
            await turns.close()

    def _is_closing(self) -> bool:
        return is_closing(self._crawler)


def _key_of(request: Request, keys: frozenset[str]) -> str | None:
    """Return that of *keys* which limits *request*: its own limit key, or the other scheme's."""
    if not keys:
        return None
    key = limit_key(request.url)
    return next((k for k in (key, twin(key)) if k in keys), None)
