"""The download handler at a site whose limits all workers share: every request takes a place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawlers.config import config
from crawlers.delays import delays_for
from crawlers.download import CrawlClosingError, HttpDownloadHandler
from crawlers.limits import limit_key
from crawlers.storage.database import database_for
from crawlers.storage.places import Place, Places, places_for
from tests.download.conftest import NewPlaces, Postgres
from tests.download.counting_server import CountingServer
from tests.download.places import SESSIONS, until, visit


@pytest.fixture
async def handler(
    new_places: NewPlaces,
    site: CountingServer,
    test_mode: None,  # noqa: ARG001 - loopback
) -> AsyncIterator[HttpDownloadHandler]:
    """Give a handler that shares one place."""
    closing = asyncio.Event()

    def places_of(_: object, key: str, count: int, delay_s: float, *_more: object) -> Places:
        assert (key, delay_s) == (limit_key(site.origin), 0.0)
        assert count in {1, 2}
        return new_places(closing=closing.is_set)

    settings = {
        "ALLOWED_PRIVATE_ORIGINS": [site.origin],
        "SHARED_LIMIT_KEYS": [limit_key(site.origin)],
        "SHARED_CONCURRENCY": 0,
        "SHARED_DELAY_S": 0,
        "SHARED_PLACES": places_of,
    }
    handler = HttpDownloadHandler.from_crawler(get_crawler(settings_dict=settings))
    handler.closing = closing  # type: ignore[attr-defined]
    yield handler
    await handler.close()


async def test_requests_to_a_shared_site_each_take_a_place(
    handler: HttpDownloadHandler, site: CountingServer
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    requests = [handler.download_request(Request(f"{site.origin}/{n}")) for n in range(4)]
    responses = await asyncio.gather(*requests)
    assert [response.status for response in responses] == [200] * 4
    assert site.most == 1


@pytest.mark.parametrize("meta", [{}, {"render": "page"}])
async def test_plain_and_rendered_requests_wait_for_a_place_and_end_when_the_crawl_closes(
    handler: HttpDownloadHandler,
    postgres: Postgres,
    site: CountingServer,
    new_places: NewPlaces,
    meta: dict[str, Any],
) -> None:
    async with new_places().place():
        waiting = asyncio.ensure_future(
            handler.download_request(Request(site.origin, meta=dict(meta)))
        )
        await until(postgres, SESSIONS, 2)
        handler.closing.set()  # type: ignore[attr-defined]
        with pytest.raises(CrawlClosingError):
            await waiting
    assert site.visits == []


async def test_what_robots_txt_asks_for_lies_between_requests_in_all_places(
    handler: HttpDownloadHandler, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[Place, float]] = []
    end = Place.end

    def note(place: Place, delay_s: float) -> None:
        ends.append((place, delay_s))
        end(place, delay_s)

    monkeypatch.setattr(Place, "end", note)
    monkeypatch.setattr(handler._limits, "_shared_count", 2)
    monkeypatch.setattr(delays_for(handler._crawler), "of", {limit_key(site.origin): 0.1}.get)
    for _ in range(2):
        await handler.download_request(Request(site.origin))
    (first, asked_s), (second, _) = ends
    assert asked_s == 0.2
    assert second.taken_at - first.taken_at >= 0.2


async def test_a_crawl_takes_its_places_in_its_own_database(
    postgres: Postgres, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    config.cache_clear()
    crawler = get_crawler()
    places = places_for(crawler, "test", 1, 0.0, lambda: False)
    await visit(places, site)
    assert postgres.ask(SESSIONS) == 1
    await places.close()
    await database_for(crawler).close()
    config.cache_clear()
