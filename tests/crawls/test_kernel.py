"""What a crawl promises, whatever the source: one response is one unit."""

import json
from typing import Any

import psycopg
import pytest

from tests.crawls.run import Crawls
from tests.crawls.site import Site, site

WALK = {"SPIDER_MODULES": "tests.crawls"}
QUICK = WALK | {"RETRY_TIMES": 2}


def stored(crawls: Crawls) -> list[int]:
    """Return the numbers that are stored."""
    with psycopg.connect(crawls.environment["DATABASE_URL"]) as connection:
        rows = connection.execute("select rating from chess_rating_points order by rating")
        return [row[0] for row in rows]


def query(crawls: Crawls, statement: str) -> list[tuple[Any, ...]]:
    """Return what *statement* finds."""
    with psycopg.connect(crawls.environment["DATABASE_URL"]) as connection:
        return connection.execute(statement.encode()).fetchall()


async def walk(crawls: Crawls, **arguments: object) -> tuple[int, str, Site]:
    """Crawl the test site; return exit code, standard error and the site."""
    settings = QUICK | arguments.pop("settings", {})  # type: ignore[operator]
    async with site() as one:
        done = await crawls.run_async(
            "crawl", "walk", settings=settings, origin=one.origin, **arguments
        )
    return done.returncode, done.stderr, one


async def test_a_crawl_stores_rows_with_their_provenance(crawls: Crawls) -> None:
    code, err, one = await walk(crawls, paths="/1,/2")
    assert code == 0, err
    assert "walk: completed" in err
    found = query(crawls, "select rating, source, source_url from chess_rating_points order by 1")
    assert found == [(1, "walk", f"{one.origin}/1"), (2, "walk", f"{one.origin}/2")]
    pages = query(crawls, "select page, status, url from raw_pages order by url")
    assert pages == [("NumbersPage", 200, f"{one.origin}/{n}") for n in (1, 2)]


async def test_a_second_run_with_nothing_new_is_completed(crawls: Crawls) -> None:
    await walk(crawls)
    code, err, _ = await walk(crawls)
    assert code == 0
    assert "new 0, changed 0, unchanged 1" in err


async def test_children_follow_their_parent(crawls: Crawls) -> None:
    code, _, one = await walk(crawls, children=3)
    assert code == 0
    assert stored(crawls) == [1, 1001, 1002, 1003]
    assert one.paths[:2] == ["/robots.txt", "/1"]


async def test_a_child_waits_for_its_time_without_holding_a_slot(crawls: Crawls) -> None:
    code, _, one = await walk(crawls, children=2, wait_ms=1_500)
    assert code == 0
    assert stored(crawls) == [1, 1001, 1002]
    parent, first = (one.times[one.paths.index(path)] for path in ("/1", "/1/child"))
    assert first - parent >= 1.4


async def test_a_mark_is_committed_and_remembered(crawls: Crawls) -> None:
    await walk(crawls)
    await walk(crawls)
    assert query(crawls, "select key, value from marks") == [("seen", 2)]


async def test_a_page_error_keeps_the_items_of_a_list_and_no_mark(crawls: Crawls) -> None:
    code, err, _ = await walk(crawls, paths="/words/5+broken+6")
    assert code == 3, err
    assert stored(crawls) == [5]
    assert query(crawls, "select key from marks") == []
    [(error, sha256)] = query(crawls, "select error, sha256 from quarantine")
    assert "broken" in error
    assert query(crawls, "select sha256 from raw_pages") == [(sha256,)]


async def test_a_page_error_drops_the_items_of_a_page_that_is_one_thing(crawls: Crawls) -> None:
    code, _, _ = await walk(crawls, paths="/words/5+broken", whole=1)
    assert code == 1
    assert stored(crawls) == []


async def test_a_line_that_breaks_an_assumption_is_quarantined_with_its_bytes(
    crawls: Crawls,
) -> None:
    code, _, _ = await walk(crawls, paths="/words/5+bad+6")
    assert code == 3
    assert stored(crawls) == [5, 6]
    rows = query(crawls, "select place, error, convert_from(body, 'UTF8') from quarantine")
    assert rows == [("line 2", "no number", "bad")]


async def test_a_captcha_is_blocked_and_never_an_empty_success(crawls: Crawls) -> None:
    code, err, _ = await walk(crawls, paths="/words/captcha")
    assert code == 3
    assert "walk: blocked" in err
    assert query(crawls, "select status, blocked from crawls") == [("blocked", 1)]


