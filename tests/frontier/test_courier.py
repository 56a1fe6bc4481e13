"""The task that talks to Redis: when it asks, and what ends it."""

import asyncio

import pytest

from crawlers.frontier import courier
from crawlers.frontier.courier import Courier
from crawlers.frontier.leases import Leases
from crawlers.frontier.outbox import Outbox
from crawlers.frontier.queue import Answer, Leased
from tests.frontier.conftest import NewQueue

HOST = "http://a.test:80"


class Hungry:
    """A worker that could send one request."""

    def __init__(self) -> None:
        """Have nothing yet."""
        self.asked = asyncio.Event()
        self.leased: asyncio.Future[Leased] = asyncio.get_running_loop().create_future()
        self.failure: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def room(self) -> tuple[int, int]:
        """Want one."""
        return int(not self.leased.done()), 0

    def take(self, answer: Answer, ends_at: float) -> None:  # noqa: ARG002 - the courier's
        """Note that an answer has come."""
        self.asked.set()
        if answer.leased:
            self.leased.set_result(answer.leased[0])

    def redis_is_back(self) -> None:
        """Have nothing to say."""

    def broken(self, error: BaseException) -> None:
        """Note what went wrong."""
        self.failure.set_result(error)


def made(new_queue: NewQueue, desk: Hungry) -> Courier:
    """Return a courier for *desk*."""
    return Courier(new_queue(delay_ms=0), desk, Leases(lambda _: None), Outbox())


async def test_a_worker_that_found_nothing_is_woken_and_need_not_look_for_itself(
    new_queue: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "POLL_S", 3600)
    other, desk = new_queue("other", delay_ms=0), Hungry()
    await other.join()
    one = made(new_queue, desk)
    one.open()
    await asyncio.wait_for(desk.asked.wait(), 20)
    listeners = [(other.wake_channel.encode(), 1)]
    while await other.server.pubsub_numsub(other.wake_channel) != listeners:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await other.ask("seed", 1, b"1", HOST, 0, 0, b"{}")
    assert (await asyncio.wait_for(desk.leased, 20)).id == b"1"
    await one.close(1)
    assert not desk.failure.done()


async def test_whatever_goes_wrong_in_it_is_heard_of(
    new_queue: NewQueue, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Hungry()
    one = made(new_queue, desk)
    one.open()

    def odd() -> tuple[int]:
        raise ZeroDivisionError

    one.outbox.add("over", odd, urgent=True)
    failure = await asyncio.wait_for(desk.failure, 20)
    await one.close(1)
    assert isinstance(failure, ZeroDivisionError)
    assert "The task 'courier' of the frontier failed" in caplog.text
