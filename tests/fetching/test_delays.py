"""The pauses that sites ask for, in the slots of Scrapy's own downloader."""

from types import SimpleNamespace

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.utils.test import get_crawler

from crawlers.delays import delays_for

KEY, OTHER = "https://example.org:443", "https://example.com:443"


async def test_a_pause_only_adds_and_holds_for_slots_that_are_made_anew() -> None:
    nothing_goes_out = {"DOWNLOAD_HANDLERS": {"http": None, "https": None}}
    card = {"DOWNLOAD_DELAY": 2, "DOWNLOAD_DELAY_JITTER": 0.5}
    crawler = get_crawler(settings_dict=nothing_goes_out | card)
    downloader = Downloader(crawler)
    crawler.engine = SimpleNamespace(downloader=downloader)  # type: ignore[assignment]

    def delays(key: str) -> set[float]:
        """Return what the slot of *key* draws."""
        _, slot = downloader._get_slot(Request("https://x", meta={"download_slot": key}))
        return {slot.download_delay() for _ in range(20)}

    assert len(delays(KEY)) > 1, "a mean, before the site has said anything"
    for asked_s, expected_s in ((5, 5), (1, 5), (9, 9)):
        delays_for(crawler).raise_to(crawler, KEY, asked_s)
        assert delays(KEY) == {expected_s}
    downloader.slots.clear()
    assert delays(KEY) == {9}
    delays_for(crawler).raise_to(crawler, OTHER, 1)
    assert delays(OTHER) == {2}, "the card's delay is longer"
    assert (delays_for(crawler).of(KEY), delays_for(crawler).of(OTHER)) == (9, 1)
    downloader.close()
