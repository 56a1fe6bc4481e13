"""The download handler at a serial site: every request takes a turn, whatever sends it."""

import asyncio
import gzip
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadConnectionRefusedError, NotSupported, ResponseDataLossError

from crawlers.download import CrawlClosingError
from crawlers.errors import TurnLostError
from crawlers.limits import limit_key
from crawlers.storage.turns import SerialTurns, TurnTimes
from tests.download.conftest import NewHandler, Postgres
from tests.download.counting_server import CountingServer
from tests.download.serial import OPEN, SLOW, TERMINATE, TIMES
from tests.download.tls import self_signed

pytestmark = pytest.mark.usefixtures("test_mode")


def serial(postgres: Postgres, folder: Path, origin: str) -> dict[str, Any]:
    """Return settings that make *origin* serial."""

    async def get_url() -> str:
        return postgres.url

    def turns_for(*_: object) -> SerialTurns:
        return SerialTurns("test", get_url, TurnTimes(**TIMES), folder=folder / "locks")

    return {"SERIAL_LIMIT_KEYS": [limit_key(origin)], "SERIAL_TURNS": turns_for}


async def test_both_schemes_of_a_serial_site_take_turns(new_handler: NewHandler) -> None:
    handler = new_handler(SERIAL_LIMIT_KEYS=["https://serial.test:443"], SERIAL_TURNS=print)
    keys = {
        url: handler._limits.serial_key(Request(url))
        for url in (
            "https://serial.test/a",
            "http://Serial.test/robots.txt",
            "https://serial.test:444/",
            "http://other.test/",
        )
    }
    assert list(keys.values()) == ["https://serial.test:443"] * 2 + [None] * 2


async def test_a_browser_is_refused_at_a_serial_site(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    with pytest.raises(NotSupported):
        await handler.download_request(Request(site.origin, meta={"render": "page"}))
    assert site.visits == []


async def test_a_429_is_returned_and_remembered(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    request = Request(f"{site.origin}/?status=429&retry_after=77")
    response = await handler.download_request(request)
    assert response.status == 429
    assert postgres.ask("SELECT not_before > clock_timestamp() + interval '70 s' FROM serial_turns")
    assert postgres.ask(OPEN) == 0


async def test_a_failed_connection_leaves_no_turn_open_and_a_lost_answer_does(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    site.canned["/x"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    nobody = "http://127.0.0.1:1"
    handler = new_handler(nobody, **serial(postgres, tmp_path, nobody))
    with pytest.raises(DownloadConnectionRefusedError):
        await handler.download_request(Request(nobody))
    assert postgres.ask(OPEN) == 0
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    with pytest.raises(ResponseDataLossError):
        await handler.download_request(Request(f"{site.origin}/x"))
    assert postgres.ask(OPEN) == 1


@pytest.mark.parametrize("query", [SLOW, "wait=60"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_site_sees_the_end_of_a_transfer_whose_turn_was_lost(
    scheme: str, query: str, postgres: Postgres, tmp_path: Path, new_handler: NewHandler
) -> None:
    certificate = self_signed(tmp_path) if scheme == "https" else None
    async with CountingServer(certificate=certificate) as site:
        settings = serial(postgres, tmp_path, site.origin)
        handler = new_handler(site.origin, **settings, DOWNLOAD_VERIFY_CERTIFICATES=False)
        transfer = asyncio.create_task(handler.download_request(Request(f"{site.origin}/?{query}")))
        await site.until(lambda: site.open == 1)
        assert await asyncio.to_thread(postgres.ask, TERMINATE) == 1
        await site.until(lambda: site.open == 0)
        assert not site.visits[0].complete
        with pytest.raises(TurnLostError):
            await transfer


def test_a_crawl_that_closes_is_ignored_by_scrapy_and_known_to_us() -> None:
    names = {base.__name__ for base in CrawlClosingError.__mro__}
    assert {"IgnoreRequest", "CrawlersError"} <= names


async def crawl(postgres: Postgres, site: CountingServer, folder: Path, paths: list[str]) -> Any:
    """Start a crawl of *paths*, with warnings as errors."""
    arguments = {
        "url": postgres.url,
        "origin": site.origin,
        "folder": str(folder),
        "times": TIMES,
        "paths": paths,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        str(Path(__file__).with_name("crawl_worker.py")),
        json.dumps(arguments),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "CRAWLERS_TEST": "1"},
    )


async def test_redirects_retries_robots_and_two_crawls_take_turns(
    postgres: Postgres, site: CountingServer, tmp_path: Path
) -> None:
    site.canned["/robots.txt"] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    bomb = gzip.compress(b"x" * 2_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    site.canned["/bomb"] = head + bomb
    paths = ["/a?pieces=2&pause=0.02", "/b?status=302&to=/c", "/d?status=503", "/bomb", "/e"]
    paths.append("direct")
    crawls = [
        await crawl(postgres, site, tmp_path / folder, paths) for folder in ("locks", "locks")
    ]
    for process in crawls:
        _, said = await process.communicate()
        log = said.decode()
        assert process.returncode == 0, log
        assert "Traceback" not in log
        assert "experimental" not in log
        assert "Unclosed" not in log
        assert log.count("] INFO: got 200") == 3, log
        assert "/bomb" in log
        assert "got 200 " + site.origin + "/bomb" not in log
    targets = [visit.target for visit in site.visits]
    assert targets.count("/robots.txt") == targets.count("/c") == targets.count("/direct") == 2
    assert targets.count("/d?status=503") == 4
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_an_interrupt_ends_a_crawl_that_waits_for_its_turn(
    postgres: Postgres, site: CountingServer, tmp_path: Path
) -> None:
    key = limit_key(site.origin)
    postgres.ask(
        "INSERT INTO serial_turns VALUES (%s, 0, clock_timestamp() + '1 h') RETURNING 1", None, key
    )
    process = await crawl(postgres, site, tmp_path, [f"/{n}" for n in range(20)])
    assert process.stderr is not None
    said = b""
    while b"waiting for 3" not in said:
        line = await process.stderr.readline()
        assert line, said.decode()
        said += line
    process.send_signal(signal.SIGINT)
    _, rest = await process.communicate()
    assert site.visits == []
    assert b"Spider closed (shutdown)" in rest
    assert b"Traceback" not in said + rest, (said + rest).decode()
