"""``scrapy frontier``: what an operator sees of jobs, and how he steers them."""

import asyncio
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from rich.console import Console
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from crawlers.commands.frontier import Words, actions
from crawlers.config import Config
from crawlers.errors import ConfigError, JobError
from crawlers.frontier.ending import Ending
from crawlers.frontier.overview import Counts, Host, Overviews, Rate, View, Worker, plain
from crawlers.frontier.queue import Answer, LeaseQueue, Rules
from crawlers.storage.database import Database
from crawlers.storage.jobs import Jobs
from crawlers.terminal import frontier
from crawlers.terminal.frontier import act
from crawlers.terminal.pages import page
from crawlers.verdict import Exit
from tests.crawls.run import Crawls
from tests.frontier.conftest import PREFIX, NewQueue
from tests.redis_server import RedisServer

HOST = "https://a.test:443"
URL = "https://a.test/page"
HOSTILE = {
    b"\x01" * 20: b'{"url": "https://a.test/\\u001b]0;owned\\u0007\\u001b[31m[red]here[/red]"}',
    b"\x02" * 20: b"\xff\xfe\x1b[2J\x9b31m not even text",
    b"\x03" * 20: "é".encode() + b"[" * 100_000,
    b"\x04" * 20: b'{"url": "https://a.test/\\u202e' + b"x" * 5000 + b'"}',
    b"\x07" * 20: b"[" * 100_000,
    b"\x05" * 20: b'{"url": {"a": 1}}',
    b"\x06" * 20: b"",
}


@pytest.fixture
def shared(redis_server: RedisServer, database_config: Config) -> Config:
    """Return a configuration with Redis and database."""
    return database_config.model_copy(update={"redis_url": SecretStr(redis_server.url)})


@pytest.fixture
def user(tmp_path: Path, shared: Config) -> Crawls:
    """Give a command line with both."""
    assert shared.redis_url is not None
    assert shared.database_url is not None
    urls = {"REDIS_URL": shared.redis_url, "DATABASE_URL": shared.database_url}
    return Crawls(tmp_path, {name: url.get_secret_value() for name, url in urls.items()})


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


@pytest.fixture
async def records(shared: Config) -> AsyncIterator[Jobs]:
    """Give the jobs in the database."""
    database = Database(shared)
    yield Jobs(database)
    await database.close()


def ask(config: Config, query: str) -> list[tuple[Any, ...]]:
    """Return what *query* finds in the database."""
    assert config.database_url is not None
    with psycopg.connect(config.database_url.get_secret_value()) as connection:
        return connection.execute(query.encode()).fetchall()


async def seed(queue: LeaseQueue, requests: dict[bytes, bytes], units: list[int]) -> None:
    """Begin a job with *requests*, by id; each is the seed of a unit."""
    await queue.ask("join")
    await queue.ask("host", HOST, 2000, 0)
    for unit, (name, payload) in zip(units, requests.items(), strict=True):
        await queue.ask("seed", unit, name, HOST, 0, 0, payload)
    await queue.ask("seeded")


async def lease(queue: LeaseQueue, slots: int) -> Answer:
    """Lease so many requests."""
    return Answer.read(await queue.ask("lease", slots, 0, 1))


async def kill(queue: LeaseQueue, requests: dict[bytes, bytes], units: list[int]) -> None:
    """Begin a job all of whose *requests* are dead."""
    await seed(queue, requests, units)
    while found := (await lease(queue, 2000)).leased:
        for leased in found:
            await queue.ask("refuse", leased.id, leased.token, leased.host, "a \x1b[31mreason")


async def end(queue: LeaseQueue, records: Jobs, requests: dict[bytes, bytes]) -> None:
    """Bring a job to its end, in which all of its *requests* are dead, as a worker does."""
    await records.enter(queue.job, "pages", {})
    found = await records.add_units(queue.job, [name.hex() for name in requests])
    await kill(queue, requests, [number for number, _ in found.values()])
    ending = Ending(queue, records, lambda error: pytest.fail(str(error)), expects=0, dead_days=1)
    ending.units_ended(1, is_last=True)
    await ending.close()
    assert (await lease(queue, 1)).state == "ended"
    await ending.job_ended()


def pages(count: int) -> dict[bytes, bytes]:
    """Return requests whose ids begin with their number."""
    return {
        bytes([number]) * 20: json.dumps({"url": f"{URL}/{number}"}).encode()
        for number in range(1, count + 1)
    }


async def all_keys(redis: Redis) -> dict[bytes, Any]:
    """Return everything that Redis holds."""
    return {key: await redis.dump(key) async for key in redis.scan_iter()}


# --- As a user does ------------------------------------------------------------------------