async def test_an_unknown_category_is_counted(crawls: Crawls) -> None:
    code, _, _ = await walk(crawls, paths="/words/5+odd+odd")
    assert code == 0
    assert crawls.stats["unknown/word/odd"] == 2


async def test_a_crawl_that_stored_nothing_has_failed(crawls: Crawls) -> None:
    code, err, _ = await walk(crawls, paths="/words/odd")
    assert code == 1
    assert "nothing was stored" in err


async def test_private_data_is_gone_before_anybody_sees_it(crawls: Crawls) -> None:
    code, _, _ = await walk(crawls, paths="/words/5+badsecret+6")
    assert code == 3
    [(body,)] = query(crawls, "select convert_from(body, 'UTF8') from quarantine")
    assert body == "bad"


async def test_a_bug_of_the_spider_keeps_the_rows_and_fails_the_crawl(crawls: Crawls) -> None:
    code, err, _ = await walk(crawls, after="bug")
    assert code == 1
    assert "a bug of the spider" in err
    assert stored(crawls) == [1]


async def test_close_spider_from_a_callback_stores_what_it_had(crawls: Crawls) -> None:
    code, _, _ = await walk(crawls, after="close")
    assert stored(crawls) == [1]
    assert crawls.stats["reason"] == "enough"
    assert code == 1  # Scrapy was told to end for a reason that is not its own


async def test_http_errors_are_refused_harvests(crawls: Crawls) -> None:
    async with site() as one:
        one.statuses["/2"] = [404]
        done = await crawls.run_async(
            "crawl", "walk", settings=QUICK, origin=one.origin, paths="/1,/2"
        )
    assert done.returncode == 3
    assert "1 refused" in done.stderr
    assert crawls.stats["harvest/refused/HTTP 404"] == 1


async def test_a_retry_waits_and_succeeds(crawls: Crawls) -> None:
    async with site() as one:
        one.statuses["/1"] = [503, 500]
        done = await crawls.run_async("crawl", "walk", settings=QUICK, origin=one.origin)
        assert one.paths.count("/1") == 3
    assert done.returncode == 0, done.stderr
    assert stored(crawls) == [1]


async def test_retry_after_is_heeded(crawls: Crawls) -> None:
    async with site() as one:
        one.statuses["/1"], one.retry_after = [429], "2"
        done = await crawls.run_async("crawl", "walk", settings=QUICK, origin=one.origin)
        first, second = (at for path, at in zip(one.paths, one.times, strict=True) if path == "/1")
    assert done.returncode == 0
    assert second - first >= 2


async def test_a_download_that_failed_for_good_is_recorded(crawls: Crawls) -> None:
    async with site() as one:
        origin = one.origin
    done = await crawls.run_async(
        "crawl", "walk", settings=QUICK | {"ROBOTSTXT_OBEY": 0}, origin=origin
    )
    assert done.returncode == 1
    assert "1 refused" in done.stderr
    assert query(crawls, "select status, refused from crawls") == [("failed", 1)]


async def test_robots_txt_is_obeyed_and_recorded(crawls: Crawls) -> None:
    code, _, one = await walk(crawls, paths="/1,/private/2")
    assert code == 3
    assert "/private/2" not in one.paths


async def test_a_redirect_is_followed(crawls: Crawls) -> None:
    code, err, _ = await walk(crawls, paths="/home")
    assert code == 0, err
    assert stored(crawls) == [1]


async def test_duplicates_are_fetched_once(crawls: Crawls) -> None:
    code, _, one = await walk(crawls, paths="/1,/1,/2", children=2)
    assert code == 0
    assert sorted(one.paths) == ["/1", "/1/child", "/2", "/2/child", "/robots.txt"]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
async def test_feeds_hold_one_flat_row_for_each_item(crawls: Crawls, kind: str) -> None:
    feed = crawls.home / f"items.{kind}"
    async with site() as one:
        done = await crawls.run_async(
            "crawl",
            "walk",
            "-O",
            str(feed),
            settings=QUICK,
            origin=one.origin,
            paths="/words/1+2+3",
        )
        url = f"{one.origin}/words/1+2+3"
    assert done.returncode == 0, done.stderr
    lines = feed.read_text().splitlines()
    if kind == "csv":
        assert lines[0] == "table,source,source_url,fetched_at,player,perf,day,rating"
        assert len(lines) == 4
        return
    rows = [json.loads(line) for line in lines]
    assert [row["rating"] for row in rows] == [1, 2, 3]
    assert {row["source_url"] for row in rows} == {url}
    assert {row["table"] for row in rows} == {"chess_rating_points"}
    assert rows[0]["day"] == "2026-01-01"
    assert crawls.stats["item_scraped_count"] == 3


