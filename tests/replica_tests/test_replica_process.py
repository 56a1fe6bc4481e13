"""The stand-in as a process, and the proxy before a server."""

import asyncio
import json
import os
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.replica import FaultProxy, StaticSite, UserSpec, World, replica_process

WORLD = World((UserSpec("Alice", 30, ongoing=1),), pool=5)
BODY = bytes(range(256)) * 40
REQUEST = b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n"


def get(url: str) -> bytes:
    """Fetch *url* as a plain client."""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
    return body


def test_a_replica_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "transfers"
    with replica_process("lichess", WORLD, "--log", str(file), "--backoff", "1") as site:
        get(f"{site.origin}/api/games/user/alice")
        assert site.wait(begun=1, ended=1)["max_overlap"] == 1
        assert site.state["pid"] == site.pid != os.getpid()
        ongoing = [row for row in site.control("games", {"user": "Alice"}) if not row[2]]
        site.control("finish", {"id": ongoing[-1][0]})
        assert len(site.control("add", {"user": "alice", "games": 3})) == 3
        site.add_fault("answer", "alice", status=500)
        with pytest.raises(urllib.error.HTTPError, match="500"):
            get(f"{site.origin}/api/user/alice")
        site.control("settings", {"bounds": "exclusive"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            site.control("settings", {"seed": 3})
        assert [row["status"] for row in site.log] == [200, 500]
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["target"] for row in rows] == ["/api/games/user/alice", "/api/user/alice"]
    with pytest.raises(urllib.error.URLError):
        get(site.origin)


def test_a_wrong_world_stops_the_start() -> None:
    with (
        pytest.raises(RuntimeError, match="did not start"),
        replica_process("lichess", None, "--world", '{"colour": 1}'),
    ):
        pass


@pytest.fixture
async def site() -> AsyncIterator[StaticSite]:
    async with StaticSite({"/a": BODY}) as running:
        yield running


@pytest.fixture
async def proxy(site: StaticSite) -> AsyncIterator[FaultProxy]:
    async with FaultProxy("127.0.0.1", site.port) as running:
        yield running


async def fetch(proxy: FaultProxy) -> bytes:
    """Fetch through the proxy, all bytes until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(REQUEST)
        return await reader.read()
    finally:
        writer.close()


async def test_the_proxy_forwards_whole_in_slices_and_late(proxy: FaultProxy) -> None:
    assert (await fetch(proxy)).endswith(BODY)
    assert proxy.up.count == len(REQUEST)
    proxy.up.slice, proxy.down.slice, proxy.down.rate, proxy.down.delay = 1, 4096, 1e7, 0.001
    assert (await fetch(proxy)).endswith(BODY)


async def test_a_held_link_gives_nothing_until_released(proxy: FaultProxy) -> None:
    for link in (proxy.up, proxy.down):
        link.hold()
        answer = asyncio.create_task(fetch(proxy))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(answer), 0.1)
        link.release()
        assert (await answer).endswith(BODY)


async def test_the_proxy_cuts_after_so_many_bytes(proxy: FaultProxy) -> None:
    proxy.down.cut_after = 500
    with pytest.raises(ConnectionResetError):
        await fetch(proxy)
    assert proxy.down.count == 500
    assert (await fetch(proxy)).endswith(BODY)


@pytest.mark.parametrize("how", ["rst", "fin"])
async def test_the_proxy_ends_all_connections(
    site: StaticSite, proxy: FaultProxy, how: str
) -> None:
    proxy.down.hold()
    answer = asyncio.create_task(fetch(proxy))
    await site.log.until(lambda log: len(log.transfers) == 1)
    if how == "rst":
        proxy.end_all("rst")
        with pytest.raises(ConnectionResetError):
            await answer
    else:
        proxy.end_all("fin")
        assert await answer == b""


async def test_the_proxy_refuses_and_accepts_again_on_its_port(proxy: FaultProxy) -> None:
    port = proxy.port
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await fetch(proxy)
    await proxy.accept()
    assert proxy.port == port
    assert (await fetch(proxy)).endswith(BODY)
