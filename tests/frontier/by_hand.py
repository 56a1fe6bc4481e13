"""Jobs brought to where a test wants them by hand, without a worker; and what there is to see."""

import json
from typing import Any

import psycopg
import pytest
from redis.asyncio import Redis

from crawlers.config import Config
from crawlers.frontier.ending import Ending
from crawlers.frontier.queue import Answer, LeaseQueue
from crawlers.storage.jobs import Jobs

HOST = "https://a.test:443"

URL = "https://a.test/page"


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