async def test_item_count_limits_mean_items(crawls: Crawls) -> None:
    paths = ",".join(f"/{number}" for number in range(1, 41))
    code, _, _ = await walk(crawls, paths=paths, settings={"CLOSESPIDER_ITEMCOUNT": 5})
    assert code == 0
    assert crawls.stats["reason"] == "closespider_itemcount"
    assert 5 <= len(stored(crawls)) <= 5 + 32


async def test_pages_are_read_again_when_their_class_has_moved(crawls: Crawls) -> None:
    await walk(crawls, paths="/1,/2")
    with psycopg.connect(crawls.environment["DATABASE_URL"]) as connection:
        connection.execute("update raw_pages set page_version = 0 where url like '%/2'")
        connection.execute("update chess_rating_points set rating = 99")
    done = await crawls.run_async("reparse", "walk", settings=WALK)
    assert done.returncode == 0, done.stderr
    assert stored(crawls) == [2, 99]
    assert query(crawls, "select distinct page_version from raw_pages") == [(1,)]
    again = await crawls.run_async("reparse", "walk", settings=WALK)
    assert again.returncode == 0, again.stderr
    assert "new 0, changed 0, unchanged 0" in again.stderr


async def test_looking_at_a_page_stores_nothing(crawls: Crawls) -> None:
    async with site() as one:
        options = {"settings": WALK | {"ALLOWED_PRIVATE_ORIGINS": one.origin}}
        for words in (["parse", "--spider", "walk", "-c", "parse_child"], ["fetch"]):
            done = await crawls.run_async(*words, f"{one.origin}/7", **options)
            assert done.returncode == 0, done.stderr
            assert "7" in done.stdout
    assert stored(crawls) == []
    assert query(crawls, "select count(*) from raw_pages") == [(0,)]


async def test_items_of_somebody_elses_spider_go_to_feeds_and_the_log_says_so(
    crawls: Crawls,
) -> None:
    feed = crawls.home / "items.jsonl"
    async with site() as one:
        settings = {"SPIDER_MODULES": "tests.crawls", "ALLOWED_PRIVATE_ORIGINS": one.origin}
        done = await crawls.run_async(
            "crawl", "plain", "-O", str(feed), settings=settings, url=f"{one.origin}/7"
        )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in feed.read_text().splitlines()] == [
        {"text": "a dict"},
        {"text": "7"},
    ]
    assert "Only items of crawlers.items are stored" in done.stderr


async def test_a_retry_of_robots_txt_waits_as_any_other(crawls: Crawls) -> None:
    async with site() as one:
        one.statuses["/robots.txt"], one.retry_after = [503], "2"
        done = await crawls.run_async("crawl", "walk", settings=QUICK, origin=one.origin)
    assert done.returncode == 0, done.stderr
    asked = [at for path, at in zip(one.paths, one.times, strict=True) if path == "/robots.txt"]
    assert asked[1] - asked[0] >= 2


async def test_children_of_a_dropped_harvest_are_not_admitted(crawls: Crawls) -> None:
    dropping = '{"tests.crawls.dropping.DroppingPipeline": 50}'
    code, err, one = await walk(crawls, children=2, settings={"ITEM_PIPELINES": dropping})
    assert code == 1, err
    assert "/1/child" not in one.paths


async def test_a_feed_that_cannot_be_written_is_wrong_use(crawls: Crawls) -> None:
    done = await crawls.run_async(
        "crawl",
        "walk",
        "-O",
        "/proc/nowhere/items.jsonl",
        settings=WALK,
        origin="http://127.0.0.1:9",
    )
    assert done.returncode == 2
    assert "cannot write the feed" in done.stderr


async def test_a_plain_module_with_a_spider_is_found(crawls: Crawls) -> None:
    settings = {"SPIDER_MODULES": "tests.crawls.lone"}
    async with site() as one:
        allowed = settings | {"ALLOWED_PRIVATE_ORIGINS": one.origin}
        done = await crawls.run_async("crawl", "lone", settings=allowed, url=f"{one.origin}/7")
    assert done.returncode == 0, done.stderr


def test_a_job_directory_is_refused_with_the_reason(crawls: Crawls) -> None:
    done = crawls.run("crawl", "walk", settings=WALK | {"JOBDIR": str(crawls.home / "job")})
    assert done.returncode == 2
    assert "JOBDIR is not needed" in done.stderr
