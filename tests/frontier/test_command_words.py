"""The words of ``scrapy frontier``, said in this process: what they change and refuse."""

import sys
from argparse import Namespace
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from crawlers.commands.frontier import Command
from crawlers.commands.frontier_words import Words
from crawlers.config import Config
from crawlers.errors import ConfigError, JobError
from crawlers.frontier.queue import LeaseQueue
from crawlers.storage.jobs import Jobs
from crawlers.terminal import frontier
from crawlers.terminal.frontier import act
from crawlers.verdict import Exit
from tests.frontier.by_hand import URL, all_keys, ask, end, kill, lease, pages, seed
from tests.frontier.conftest import NewQueue


class Operator:
    """Says words in this process, and keeps what was printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Print to *capsys*."""
        self._capsys = capsys
        self.settings = Settings()
        self.settings.setmodule("crawlers.settings")

    async def say(self, *args: str, full: bool = False) -> str:
        """Say *args*; return what was printed."""
        self._capsys.readouterr()
        self.code = await act(Words.read(args, once=False, full=full), self.settings)
        printed = self._capsys.readouterr()
        self.err = printed.err
        return printed.out


@pytest.fixture
def operator(
    shared: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    monkeypatch.setattr(frontier, "config", lambda: shared)
    monkeypatch.setattr(frontier, "REFRESH_S", 0.05)
    return Operator(capsys)


async def test_dead_requests_are_named_by_what_their_ids_begin_with(
    operator: Operator, redis: Redis, new_queue: NewQueue, records: Jobs
) -> None:
    await records.enter("j", "pages", {})
    names = [bytes.fromhex(name).ljust(20, b"\0") for name in ("abcd01", "abcd02", "ef")]
    queue = new_queue()
    await kill(queue, dict.fromkeys(names, b"{}"), [1, 2, 3])
    with pytest.raises(JobError, match="'abcd' is ambiguous: 2 dead requests"):
        await operator.say("retry", "j", "abcd")
    for unknown in ("77", "xyz", "", "\x1b[31m"):
        with pytest.raises(JobError, match="no dead request has the id") as caught:
            await operator.say("retry", "j", "ef", unknown)
        assert "\x1b" not in str(caught.value)
    assert await redis.zcard(queue.key_of("dead")) == 3
    assert "2 of 2 dead requests" in await operator.say("retry", "j", "EF00", "abcd02", "abcd02")
    [left] = await redis.zrange(queue.key_of("dead"), 0, 9)
    assert left == names[0]
    assert "1 of 1" in await operator.say("retry", "j")
    assert "job j has no dead requests" in await operator.say("retry", "j")
    assert operator.code == Exit.COMPLETED


async def test_very_many_dead_requests_go_back_to_work_in_parts(
    operator: Operator, new_queue: NewQueue, records: Jobs
) -> None:
    many = {number.to_bytes(20, "big"): b"{}" for number in range(1, 1201)}
    queue = new_queue()
    await records.enter("j", "pages", {})
    found = await records.add_units("j", [name.hex() for name in many])
    await kill(queue, many, [number for number, _ in found.values()])
    assert len((await operator.say("dead", "j")).splitlines()) == 2 * 1200
    assert "1,200 of 1,200" in await operator.say("retry", "j")
    info = await queue.info()
    assert (info["open"], info["dead"]) == ("1200", "0")


async def test_what_cannot_be_read_stays_dead(
    operator: Operator, redis: Redis, new_queue: NewQueue, records: Jobs, shared: Config
) -> None:
    queue = new_queue()
    await end(queue, records, pages(2))
    await redis.hset(queue.key_of("data"), (b"\x01" * 20).decode(), "garbage\x1b")
    assert "garbage\\x1b" in await operator.say("dead", "j", full=True)
    assert "0 of 1" in await operator.say("retry", "j", "01")
    assert operator.code == Exit.PARTIAL
    assert "1 cannot be read" in operator.err
    assert ask(shared, "select status from jobs") == [("partial",)]  # not reopened for nothing
    assert "1 of 2" in await operator.say("retry", "j")
    assert ask(shared, "select status from job_units order by id") == [("failed",), (None,)]


async def test_a_job_that_a_worker_ends_meanwhile_is_reopened(
    operator: Operator,
    new_queue: NewQueue,
    records: Jobs,
    shared: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await end(new_queue(), records, pages(1))
    asked = LeaseQueue.ask

    async def ask_late(queue: LeaseQueue, name: str, *arguments: Any) -> Any:
        await records.end("j", "partial", "by a worker", requests=0, rows=0)
        return await asked(queue, name, *arguments)

    monkeypatch.setattr(LeaseQueue, "ask", ask_late)
    assert "1 of 1" in await operator.say("retry", "j")
    assert ask(shared, "select status from jobs") == [(None,)]


async def test_a_retry_wants_the_database_of_the_workers(
    operator: Operator, redis: Redis, new_queue: NewQueue
) -> None:
    await kill(new_queue(), pages(1), [1])
    before = await all_keys(redis)
    with pytest.raises(JobError, match="the database knows no job 'j'"):
        await operator.say("retry", "j")
    assert await all_keys(redis) == before


@pytest.mark.parametrize("word", ["pause", "drain", "resume"])
async def test_a_job_is_paused_drained_and_resumed(
    operator: Operator, redis: Redis, new_queue: NewQueue, records: Jobs, word: str
) -> None:
    queue, state = new_queue(), frontier.STATES[word]
    await records.enter("j", "pages", {})
    await kill(queue, pages(1), [1])
    await queue.ask("state", "draining" if word == "resume" else "running")
    before = await all_keys(redis)
    [line] = (await operator.say(word, "j")).splitlines()
    assert line.startswith(f"job j is {state}: ")
    assert (await queue.info())["state"] == state
    changed = {key for key, value in (await all_keys(redis)).items() if before.get(key) != value}
    assert changed == {queue.key_of("info").encode()}
    if word != "resume":
        assert f"it is {state}: scrapy frontier resume j" in await operator.say("retry", "j")


async def test_an_ended_job_is_not_steered_but_shown(
    operator: Operator, new_queue: NewQueue, records: Jobs
) -> None:
    await end(new_queue(), records, pages(2))
    with pytest.raises(JobError, match="job j has ended"):
        await operator.say("pause", "j")
    shown = await operator.say("j")
    assert "job j  ended" in shown
    assert shown.endswith("scrapy frontier dead j\n")
    [first, where, *_] = (await operator.say("dead", "j")).splitlines()
    assert first.startswith("010101010101  20")
    assert first.endswith(r" UTC  0 tries  a \x1b[31mreason")
    assert where == f"    {URL}/1"
    full = await operator.say("dead", "j", full=True)
    assert full.startswith("01" * 20)
    assert f'{{"url": "{URL}/1"}}' in full


async def test_what_redis_does_not_know_the_database_tells(
    operator: Operator, redis: Redis, records: Jobs
) -> None:
    for words in (("j",), ("dead", "j"), ("retry", "j"), ("pause", "j"), ("show", "\x1b\udcff")):
        with pytest.raises(JobError, match="no job of that name: '") as caught:
            await operator.say(*words)
        assert str(caught.value).isprintable()
    await records.enter("j", "pages", {})
    assert "scrapy crawl pages -a job=j" in await operator.say("j")
    await records.end("j", "failed", "nothing \x1b[31mwas stored", requests=1234, rows=0)
    for word in ("show", "dead"):
        told = await operator.say(word, "j")
        assert told.startswith("job j ended 20")
        assert r" UTC, failed: nothing \x1b[31mwas stored (1,234 requests, 0 rows)" in told
    for word in ("retry", "resume"):
        with pytest.raises(JobError, match="job j ended 20"):
            await operator.say(word, "j")
    assert "Redis knows no jobs" in await operator.say()
    assert await redis.dbsize() == 0


async def test_looking_changes_nothing(
    operator: Operator, redis: Redis, new_queue: NewQueue
) -> None:
    await kill(new_queue(), pages(3), [1, 2, 3])
    await seed(new_queue(), {b"a": b"", b"b": b""}, [4, 5])
    await lease(new_queue(), 1)
    await new_queue(worker="hungry", job="other").ask("join")
    await new_queue(worker="hungry").ask("lease", 0, 900, 1)
    before = await all_keys(redis)
    for words in ((), ("j",), ("dead", "j")):
        await operator.say(*words)
    assert await all_keys(redis) == before


@pytest.mark.parametrize(
    ("args", "options", "expected"),
    [
        (["stop", "j"], {}, "unknown word 'stop' .known: show, dead, retry, pause, resume, drain"),
        (["dead"], {}, "say which job: scrapy frontier dead JOB"),
        (["pause", "j", "k"], {}, "pause takes one job: 'k' is too much"),
        (["j", "--foo"], {}, "unknown option '--foo'"),
        (["dead", "j"], {"once": True}, "--once belongs to show"),
        (["j"], {"full": True}, "--full to dead"),
    ],
)
def test_unknown_words_are_wrong_use(
    args: list[str], options: dict[str, bool], expected: str
) -> None:
    with pytest.raises(UsageError, match=expected):
        Words.read(args, **{"once": False, "full": False} | options)


def test_a_job_may_have_any_name() -> None:
    assert Words.read(["--", "-j"], once=True, full=False) == Words("show", "-j", once=True)
    assert Words.read(["show", "--", "show"], once=False, full=False) == Words("show", "show")
    assert Words.read([], once=False, full=False) == Words("")


async def test_a_wrong_option_in_the_address_is_wrong_use(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ("foo=1", "socket_timeout=soon"):
        url = SecretStr(f"redis://:hunter2@127.0.0.1:1/0?{wrong}")
        monkeypatch.setattr(frontier, "config", lambda url=url: Config(redis_url=url))
        with pytest.raises(ConfigError, match="REDIS_URL is wrong") as caught:
            await operator.say("j")
        assert "hunter2" not in str(caught.value)


def test_without_the_extra_a_line_says_what_to_install(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "crawlers.terminal.frontier", None)
    command = Command()
    command.settings = operator.settings
    command.run([], Namespace(once=False, full=False))
    assert command.exitcode == Exit.WRONG_USE
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("scrapy frontier: jobs need an extra: pip install 'crawlers[redis]'")