async def test_jobs_are_listed_in_one_line_each(
    user: Crawls, redis: Redis, new_queue: NewQueue
) -> None:
    await seed(new_queue(job="b"), pages(12), list(range(12)))
    await lease(new_queue(job="b"), 2)
    await new_queue(job="a", worker="").ask("join")
    await new_queue(job="a", worker="").ask("state", "paused")
    await redis.sadd(f"{PREFIX}jobs", "forgotten", b"\xff\x1b[31m")
    done = await user.run_async("frontier")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["job", "state", "ready", "waiting", "leased", "done", "dead", "workers"],
        ["a", "paused,", "being", "seeded", *"000000"],
        ["b", "running", "10", "0", "2", "0", "0", "1"],
    ]


async def test_a_job_is_shown_once_where_nobody_watches(
    user: Crawls, redis: Redis, new_queue: NewQueue
) -> None:
    queue = new_queue(job="dead")  # also a word: `show` names it
    await seed(queue, pages(3), [1, 2, 3])
    await lease(queue, 1)
    before = await all_keys(redis)
    done = await user.run_async("frontier", "show", "dead")
    assert done.returncode == 0, done.stderr
    assert "job dead  running" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["2", "0", "1", "0", "0", "0", "0", "0", "0"] in rows
    assert [HOST, "2", "1", "of", "2,000", "0.0", "now"] in rows
    assert "\x1b" not in done.stdout
    assert await all_keys(redis) == before


async def test_nothing_hostile_reaches_the_terminal(user: Crawls, new_queue: NewQueue) -> None:
    await kill(new_queue(), HOSTILE, list(range(7)))
    user.environment["PYTHONIOENCODING"] = "ascii"
    done = await user.run_async("frontier", "dead", "j")
    assert done.returncode == 0, done.stderr
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert max(map(len, done.stdout.splitlines())) < 300
    assert len(done.stdout.splitlines()) == 14
    assert r"https://a.test/\x1b]0;owned\x07\x1b[31m[red]here[/red]" in done.stdout
    assert r"\xff\xfe\x1b[2J" in done.stdout
    assert r"a \x1b[31mreason" in done.stdout


async def test_dead_requests_of_an_ended_job_go_on(
    user: Crawls, redis: Redis, new_queue: NewQueue, records: Jobs, shared: Config
) -> None:
    queue = new_queue()
    await end(queue, records, pages(3))
    assert ask(shared, "select status, reason from jobs") == [("partial", "3 failed of 3 units")]
    assert await redis.ttl(queue.key_of("info")) > 0
    done = await user.run_async("frontier", "retry", "j")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 dead requests" in done.stdout
    assert "scrapy crawl pages -a job=j" in done.stdout
    assert ask(shared, "select status, reason, finished_at from jobs") == [(None, None, None)]
    assert ask(shared, "select count(*) from job_units where status is null") == [(3,)]
    assert await redis.ttl(queue.key_of("info")) == -1
    await queue.ask("host", HOST, 2000, 0)  # as each worker says
    answer = await lease(queue, 9)
    assert (answer.state, len(answer.leased)) == ("running", 3)


async def test_a_redis_that_is_away_is_one_line_without_its_password(tmp_path: Path) -> None:
    urls = {"REDIS_URL": "redis://me:hunter2@127.0.0.1:1/0"}
    done = await Crawls(tmp_path, urls).run_async("frontier", "j")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("scrapy frontier: Redis cannot be used: ")
    assert "hunter2" not in done.stdout + line


async def test_wrong_use_is_one_line(tmp_path: Path) -> None:
    done = await Crawls(tmp_path, {"REDIS_URL": ""}).run_async("frontier", "pause", "j")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "set REDIS_URL" in line


async def test_help_explains_each_word(tmp_path: Path) -> None:
    done = await Crawls(tmp_path).run_async("frontier", "--help")
    assert done.returncode == 0
    for word in ("show", "dead", "retry", "pause", "resume", "drain"):
        assert f"\n  {word} JOB " in done.stdout
        assert f"\n                        scrapy frontier {word} may" in done.stdout


async def test_a_reader_that_leaves_is_no_error(user: Crawls, new_queue: NewQueue) -> None:
    await kill(new_queue(), pages(200), list(range(200)))
    line = f"set -o pipefail; {' '.join(user.command('frontier', 'dead', 'j'))} | head -1"
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", line],
        env=user.full_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


