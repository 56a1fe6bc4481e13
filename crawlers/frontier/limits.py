"""The limits of hosts, as a worker's settings say them to the frontier. A host is a limit key."""

from functools import lru_cache

from scrapy.settings import BaseSettings

from crawlers.limits import limit_key, twin

BUSY = (10, 600, None)


class HostLimits:
    """How many transfers at once, and how long between two requests.

    A serial site has one place and a shared one has its own; both keep their delay themselves, in
    the database, because a promise to a site must not end with a lease. Everything else follows
    Scrapy's DOWNLOAD_SLOTS, CONCURRENT_REQUESTS_PER_DOMAIN and DOWNLOAD_DELAY.
    """

    def __init__(self, settings: BaseSettings) -> None:
        """Read the settings."""
        self._serial = frozenset(settings.getlist("SERIAL_LIMIT_KEYS"))
        self._shared = frozenset(settings.getlist("SHARED_LIMIT_KEYS"))
        self._places = max(1, settings.getint("SHARED_CONCURRENCY", 1))
        self._slots = settings.getdict("DOWNLOAD_SLOTS")
        self.concurrency = max(1, settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"))
        self.delay_ms = round(settings.getfloat("DOWNLOAD_DELAY") * 1000)
        _, self.longest_s, _ = settings.getdict("RETRY_WAITS").get("busy", BUSY)
        """What a site may ask for; a request that is to wait for longer ends instead."""
        self._host = lru_cache(10_000)(self._find)

    def host(self, url: str) -> str:
        """Return the host of *url*: of a serial or shared site the same for http and https."""
        end = url.find("/", len("https://"))  # all that is needed of it, and often the same
        return self._host(url if end < 0 else url[:end])

    def _find(self, url: str) -> str:
        key = limit_key(url)
        other = twin(key)
        return other if other and (other in self._serial or other in self._shared) else key

    def of(self, host: str) -> tuple[int, int]:
        """Return the concurrency of *host* and its delay in ms."""
        if host in self._serial:
            return 1, 0
        if host in self._shared:
            return self._places, 0
        slot = self._slots.get(host, {})
        delay_s = slot.get("delay")
        delay_ms = self.delay_ms if delay_s is None else round(float(delay_s) * 1000)
        return int(slot.get("concurrency") or self.concurrency), delay_ms
