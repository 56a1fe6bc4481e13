"""robots.txt: what it forbids, how long it asks to pause, and what happens when it is not there."""

import asyncio
import itertools
import signal

import pytest

from crawlers.card import Card
from middlewares.robots import SIZE_READ, asked_delay_s, parsed
from tests.fetching.conftest import WALK, Walks
from tests.fetching.site import moody_site

OURS = "crawlers"
PAUSE_S = 0.5
SERIAL = {"SERIAL_TURNS": "tests.lichess.brisk.turns_for", "SERIAL_DELAY_S": 0}
CARD = """A source.

Site: https://example.org
Terms: none
Robots: none
Concurrency: 2
Delay: 0.5
Serial: no
Volume: little
Expects: 1
"""


@pytest.mark.parametrize(
    ("rules", "delay_s"),
    [
        ("Crawl-delay: 2.5", 2.5),
        ("Request-rate: 1/10", 10),
        ("Request-rate: 3/1m", 20),
        ("Crawl-delay: 5\nRequest-rate: 10/1s", 5),
        ("Crawl-delay: soon", 0),
        ("Crawl-delay: -1", 0),
        ("Crawl-delay: inf", 0),
        ("Crawl-delay: nan", 0),
        (f"Request-rate: 1/{'9' * 400}", 0),
        ("Request-rate: 0/5", 0),
        ("Disallow: /x", 0),
        ("Disallow: /x\nUser-agent: other\nCrawl-delay: 5", 0),
        ("Crawl-delay: 9\nUser-agent: crawlers\nCrawl-delay: 1", 1),
    ],
)
def test_pauses_are_read_for_our_name(rules: str, delay_s: float) -> None:
    assert asked_delay_s(parsed(f"User-agent: *\n{rules}".encode()), OURS) == delay_s


def test_rules_are_read_up_to_half_a_megabyte_and_never_half_a_line() -> None:
    first = b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n"
    filler = b"#" * (SIZE_READ - len(first) - 14) + b"\n"
    rules = parsed(first + filler + b"Allow: /a/open\nDisallow: /b")
    assert not rules.allowed("https://example.org/a/open", OURS)
    assert rules.allowed("https://example.org/b", OURS)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00garbage", b"<html>no rules</html>", b"\0" * 99]
)
def test_what_holds_no_rules_allows_all(body: bytes) -> None:
    assert parsed(body).allowed("https://example.org/a", OURS)


def test_a_card_obeys_unless_it_says_otherwise() -> None:
    assert Card.read(CARD).obey
    assert not Card.read(f"{CARD}Obey: no\n").obey


async def test_what_is_forbidden_is_refused_with_the_reason(walks: Walks) -> None:
    async with moody_site() as site:
        site.robots = "User-agent: crawlers\nDisallow: /2\n\nUser-agent: *\nDisallow: /1"
        code, err = await walks.walk(site.origin, "/1", "/2")
        assert site.paths == ["/robots.txt", "/1"]
    assert code == 3
    assert "RobotsError: forbidden by robots.txt" in err
    assert walks.stats["harvest/refused/RobotsError"] == 1
    assert walks.stats["robotstxt/forbidden"] == 1
    assert walks.query("select * from quarantine") == [], "nothing was tried"


async def test_a_pause_is_kept_between_all_requests_though_four_are_allowed_at_once(
    walks: Walks,
) -> None:
    async with moody_site() as site:
        site.robots = f"User-agent: *\nCrawl-delay: {PAUSE_S}"
        code, err = await walks.walk(site.origin, "/1", "/2", "/3", "/4")
        assert code == 0, err
        assert min(site.gaps()) >= PAUSE_S / 2, "without it there are some milliseconds"


async def test_a_crawl_that_keeps_a_long_pause_ends_at_once_when_it_is_told_to(
    walks: Walks,
) -> None:
    def told_to_end(line: str) -> bool:
        if is_put_off := "Postponed" in line:
            crawl.send_signal(signal.SIGINT)
        return is_put_off

    async with moody_site() as site:
        site.robots = "User-agent: *\nCrawl-delay: 500"
        settings = WALK | {"CONCURRENT_REQUESTS": 4, "LOG_LEVEL": "DEBUG"}
        with walks.crawls.start(
            "crawl", "walk", settings=settings, origin=site.origin, paths="/1,/2,/3"
        ) as crawl:
            assert crawl.stderr is not None
            said = crawl.stderr
            assert await asyncio.to_thread(lambda: any(map(told_to_end, said)))
            await asyncio.to_thread(crawl.communicate, timeout=60)
        assert crawl.returncode == 3
        assert site.paths == ["/robots.txt"]


