"""The client of a Scrapyd: what it sends, and what it makes of answers, as they were recorded."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web

from crawlers.errors import NodeAwayError, NodeError
from crawlers.jobs.nodes import State, Task
from crawlers.jobs.scrapyd import Load, Scrapyd
from crawlers.scrapyd_urls import ScrapydAddress

Answer = tuple[int, str, str]
TASK = Task("w1", "job-1", "vlr", {"LOG_LEVEL": "INFO", "DOWNLOAD_DELAY": "1"})


def ok(**values: Any) -> Answer:
    """Return an answer such as Scrapyd 1.6.0 gave."""
    body = json.dumps(values | {"status": "ok", "node_name": "node-1"})
    return 200, "application/json", body


def refused(message: str) -> Answer:
    """Return a refusal: HTTP 200, too."""
    body = json.dumps({"status": "error", "message": message, "node_name": "node-1"})
    return 200, "application/json", body


@asynccontextmanager
async def scrapyd(answer: Answer) -> AsyncIterator[tuple[Scrapyd, list[Any]]]:
    """Give a client of a server that says *answer*, and what was asked of it."""
    asked: list[Any] = []

    async def handle(request: web.Request) -> web.Response:
        form = await request.post()
        sent = [(name, value) for name, value in form.items()]
        asked.append((request.method, request.path_qs, sent, request.headers.get("Authorization")))
        status, kind, text = answer
        return web.Response(status=status, content_type=kind, text=text)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://me:hunter2@127.0.0.1:{runner.addresses[0][1]}"
    async with Scrapyd(ScrapydAddress.read(address), "crawlers", answer_s=60) as client:
        yield client, asked
    await runner.cleanup()


async def test_a_task_is_scheduled_under_its_own_name_with_credentials() -> None:
    async with scrapyd(ok(jobid="w1")) as (client, asked):
        await client.schedule(TASK)
    [(method, path, form, authorization)] = asked
    assert (method, path) == ("POST", "/schedule.json")
    assert sorted(form) == [
        ("job", "job-1"),
        ("jobid", "w1"),
        ("project", "crawlers"),
        ("setting", "DOWNLOAD_DELAY=1"),
        ("setting", "LOG_LEVEL=INFO"),
        ("spider", "vlr"),
    ]
    assert authorization == encode_basic_auth("me", "hunter2")


@pytest.mark.parametrize(("force", "expected"), [(False, "INT"), (True, "KILL")])
async def test_a_cancel_lets_it_end_and_force_does_not(force: bool, expected: str) -> None:  # noqa: FBT001
    async with scrapyd(ok(prevstate=None)) as (client, asked):
        await client.cancel("w1", force=force)
    assert ("signal", expected) in asked[0][2]


async def test_the_load_is_what_the_daemon_says() -> None:
    async with scrapyd(ok(pending=2, running=1, finished=0)) as (client, _):
        assert await client.load() == Load(2, 1, "node-1")


async def test_a_task_that_comes_twice_is_where_it_is_least_done() -> None:
    lists = {
        "pending": [{"id": "fixed-job-1"}, {"id": "fixed-job-1"}],
        "running": [{"id": "ef92c122e62911f1b28a02fc00000001", "pid": 26258}],
        "finished": [{"id": "fixed-job-1"}, {"id": "f6cc5adee62911f1b28a02fc00000001"}],
    }
    async with scrapyd(ok(**lists)) as (client, asked):
        assert await client.states() == {
            "fixed-job-1": State.PENDING,
            "ef92c122e62911f1b28a02fc00000001": State.RUNNING,
            "f6cc5adee62911f1b28a02fc00000001": State.FINISHED,
        }
    assert asked[0][:2] == ("GET", "/listjobs.json?project=crawlers")


TRACE = (
    "RunnerError: Traceback (most recent call last):\n  File x\nscrapyd.exceptions.BadEggError\n"
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refused("project 'nope' not found"), "project 'nope' not found"),
        (refused("spider 'nope' not found"), "spider 'nope' not found"),
        (refused("version '9' not found"), "version '9' not found"),
        (refused(TRACE), "scrapyd.exceptions.BadEggError"),
        (refused(""), "it says nothing"),
        ((401, "text/html", "Unauthorized"), "username and password"),
        ((404, "text/html", "<title>404 - No Such Resource</title>"), "no schedule.json"),
    ],
)
async def test_a_refusal_is_an_error_whatever_its_status(answer: Answer, said: str) -> None:
    async with scrapyd(answer) as (client, _):
        with pytest.raises(NodeError, match=said) as caught:
            await client.schedule(TASK)
    assert not isinstance(caught.value, NodeAwayError)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/plain", "Traceback (most recent call last):"),  # with debug = on
        (200, "application/json", "[]"),
        (200, "application/json", '{"hello": "I am something else"}'),
        (502, "text/html", "<html>"),
    ],
)
async def test_what_is_no_answer_of_a_scrapyd_may_have_come_through(answer: Answer) -> None:
    async with scrapyd(answer) as (client, _):
        for call in (lambda: client.schedule(TASK), client.load, client.states):
            with pytest.raises(NodeAwayError, match="instead of an answer") as caught:
                await call()
            assert caught.value.is_sent
            assert "hunter2" not in str(caught.value)


async def test_lists_that_are_none_are_no_answer() -> None:
    async with scrapyd(ok(pending=3)) as (client, _):
        with pytest.raises(NodeAwayError, match="a list of jobs"):
            await client.states()


async def test_where_nobody_listens_nothing_was_sent() -> None:
    address = ScrapydAddress.read("http://me:hunter2@127.0.0.1:1")
    async with Scrapyd(address, "crawlers") as client:
        with pytest.raises(NodeAwayError, match="nobody answers") as caught:
            await client.load()
    assert not caught.value.is_sent
    assert "hunter2" not in str(caught.value)


async def test_one_that_says_nothing_is_not_waited_for() -> None:
    has_left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        has_left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    address = ScrapydAddress.read(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with Scrapyd(address, "crawlers", answer_s=1) as client:
        with pytest.raises(NodeAwayError, match="ReadTimeout") as caught:
            await client.schedule(TASK)
    assert caught.value.is_sent
    await has_left.wait()
    server.close()
    await server.wait_closed()


async def test_a_log_that_is_gone_is_empty() -> None:
    async with scrapyd((404, "text/html", "no")) as (client, _):
        assert await client.tail("vlr", "w1") == ""
    async with scrapyd((206, "text/plain", "the last words")) as (client, asked):
        assert await client.tail("vlr", "w1") == "the last words"
    assert [one[:2] for one in asked] == [
        ("HEAD", "/logs/crawlers/vlr/w1.log"),
        ("GET", "/logs/crawlers/vlr/w1.log"),
    ]


def test_an_address_shows_no_credentials() -> None:
    address = ScrapydAddress.read("https://me:p%40ss@node.example:6800/scrapyd/")
    assert (address.username, address.password) == ("me", "p@ss")
    assert str(address) == address.server == "https://node.example:6800/scrapyd"
    assert "p@ss" not in repr(address)
