"""The delays that sites ask for in robots.txt, by limit key: one place that raises them."""

from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler


class Delays:
    """The delays of one crawl, in seconds between two requests to a limit key.

    They only add to the delay of the source's card: serial turns and places that workers share
    take the larger of both (`of`); Scrapy's download slots are told here (`raise_to`).
    """

    def __init__(self) -> None:
        """Know of none."""
        self._asked_s: dict[str, float] = {}

    def of(self, key: str) -> float:
        """Return what the site at *key* asks for, or 0."""
        return self._asked_s.get(key, 0.0)

    def raise_to(self, crawler: Crawler, key: str, delay_s: float) -> None:
        """Leave at least *delay_s* between two requests to *key*, from now on."""
        self._asked_s[key] = max(self.of(key), delay_s)
        assert crawler.engine is not None  # noqa: S101 - a page of the site has been answered
        downloader = crawler.engine.downloader
        slot = downloader.slots.get(key)
        delay_s = max(self.of(key), slot.delay if slot else downloader._delay)  # noqa: SLF001 - the default of new slots; self-tested
        # An idle slot is thrown away and made anew: from these settings.
        downloader.per_slot_settings.setdefault(key, {}).update(delay=delay_s, jitter=0)
        if slot:
            slot.delay, slot.jitter = delay_s, 0


_delays: WeakKeyDictionary[Crawler, Delays] = WeakKeyDictionary()


def delays_for(crawler: Crawler) -> Delays:
    """Return the one `Delays` of *crawler*, made at the first call."""
    return _delays.setdefault(crawler, Delays())
