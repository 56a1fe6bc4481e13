"""The private parts of Scrapy's engine are where one module expects them, and it says when not."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.core.engine import _Slot
from scrapy.utils.reactor import CallLaterOnce
from scrapy.utils.test import get_crawler

from crawlers.engine import EngineView, check, rest
from crawlers.errors import EngineError

KEY = "https://example.org:443"


def crawler_with(slot: Any) -> Any:
    """Return a crawler whose engine has *slot*, and a real downloader."""
    handlers = {"DOWNLOAD_HANDLERS": {"http": None, "https": None}}
    crawler: Any = get_crawler(settings_dict=handlers)
    crawler.engine = SimpleNamespace(_slot=slot, downloader=Downloader(crawler))
    return crawler


def real_slot() -> _Slot:
    """Return a slot as the engine makes it."""
    nextcall: CallLaterOnce[None] = CallLaterOnce(lambda: None)
    return _Slot(close_if_idle=True, nextcall=nextcall, scheduler=SimpleNamespace())  # type: ignore[arg-type]


async def test_the_view_sees_the_end_of_a_request() -> None:
    ended: list[Request] = []
    slot, request = real_slot(), Request("https://example.org")
    crawler = crawler_with(slot)
    view = EngineView(crawler, ended.append)
    slot.add_request(request)
    assert (view.unfinished, view.idle_downloads) == (1, 16)
    slot.remove_request(request)
    assert ended == [request]
    assert view.unfinished == 0
    crawler.engine.downloader.close()


async def test_a_slot_that_has_changed_is_named() -> None:
    slot = real_slot()
    crawler = crawler_with(slot)
    check(crawler)
    del slot.inprogress
    with pytest.raises(EngineError, match=r"its unfinished requests \(engine\._slot\.inprogress\)"):
        check(crawler)
    crawler.engine.downloader.close()


async def test_another_signature_is_named() -> None:
    slot = real_slot()
    crawler = crawler_with(slot)

    def remove_request(request: Request, reason: str) -> None:
        """Take an argument more."""

    slot.remove_request = remove_request  # type: ignore[assignment,method-assign]
    with pytest.raises(EngineError, match="ends requests in another way"):
        check(crawler)
    crawler.engine.downloader.close()


async def test_a_rest_begins_now_by_the_downloaders_own_clock() -> None:
    crawler = crawler_with(real_slot())
    downloader = crawler.engine.downloader
    _, slot = downloader._get_slot(Request("https://x", meta={"download_slot": KEY}))
    before = time.monotonic()
    rest(crawler, KEY)
    assert before <= slot.lastseen <= time.monotonic()
    slot.lastseen = 0
    slot.queue.append((Request("https://x"), None))
    slot.concurrency = 0
    slot.delay = 0.01
    downloader._process_queue(slot)
    assert slot.latercall is None, "and what is compared with it is the same clock"
    rest(crawler, "https://elsewhere:443")
    downloader.close()