async def test_two_crawls_of_a_serial_site_share_the_pause_that_it_asks_for(walks: Walks) -> None:
    settings = SERIAL | {"PROGRESS_ENABLED": False}
    async with moody_site() as site:
        site.robots = f"User-agent: *\nCrawl-delay: {PAUSE_S}"
        crawls = [
            walks.walk(site.origin, *paths, SERIAL_LIMIT_KEYS=site.origin, **settings)
            for paths in (["/1", "/2", "/3", "/4"], ["/5", "/6", "/7", "/8"])
        ]
        for code, err in await asyncio.gather(*crawls):
            assert code == 0, err
        seen = zip(site.paths, site.times, strict=True)
        pages = [at for path, at in seen if path != "/robots.txt"]
        assert len(pages) == 8
        gaps = [after - before for before, after in itertools.pairwise(pages)]
        assert min(gaps) >= PAUSE_S / 2


async def test_a_site_that_asks_for_an_absurd_pause_is_refused_not_crawled(walks: Walks) -> None:
    async with moody_site() as site:
        site.robots = "User-agent: *\nCrawl-delay: 86400"
        code, err = await walks.walk(site.origin, "/1", "/2")
        assert site.paths == ["/robots.txt"]
    assert code == 1
    assert "asks for 86400 s between two requests, more than 600 s" in err


@pytest.mark.parametrize("status", [404])
async def test_a_robots_txt_that_is_not_there_allows_all(walks: Walks, status: int) -> None:
    async with moody_site() as site:
        site.robots, site.robots_statuses = "User-agent: *\nDisallow: /", [status]
        code, err = await walks.walk(site.origin, "/1", "/2")
        assert site.paths[0] == "/robots.txt"
        assert sorted(site.paths[1:]) == ["/1", "/2"], err
    assert code == 0, err
    assert walks.stored == [1, 2]


async def test_a_robots_txt_that_cannot_be_read_forbids_all(walks: Walks) -> None:
    async with moody_site() as site:
        site.robots_statuses = [500] * 9
        code, err = await walks.walk(site.origin, "/1", "/2", RETRY_TIMES=2)
        assert site.paths == ["/robots.txt"] * 3
    assert code == 1
    assert "robots.txt could not be read: HTTP 500: 3 tries" in err
    assert walks.stats["harvest/refused/RobotsError"] == 2


async def test_a_robots_txt_that_comes_late_is_waited_for_in_the_scheduler(walks: Walks) -> None:
    async with moody_site() as site:
        site.robots_statuses, site.headers = [429, 503], {"Retry-After": "1"}
        code, err = await walks.walk(site.origin, "/1", "/2", "/private")
        first, second, third, *rest = site.times
        assert min(second - first, third - second) >= 1
        assert site.paths[:3] == ["/robots.txt"] * 3
        assert len(rest) == 2
    assert code == 3, err
    assert walks.stored == [1, 2]
    assert walks.stats["robotstxt/forbidden"] == 1


async def test_a_site_that_is_down_when_a_crawl_starts_is_crawled_when_it_is_back(
    walks: Walks,
) -> None:
    async with moody_site() as site:
        site.down_after, site.down_for_s = 0, 1.0
        code, err = await walks.walk(site.origin, "/1", "/2", RETRY_TIMES=9)
        assert code == 0, err
        assert set(site.failed) == {"/robots.txt"}
    assert walks.stored == [1, 2]


@pytest.mark.parametrize("hops", [5, 6])
async def test_five_redirects_of_robots_txt_are_followed_and_then_it_counts_as_absent(
    walks: Walks, hops: int
) -> None:
    async with moody_site() as site:
        site.robots_statuses, site.robots_location = [301] * hops, "/robots.txt"
        await walks.walk(site.origin, "/1", "/private", REDIRECT_ENABLED=False)
        assert ("/private" in site.paths) == (hops > 5)


async def test_a_robots_txt_that_points_inside_is_not_followed_and_its_site_not_crawled(
    walks: Walks,
) -> None:
    async with moody_site() as site, moody_site() as inside:
        site.robots_statuses, site.robots_location = [302], f"{inside.origin}/robots.txt"
        code, err = await walks.walk(site.origin, "/1")
        assert site.paths == ["/robots.txt"]
        assert inside.paths == []
    assert code == 1
    assert "AddressError" in err
