"""The stand-in for DuelingBook answers as the site is described."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.replica import DuelingBookReplica, DuelWorld, replica_process

FORM = b"--x\r\nContent-Disposition: form-data; name=token\r\n\r\ntoken-of-the-replica\r\n--x--"


@pytest.fixture
async def site() -> AsyncIterator[DuelingBookReplica]:
    async with DuelingBookReplica(DuelWorld(replays=3)) as running:
        yield running


async def ask(site: DuelingBookReplica, path: str, form: bytes | None = FORM) -> str:
    def send() -> str:
        request = urllib.request.Request(f"{site.origin}{path}", form)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            text: str = answer.read().decode()
        return text

    return await asyncio.to_thread(send)


async def view(site: DuelingBookReplica, replay: str, form: bytes | None = FORM) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(await ask(site, f"/view-replay?id={replay}", form))
    return data


def test_equal_worlds_hold_equal_records() -> None:
    assert DuelWorld(seed=4).records() == DuelWorld.from_json(DuelWorld(seed=4).to_json()).records()
    assert DuelWorld(seed=4).records() != DuelWorld(seed=5).records()


@pytest.mark.parametrize("text", ['{"colour": 1}', '{"odd": {"1": "angry"}}'])
def test_a_world_that_nobody_plays_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a world has no"):
        DuelWorld.from_json(text)


async def test_the_record_is_for_those_who_bring_a_token(site: DuelingBookReplica) -> None:
    assert await view(site, "70000001") == site.records["70000001"]
    assert await view(site, "7-70000002") == site.records["70000002"]
    missing = {"action": "Error", "message": "Missing token"}
    assert await view(site, "70000001", None) == missing
    assert await view(site, "70000001", b"token=other") == missing
    assert (await view(site, ""))["action"] == "Load replays"


async def test_the_page_asks_by_its_script_unless_something_is_in_the_way(
    site: DuelingBookReplica,
) -> None:
    page = await ask(site, "/replay?id=70000001", None)
    assert "'/view-replay?id='" in page
    assert "size=invisible" in page  # a captcha that nobody sees
    site.world.odd = {"70000001": "captcha", "70000002": "turnstile", "70000003": "missing"}
    captcha = await ask(site, "/replay?id=70000001", None)
    assert "/recaptcha/api2/anchor?ar=1" in captcha
    assert "cf-turnstile" in await ask(site, "/replay?id=70000002", None)
    assert "Replay does not exist" in await ask(site, "/replay?id=70000003", None)
    assert "Replay does not exist" in await ask(site, "/replay?id=5", None)


async def test_each_thing_in_the_way_has_its_words(site: DuelingBookReplica) -> None:
    said = {}
    for how in ("token", "login", "progress", "failed", "listing"):
        site.world.odd = {"70000001": how}
        said[how] = (await view(site, "70000001")).get("message")
    assert said == {
        "token": "Invalid Token",
        "login": "You must be logged in to view this replay",
        "progress": "Duel is still in progress. Please wait until it is finished",
        "failed": "Failed to read replay data",
        "listing": None,
    }
    site.world.odd = {"70000001": "other"}
    assert (await view(site, "70000001"))["id"] == 70000002


@pytest.mark.parametrize(("how", "path"), [("stall", "/view-replay"), ("stall-page", "/replay")])
async def test_a_stall_never_answers(site: DuelingBookReplica, how: str, path: str) -> None:
    site.world.odd = {"70000001": how}
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    head = f"POST {path}?id=70000001 HTTP/1.1\r\nContent-Length: {len(FORM)}\r\n\r\n"
    if path == "/replay":
        head = f"GET {path}?id=70000001 HTTP/1.1\r\n\r\n"
    writer.write(head.encode() + (FORM if path == "/view-replay" else b""))
    answer = asyncio.create_task(reader.read(1))
    await site.log.until(lambda log: len(log.transfers) == 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(answer), 0.1)
    writer.close()
    answer.cancel()


def test_it_runs_in_a_process_of_its_own_and_changes_its_mind() -> None:
    with replica_process("duelingbook", DuelWorld(replays=1)) as site:
        assert site.control("odd", {"70000001": "captcha"}) == {"70000001": "captcha"}
        assert site.control("odd", None) == {}
        assert site.log == []
