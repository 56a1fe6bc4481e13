"""The queue of a job in Redis, where several jobs, suspects, hostile values or no memory meet."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from crawlers import wire
from crawlers.arguments import SourceArguments
from crawlers.errors import JobError
from crawlers.frontier.connection import connect, is_away
from crawlers.frontier.entering import enter
from crawlers.frontier.program import Operations
from crawlers.frontier.queue import Answer, LeaseQueue, Rules
from tests.frontier.conftest import PREFIX, NewQueue, Pages
from tests.redis_server import RedisServer

A, B = "http://a.test:80", "http://b.test:80"


async def seed(queue: LeaseQueue, host: str, *numbers: int, priority: int = 0) -> None:
    """Enter the job, and queue requests for *host*."""
    await queue.join()
    for number in numbers:
        await queue.ask("seed", number, b"%d" % number, host, priority, 0, b"{}")


async def lease(queue: LeaseQueue, slots: int, spare: int = 0, alone: int = 2) -> Answer:
    """Ask for leases."""
    return Answer.read(await queue.ask("lease", slots, spare, alone))


def ids(answer: Answer) -> list[int]:
    """Return the numbers of what was leased."""
    return [int(leased.id) for leased in answer.leased]


async def test_the_strictest_of_the_jobs_at_a_host_holds_until_it_has_ended(
    new_queue: NewQueue, redis: Redis
) -> None:
    strict, lax = new_queue(job="strict"), new_queue(job="lax")
    await seed(strict, A, 1)
    await strict.ask("host", A, 1, 5000)
    [leased] = (await lease(strict, 4)).leased
    await seed(lax, A, 1, 2, 3)
    await lax.ask("host", A, 8, 0)
    assert await redis.hmget(f"{PREFIX}host:{A}", "limit", "delay") == [
        b"1",
        b"5000",
    ]
    assert (await lease(lax, 4)).leased == ()
    await strict.ask("seeded")
    end = (leased.id, leased.token, leased.host, leased.units, "done", 1, "", 0)
    await strict.ask("complete", *end)
    await strict.ask("told", 1, 1, 0)
    assert (await lease(strict, 1)).state == "ended"
    assert await strict.ask("unhost") == 0
    assert await strict.ask("forget", 0) == 1
    assert ids(await lease(lax, 4)) == [1, 2, 3]
    assert await redis.ttl(f"{PREFIX}host:{A}") == -1, "as long as a job is there"


async def test_suspects_of_a_closed_host_do_not_keep_those_of_others_back(
    new_queue: NewQueue,
) -> None:
    lost, queue = new_queue("lost", lease_ms=50), new_queue()
    await seed(lost, A, *range(300), priority=9)
    await seed(lost, B, 999)
    for host in (A, B):
        await lost.ask("host", host, 400, 0)
    assert len((await lease(lost, 301)).leased) == 301
    await asyncio.sleep(0.06)
    await queue.ask("leave", A, 3_600_000)
    found = [ids(await lease(queue, 1)) for _ in range(2)]  # what has ended is moved in parts
    assert [999] in found


async def test_what_was_lost_twice_is_a_worker_s_only_request(new_queue: NewQueue) -> None:
    lost, queue = new_queue("lost", lease_ms=30), new_queue()
    await seed(lost, A, 1)
    await seed(lost, B, 2, 3)
    for host in (A, B):
        await lost.ask("host", host, 9, 0)
    assert ids(await lease(lost, 1)) == [1]
    await asyncio.sleep(0.04)
    again = await lease(lost, 2)
    assert ids(again) == [1, 2], "the first time beside others"
    assert [leased.suspect for leased in again.leased] == [1, 0]
    await asyncio.sleep(0.04)
    assert ids(await lease(queue, 4, alone=1)) == [2, 3], "not for who has something else"
    empty_handed = new_queue("empty-handed")
    only = await lease(empty_handed, 4)
    assert [(int(one.id), one.suspect) for one in only.leased] == [(1, 2)]


async def test_a_delay_counts_from_the_end_of_a_lease_that_was_never_said_to_be_sent(
    new_queue: NewQueue,
) -> None:
    cut_off, queue = new_queue("cut off", lease_ms=100), new_queue()
    await seed(cut_off, A, 1, 2)
    await cut_off.ask("host", A, 4, 1500)
    assert ids(await lease(cut_off, 1)) == [1]
    await asyncio.sleep(0.15)
    answer = await lease(queue, 1)
    assert ids(answer) == []
    assert 0 < (answer.due_ms or 0) <= 1450
    await asyncio.sleep((answer.due_ms or 0) / 1000)
    assert ids(await lease(queue, 1)) == [1]


async def test_a_host_that_turns_out_to_be_closed_does_not_hide_one_that_is_open(
    new_queue: NewQueue,
) -> None:
    cut_off, queue = new_queue("cut off", lease_ms=100, job="other"), new_queue()
    await seed(cut_off, A, 1)
    await cut_off.ask("host", A, 1, 60_000)
    await seed(queue, A, 2)
    await seed(queue, B, 3)
    assert ids(await lease(cut_off, 1)) == [1]
    await queue.ask("leave", B, 110)
    await asyncio.sleep(0.15)
    assert ids(await lease(queue, 1)) == [3], "the delay of A begins when that lease has ended"


async def test_a_paused_worker_takes_no_share_of_another_job(new_queue: NewQueue) -> None:
    paused, queue = new_queue(job="paused"), new_queue()
    await seed(paused, A, 1, 2)
    await seed(queue, A, *range(8))
    await queue.ask("host", A, 8, 0)
    await paused.ask("state", "paused")
    assert (await lease(paused, 4)).state == "paused"
    assert len((await lease(queue, 8)).leased) == 8


WRONG = {"limit": "abc", "delay": "-5", "next": "inf", "asked": "nan"}
HUGE = {"limit": "1e300", "delay": "1e18", "next": "1e18", "asked": "x"}


@pytest.mark.parametrize("values", [WRONG, HUGE, {"limit": "0"}], ids=["wrong", "huge", "zero"])
async def test_wrong_numbers_of_a_host_stop_nobody(
    new_queue: NewQueue, redis: Redis, values: dict[Any, Any]
) -> None:
    queue = new_queue(delay_ms=0)
    await seed(queue, A, 1)
    await redis.hset(f"{PREFIX}host:{A}", mapping=values)
    answer = await lease(queue, 1)
    assert answer.leased or 0 < (answer.due_ms or 0) <= 86_400_000
    await queue.ask("leave", A, 10**15)
    assert await redis.hget(f"{PREFIX}host:{A}", "next") is not None


async def test_counts_are_right_when_a_call_ends_in_the_middle(
    new_queue: NewQueue, redis: Redis
) -> None:
    queue = new_queue(delay_ms=0)
    await seed(queue, A, 1)
    [leased] = (await lease(queue, 1)).leased
    await redis.hset(f"{PREFIX}job:j:ended", "of another", "type")
    operations = Operations()
    children = [field for at in (7, 8, 9) for field in (b"%d" % at, A, 0, 0, b"{}")]
    end = (leased.id, leased.token, leased.host, leased.units, "done", 1, "", 3)
    operations.add("complete", *end, *children)
    operations.add("told", 0)
    operations.add("units", 9)
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await queue.run(operations)
    info = await queue.info()
    assert (info["open"], info["done"]) == ("3", "1")
    await redis.delete(f"{PREFIX}job:j:ended")
    assert ids(await lease(queue, 1)) == [7]


async def test_a_unit_that_is_no_number_is_nobody_s(new_queue: NewQueue, redis: Redis) -> None:
    queue = new_queue()
    await queue.join()
    await redis.zadd(f"{PREFIX}job:j:ended", {"abc": 0, "9" * 30: 0, "7": 0})
    [unit, _, *_] = await queue.ask("units", 9)
    assert unit == b"7"
    assert await redis.zcard(f"{PREFIX}job:j:ended") == 1


async def test_a_job_that_was_made_anew_hears_nothing_of_what_was_meant_for_the_first(
    new_queue: NewQueue, redis: Redis
) -> None:
    first, second = new_queue("first"), new_queue("second")
    await seed(first, A, 1)
    await redis.flushall()
    await asyncio.sleep(0.002)
    await seed(second, A, 1, 2)
    await first.ask("seeded")
    assert (await lease(first, 1)).state == "gone"
    assert not (await lease(second, 0)).is_seeded


class Ended:
    """A database in which the job has ended just now."""

    status = "completed"

    async def enter(self, *_: Any) -> None:
        """Let everybody in: it has ended since."""

    async def find(self, _: str) -> "Ended":
        """Say that it has ended."""
        return self


async def test_who_comes_too_late_leaves_the_dead_where_they_are(
    new_queue: NewQueue, redis: Redis
) -> None:
    queue = new_queue(delay_ms=0)
    await seed(queue, A, 1)
    await queue.ask("seeded")
    [leased] = (await lease(queue, 1)).leased
    await queue.ask("refuse", leased.id, leased.token, leased.host, "no good")
    await queue.ask("told", 1, 1, 0)
    assert (await lease(queue, 1)).state == "ended"
    ended: Any = Ended()
    spider: Any = SimpleNamespace(name="plain", args=SourceArguments())
    with pytest.raises(JobError, match="has just ended"):
        await enter(new_queue("late"), ended, spider)
    assert await redis.zcard(f"{PREFIX}job:j:dead") == 1
    with pytest.raises(JobError, match="has just ended"):
        await enter(new_queue("late", job="gone"), ended, spider)
    assert await redis.exists(f"{PREFIX}job:gone:info") == 0


@pytest.fixture(params=["the machine's", "the oldest"])
async def own(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """Give a client of a server of this test's own, of each version."""
    with RedisServer(carried=request.param == "the oldest") as server:
        client = connect(server.url)
        yield client
        await client.aclose()


