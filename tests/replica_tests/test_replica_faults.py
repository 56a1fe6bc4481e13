"""The stand-ins count transfers truly, and misbehave exactly as told."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.replica import LichessReplica, StaticSite, UserSpec, World, lichess, max_overlap
from tests.replica.log import TransferLog

NDJSON = {"Accept": "application/x-ndjson"}
WORLD = World((UserSpec("Alice", 200, odd=0),), pool=10)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[LichessReplica]:
    async with LichessReplica(WORLD, log_file=tmp_path / "log", backoff_s=60) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=NDJSON) as session:
        yield session


async def read(client: aiohttp.ClientSession, site: LichessReplica, query: str = "") -> bytes:
    """Read the export of Alice."""
    async with client.get(f"{site.origin}/api/games/user/alice?{query}") as answer:
        return await answer.read()


def sending(size: int) -> Callable[[TransferLog], bool]:
    """Tell whether an open transfer has sent *size* bytes."""
    return lambda log: any(transfer.sent >= size for transfer in log.open)


async def test_a_second_transfer_at_the_same_time_gets_a_429(
    client: aiohttp.ClientSession, site: LichessReplica, tmp_path: Path
) -> None:
    site.faults.add("stall", "since=1", after=100)
    first = asyncio.create_task(read(client, site, "since=1"))
    await site.log.until(sending(100))
    async with client.get(f"{site.origin}/robots.txt") as answer:
        assert answer.status == 429
        assert await answer.json() == {"error": "Please only run 1 request(s) at a time"}
    first.cancel()
    await site.log.until(lambda log: not log.open)
    assert site.log.max_overlap == 2
    await read(client, site)
    assert [t.violation for t in site.log.transfers] == ["", "overlap", "back-off"]
    assert [t.complete for t in site.log.transfers] == [False, True, True]
    written = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [row["number"] for row in written] == [1, 0, 2]


async def test_transfers_one_after_the_other_do_not_overlap(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    before = time.monotonic()
    for _ in range(3):
        await read(client, site, "max=20")
    assert site.log.max_overlap == 1
    assert not site.log.violations
    assert min(site.log.gaps()) > 0
    first = site.log.transfers[0]
    assert before < first.start < (first.end or 0) < time.monotonic()


async def test_a_killed_reader_ends_its_transfer(site: LichessReplica) -> None:
    site.faults.add("stall", "games")
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET /api/games/user/alice HTTP/1.1\r\nUser-Agent: x\r\n\r\n")
    await site.log.until(lambda log: len(log.open) == 1)
    writer.transport.abort()
    await site.log.until(lambda log: not log.open)
    assert not site.log.transfers[0].complete


async def test_a_transfer_begins_with_the_first_byte_of_its_request(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET /robots.txt")
    await writer.drain()
    async with client.get(f"{site.origin}/_replica/state") as answer:
        assert (await answer.json())["transfers"] == 0
    written = time.monotonic()
    writer.write(b" HTTP/1.1\r\nUser-Agent: x\r\nConnection: close\r\n\r\n")
    assert b"200 OK" in await reader.read()
    assert site.log.transfers[0].start < written
    writer.close()


@pytest.mark.parametrize("options", [{"after": 1500}, {"after": None}, {"after": 9, "how": "fin"}])
async def test_a_cut_breaks_the_transfer(
    client: aiohttp.ClientSession, site: LichessReplica, options: dict[str, Any]
) -> None:
    site.faults.add("cut", "games", times=None, **options)  # this client repeats a GET
    with pytest.raises(aiohttp.ClientError):
        await read(client, site)
    await site.log.until(lambda log: not log.open)
    assert site.log.transfers[0].sent == (options["after"] or 0)
    assert site.log.transfers[0].fault == "cut"
    site.faults.clear()
    assert len((await read(client, site)).splitlines()) == 200


async def test_a_truncated_answer_ends_well_but_in_mid_line(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    whole = await read(client, site)
    site.faults.add("truncate")
    *lines, last = (await read(client, site)).splitlines()
    assert lines == whole.splitlines()[:-1]
    assert whole.splitlines()[-1].startswith(last)
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


async def test_faults_meet_the_requests_that_they_are_meant_for(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    site.faults.add("answer", "games", skip=1, times=2, status=503)
    statuses = []
    for path in ("api/games/user/alice", "api/user/alice") * 4:
        async with client.get(f"{site.origin}/{path}") as answer:
            statuses.append(answer.status)
    assert statuses == [200, 200, 503, 200, 503, 200, 200, 200]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (lichess.GARBAGE, 'brokenXX","rated":tr\n'),
        (lichess.UNKNOWN_STATUS, '"status":"adjourned"'),
        (lichess.UNKNOWN_VARIANT | {"line": 57}, '"variant":"fogOfWar"'),
        (lichess.ILLEGAL_MOVE, '"moves":"e4 e5 Ke3 Nf6"'),
        (lichess.BLOCK_PAGE, "Checking your browser"),
    ],
)
async def test_usual_faults_change_the_body(
    client: aiohttp.ClientSession, site: LichessReplica, options: dict[str, Any], expected: str
) -> None:
    site.faults.add(**options)
    body = (await read(client, site)).decode()
    assert body.count(expected) == 1
    if options["kind"] == "merge":
        assert expected in body.splitlines()[options.get("line", 0)]


async def test_a_429_and_a_redirect_can_be_scripted(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    site.faults.add("answer", "games", status=302, headers={"Location": "/robots.txt"})
    site.faults.add(**lichess.TOO_MANY, path="user/alice$")
    assert b"User-agent" in await read(client, site)
    async with client.get(f"{site.origin}/api/user/alice") as answer:
        assert answer.status == 429
    async with client.get(f"{site.origin}/api/user/alice") as answer:
        assert answer.status == 200
    assert [t.violation for t in site.log.transfers] == ["", "", "", "back-off"]


async def test_a_stall_ends_after_its_time_and_slow_bytes_all_arrive(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    whole = await read(client, site)
    site.faults.add("stall", after=7000, seconds=0.01)
    site.faults.add("slow", rate=3_000_000)
    assert await read(client, site) == whole
    assert await read(client, site) == whole
    assert [t.fault for t in site.log.transfers] == ["", "stall", "slow"]
    assert len({t.sha256 for t in site.log.transfers}) == 1


async def test_wrong_gzip_cannot_be_read(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    site.faults.add("gzip")
    with pytest.raises(aiohttp.ClientError):
        await read(client, site)


async def test_throttled_exports_keep_their_speed(
    client: aiohttp.ClientSession, site: LichessReplica
) -> None:
    site.world.games_per_s = 400
    try:
        before = time.monotonic()
        assert len((await read(client, site, "max=80")).splitlines()) == 80
        assert time.monotonic() - before > 0.15
    finally:
        site.world.games_per_s = 0


async def test_a_static_site_serves_its_pages(client: aiohttp.ClientSession) -> None:
    async with StaticSite({"/a": b"<p>A</p>"}) as static:
        async with client.get(f"{static.origin}/a") as answer:
            assert await answer.text() == "<p>A</p>"
        async with client.head(f"{static.origin}/a") as answer:
            assert answer.headers["Content-Length"] == "8"
        async with client.get(f"{static.origin}/b") as answer:
            assert answer.status == 404


def test_spans_that_touch_do_not_overlap() -> None:
    assert max_overlap([(0, 1), (1, 2)]) == 1
    assert max_overlap([(0, 1), (0.5, None), (7, 8)]) == 2
    assert max_overlap([]) == 0