class Terminal:
    """A terminal with a command on it."""

    def __init__(self, user: Crawls, *words: str) -> None:
        """Start the command, 80 characters wide."""
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            user.command(*words),
            env=user.full_environment | {"TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        self._ours = ours
        self.shown = ""

    async def until(self, text: str) -> None:
        """Wait for *text*."""
        ends = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < ends, self.shown
            await asyncio.sleep(0.05)
            self._read()

    async def close(self) -> int:
        """Wait until the command has ended; return its exit code."""
        while self.process.poll() is None:
            await asyncio.sleep(0.05)
            self._read()
        self._read()
        os.close(self._ours)
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""
        self.process.stderr.close()
        return self.process.returncode

    def _read(self) -> None:
        try:
            self.shown += os.read(self._ours, 1 << 20).decode()
        except OSError:  # nothing yet, or nothing more
            return


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_who_leaves_gets_his_terminal_back(
    user: Crawls, new_queue: NewQueue, how: signal.Signals
) -> None:
    await seed(new_queue(), pages(3), [1, 2, 3])
    terminal = Terminal(user, "frontier", "j")
    await terminal.until("Ctrl-C leaves")
    terminal.process.send_signal(how)
    assert await terminal.close() == 0
    left = terminal.shown.rpartition("\x1b[?1049l")[2]
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")
    assert "running" in left
    assert HOST in left


async def test_a_view_ends_with_its_job(
    user: Crawls, redis: Redis, new_queue: NewQueue, records: Jobs
) -> None:
    await records.enter("j", "pages", {})
    await seed(new_queue(), pages(3), [1, 2, 3])
    terminal = Terminal(user, "frontier", "j")
    await terminal.until("Ctrl-C leaves")
    await records.end("j", "completed", None, requests=3, rows=5)
    await redis.flushall()
    assert await terminal.close() == 0
    left = terminal.shown.rpartition("\x1b[?1049l")[2]
    assert "completed (3 requests, 5 rows)" in left


# --- In this process -----------------------------------------------------------------------


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


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crawlers.terminal.frontier", None)
    with pytest.raises(ConfigError, match="install"):
        actions()


async def test_hosts_are_as_the_program_sees_them(redis: Redis, new_queue: NewQueue) -> None:
    queue = new_queue()
    await queue.ask("join")
    for place, (name, limit, delay_ms) in enumerate(
        [("free", 2, 0), ("full", 1, 0), ("slow", 2, 2000), ("later", 2, 0), ("odd", 2, 0)]
    ):
        await queue.ask("host", name, limit, delay_ms)
        await queue.ask("seed", 2 * place, f"{name} 1", name, 0, 0, "")
        await queue.ask("seed", 2 * place + 1, f"{name} 2", name, 0, 0, "")
        if name in {"full", "slow"}:
            await queue.ask("leave", "free", 60_000)
            assert len((await lease(queue, 1)).leased) == 1
    await redis.hset(f"{PREFIX}host:free", "next", 0)
    await queue.ask("leave", "later", 60_000)
    await redis.hset(f"{PREFIX}host:odd", mapping={"limit": "many", "delay": "nan", "next": "inf"})
    view = await Overviews(redis, PREFIX, Rules()).view("j")
    assert view is not None
    seen = {one.name: (one.ready, one.used, one.limit, one.delay_s, one.next) for one in view.hosts}
    assert view.hosts_in_all == 5
    assert seen.pop("later")[-1].startswith(("in 60.0", "in 5"))
    assert seen == {
        "free": (2, 0, 2, 0.0, "now"),
        "full": (1, 1, 1, 0.0, "when one ends"),
        "slow": (1, 1, 2, 2.0, "closed until sent"),
        "odd": (2, 0, 0, 0.0, "when one ends"),
    }


def test_the_rate_is_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_minute is None
    for second in range(40):
        counts = counted(at_ms=second * 1000.0, done=2 * max(0, second - 20))
        rate.add(counts)
        rate.add(counts)  # as where Redis does not answer
    assert rate.per_minute == 120


def counted(**values: Any) -> Counts:
    """Return counts of a running job."""
    names = ("open", "done", "failed", "blocked", "lost", "waiting", "leased", "suspect")
    zero = dict.fromkeys(names, 0)
    given = {"job": "j", "at_ms": 0.0, "state": "running", "is_seeded": True}
    return Counts(**{**given, **zero, "dead": 0, "workers": 0, **values})


@pytest.mark.parametrize(("width", "height"), [(140, 50), (80, 24), (50, 20), (36, 20)])
def test_a_page_fits_its_terminal(width: int, height: int) -> None:
    workers = tuple(Worker(f"worker-{n}-{'x' * 60}", 1234.5) for n in range(10))
    hosts = tuple(
        Host(f"https://[red]{n}.{'x' * 60}.test:443", 12345, 16, 1.5, 16, 0.0, is_unsent=False)
        for n in range(20)
    )
    view = View(counted(open=123_456_789), workers, 123, hosts, 4567)
    screen = Console(file=StringIO(), width=width, height=height, markup=False)
    with screen.capture() as captured:
        screen.print(page(view, Rate(), width, height, "a note"))
    lines = captured.get().splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert lines[-1] == "a note"
    assert "123,456,789" in captured.get()
    assert "and 4,5" in captured.get()
    assert "[red]" in captured.get() or width < 50


def test_text_of_others_is_plain_and_short() -> None:
    assert plain("a\tb\n\x1b[1m\x9b\u202e\udcffé") == r"a\tb\n\x1b[1m\x9b\u202e\udcffé"
    assert plain(b"\xff\0") == r"\xff\x00"
    assert plain("x" * 500, 10) == "xxxxxxx..."
    assert len(plain(b"\x1b" * 500)) == 200