async def test_a_full_redis_refuses_a_call_as_a_whole_and_still_lets_a_job_end(own: Redis) -> None:
    rules = Rules(limit=4, delay_ms=0)
    queue = LeaseQueue(own, Pages(), PREFIX, wire, job="j", worker="w", rules=rules)
    await seed(queue, A, 1, 2)
    leases = (await lease(queue, 2)).leased
    await own.config_set("maxmemory", "1")
    operations = Operations()
    operations.add("over", A, leases[0].token)
    operations.add("lease", 1, 0, 1)
    with pytest.raises(RedisError) as caught:
        await queue.run(operations)
    assert is_away(caught.value), "the crawl waits"
    assert await own.zcard(f"{PREFIX}host:{A}:busy") == 2, "nothing was done"
    for name, arguments in (("told", (1, 1, 0)), ("units", (9,)), ("part", ()), ("forget", (0,))):
        await queue.ask(name, *arguments)
    await own.config_set("maxmemory", "0")
    await queue.run(operations)
    assert await own.zcard(f"{PREFIX}host:{A}:busy") == 1


AWAY = [
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk.",
    "NOREPLICAS Not enough good replicas to write.",
    "Error running script (call to f_4a): @user_script:69: -OOM command not allowed when used",
    "Error running script (call to f_4a): @user_script:69: -READONLY You can't write",
]


@pytest.mark.parametrize("text", AWAY, ids=[text[:8] for text in AWAY])
def test_a_redis_in_trouble_is_waited_for(text: str) -> None:
    assert is_away(ResponseError(text))


def test_a_redis_that_cannot_do_it_is_not_waited_for() -> None:
    assert not is_away(ResponseError("WRONGTYPE Operation against a key holding the wrong kind"))
    assert not is_away(ResponseError("NOPERM this user has no permissions to run EVALSHA"))
