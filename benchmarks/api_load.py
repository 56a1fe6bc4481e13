"""Clients of an API: one after the other, or so many a second whether it keeps up or not."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

import aiohttp

Request = tuple[str, str, object]
"""Method, address, and the body as JSON (None: none)."""


@dataclass
class Load:
    """How requests went: milliseconds each, and the statuses of those that failed."""

    took_ms: list[float] = field(default_factory=list)
    failed: list[int | str] = field(default_factory=list)
    bytes: int = 0

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 stay under."""
        return quantiles(self.took_ms, n=100)[-1]


async def one(session: aiohttp.ClientSession, request: Request, load: Load) -> None:
    """Send *request*, read the answer, and note how that went."""
    method, address, body = request
    began = time.perf_counter()
    try:
        async with session.request(method, address, json=body) as answer:
            load.bytes += len(await answer.read())
            if answer.status >= 400:  # noqa: PLR2004 - all that went wrong
                load.failed.append(answer.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        load.failed.append(type(error).__name__)
    load.took_ms.append(1000 * (time.perf_counter() - began))


def session(key: str) -> aiohttp.ClientSession:
    """Return a client that shows *key*."""
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {key}"}, connector=aiohttp.TCPConnector(limit=200)
    )


async def in_turn(key: str, requests: Sequence[Request]) -> Load:
    """Send *requests* one after the other."""
    load = Load()
    async with session(key) as client:
        await one(client, requests[0], Load())  # the connection is there
        for request in requests:
            await one(client, request, load)
    return load


async def steadily(
    key: str, make: Callable[[int], Request], *, per_second: int, seconds: int
) -> Load:
    """Send so many *per_second*, each at its time: who answers late has several at once."""
    load = Load()
    async with session(key) as client, asyncio.TaskGroup() as group:
        begin = time.perf_counter()
        for number in range(per_second * seconds):
            await asyncio.sleep(max(0, begin + number / per_second - time.perf_counter()))
            group.create_task(one(client, make(number), load))
    return load


async def download(key: str, address: str) -> tuple[int, float]:
    """Read all of *address*; return its lines and the seconds that it took."""
    lines, began = 0, time.perf_counter()
    async with session(key) as client, client.get(address) as answer:
        answer.raise_for_status()
        async for chunk in answer.content.iter_any():
            lines += chunk.count(b"\n")
    return lines, time.perf_counter() - began
