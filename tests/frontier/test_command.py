"""``scrapy frontier`` as a user runs it: a process, its output and its exit code."""

import asyncio
import subprocess
from pathlib import Path

from redis.asyncio import Redis

from crawlers.config import Config
from crawlers.storage.jobs import Jobs
from tests.crawls.run import Crawls
from tests.frontier.by_hand import HOST, all_keys, ask, end, kill, lease, pages, seed
from tests.frontier.conftest import PREFIX, NewQueue

HOSTILE = {
    b"\x01" * 20: b'{"url": "https://a.test/\\u001b]0;owned\\u0007\\u001b[31m[red]here[/red]"}',
    b"\x02" * 20: b"\xff\xfe\x1b[2J\x9b31m not even text",
    b"\x03" * 20: "é".encode() + b"[" * 100_000,
    b"\x04" * 20: b'{"url": "https://a.test/\\u202e' + b"x" * 5000 + b'"}',
    b"\x07" * 20: b"[" * 100_000,
    b"\x05" * 20: b'{"url": {"a": 1}}',
    b"\x06" * 20: b"",
}


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
