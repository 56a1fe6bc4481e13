"""What docs/distributed.md tells an operator to type does what it says."""

import asyncio
import re
import shlex
from pathlib import Path

from spiders.vlr.spider import VlrSpider
from tests.crawls.run import ROOT
from tests.frontier.jobs import Jobs
from tests.replica import replica_process
from tests.replica.vlr import VlrWorld

PAGE = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
WORLD = VlrWorld(teams=8, events=4, matches=12, per_page=12)


def commands() -> list[list[str]]:
    """Return each ``scrapy`` command of the page's blocks, as words."""
    lines = [line[4:] for line in PAGE.splitlines() if line.startswith("    scrapy ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


async def test_an_operators_day(jobs: Jobs) -> None:
    first, again, *words = commands()
    slow = {"SHARED_DELAY_S": 1}
    with replica_process("vlr", WORLD) as site:
        worker = jobs.crawls.start(*first, settings=slow, origin=site.origin)
        await asyncio.to_thread(site.wait, begun=3)
        other = jobs.crawls.start(*again, settings=slow)
        await jobs.until_workers(2, "may")
        said = {}
        for line in words:
            done = await jobs.crawls.run_async(*line)
            assert done.returncode == 0, (line, done.stderr)
            said[line[1] if len(line) > 1 else ""] = done.stdout
            if "drain" in line:
                for one in (worker, other):
                    _, err = await asyncio.to_thread(one.communicate, timeout=60)
                    assert one.returncode == 3, err
                    assert "drained; the job goes on with the next worker" in err
                refused = await jobs.crawls.run_async(*again)
                assert refused.returncode == 1
                assert "is being drained: scrapy frontier resume may" in refused.stderr
        assert "may" in said[""]
        assert "places used" in said["may"]
        assert "nothing more is given out" in said["pause"]
        done = await jobs.crawls.run_async("frontier", "resume", "may")
        assert done.returncode == 0
        quick = {"SHARED_DELAY_S": 0}
        done, _ = await asyncio.gather(
            *(jobs.crawls.run_async(*again, settings=quick) for _ in range(2))
        )
        log, state = site.log, site.state
    assert done.returncode == 0, done.stderr
    assert jobs.ended() == ("completed", None)
    pages = [one["target"] for one in log if one["target"] != "/robots.txt"]
    assert len(pages) == len(set(pages)) > 5, "no page twice"
    assert state["max_overlap"] <= VlrSpider.card.concurrency


async def test_a_crawl_of_what_is_all_stored_has_not_failed(jobs: Jobs) -> None:
    with replica_process("vlr", WORLD) as site:
        for job in ({}, {}, {"job": "once"}, {"job": "more"}):
            done = await jobs.crawls.run_async(
                "crawl", "vlr", settings={"SHARED_DELAY_S": 0},
                origin=site.origin, section="results", pages=1, **job,
            )  # fmt: skip
            assert done.returncode == 0, (job, done.stderr)
    found = jobs.query("select id, status, rows > 0 from jobs order by id")
    assert found == [("more", "completed", True), ("once", "completed", True)]


def test_every_setting_of_the_page_is_one_with_that_default() -> None:
    from crawlers import settings  # noqa: PLC0415 - only this test needs it

    shown = dict(re.findall(r"^\| `([A-Z_]+)` \| ([\d.]+) \|", PAGE, re.MULTILINE))
    assert len(shown) >= 5
    assert {name: float(getattr(settings, name)) for name in shown} == {
        name: float(value) for name, value in shown.items()
    }


def test_every_link_of_the_page_leads_somewhere() -> None:
    for path in re.findall(r"\]\(([\w/.-]+)\)", PAGE):
        assert (Path(ROOT) / "docs" / path).exists(), path
