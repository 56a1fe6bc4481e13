"""Whole crawls of a site that is down for a while, or for good."""

import json

from crawlers import settings as project
from tests.fetching.conftest import Walks
from tests.fetching.site import MoodySite, moody_site

PAGES = [f"/{number}" for number in range(1, 41)]
THRESHOLD, CONCURRENCY = 5, 4


def assert_left_alone(site: MoodySite, walks: Walks) -> None:
    """Check what the site saw while it was down: the failures that opened it, and the trials."""
    on_their_way = CONCURRENCY - 1
    trials = walks.stats["breaker/half_open"]
    # Different pages open it; on a busy machine one of them is tried again before the fifth fails.
    assert len(site.failed) <= THRESHOLD + on_their_way + trials
    assert site.failed.total() - len(site.failed) <= THRESHOLD + trials
    assert walks.stats["breaker/postponed"] > 0


async def test_a_site_that_comes_back_is_left_alone_meanwhile_and_then_crawled_whole(
    walks: Walks,
) -> None:
    async with moody_site() as site:
        site.down_after, site.down_for_s = 10, 3.0
        code, err = await walks.walk(site.origin, *PAGES)
        assert code == 0, err
        assert walks.stored == list(range(1, 41))
        assert_left_alone(site, walks)
    assert walks.stats["breaker/opened"] >= 2, "once, and again after a trial that failed"
    assert walks.stats["breaker/closed"] == 1
    assert f"Breaker of {site.origin} opened" in err
    assert "HTTP 502" in err
    assert f"Breaker of {site.origin} closed: it answers again" in err
    assert walks.query("select * from quarantine") == []


async def test_the_requests_of_a_site_that_stays_down_end_with_their_history(walks: Walks) -> None:
    async with moody_site() as site:
        site.down_after = 10
        code, err = await walks.walk(site.origin, *PAGES, BREAKER_GIVE_UP_S=100)
        assert_left_alone(site, walks)
    assert code == 3, err
    rest = 40 - len(walks.stored)
    assert walks.stats["harvest/refused"] == rest
    assert walks.stats["harvest/refused/SiteDownError"] == walks.stats["breaker/refused"]
    assert walks.stats["breaker/refused"] >= rest - THRESHOLD
    assert "SiteDownError" in err
    rows = walks.query("select url, place, error from quarantine")
    assert len(rows) == rest
    assert {place for _, place, _ in rows} == {"download"}
    for _, _, error in rows:
        reason, *history = error.split("\n")
        assert "has not answered for" in reason or "HTTP 502" in reason
        assert history
    assert walks.query("select refused, quarantined from crawls") == [(rest, 0)]


async def test_a_trial_that_is_put_off_on_its_way_leaves_the_breaker_in_nobodys_hands(
    walks: Walks,
) -> None:
    tardy = json.dumps(
        project.DOWNLOADER_MIDDLEWARES | {"tests.fetching.tardy.TardyMiddleware": 992}
    )
    async with moody_site() as site:
        site.down_after, site.down_for_s = 3, 1.0
        code, err = await walks.walk(site.origin, *PAGES[:20], DOWNLOADER_MIDDLEWARES=tardy)
        assert code == 0, err
        assert walks.stored == list(range(1, 21))
        assert_left_alone(site, walks)
