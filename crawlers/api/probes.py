"""What the API needs, each asked now and then whether it is there."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from psycopg import AsyncConnection

from crawlers.config import Config
from crawlers.errors import NodeError
from crawlers.jobs.scrapyd import Scrapyd
from crawlers.scrapyd_urls import ScrapydAddress
from crawlers.storage.database import Database
from crawlers.storage.raw import raw_store_for

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

PATIENCE_S = 2.0
"""What has not answered for so long is down."""


class Probe:
    """Asks one thing, one question at a time, however many want to know."""

    def __init__(
        self,
        name: str,
        ask: Callable[[], Awaitable[object]],
        fresh_s: float = 1,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take what *ask* finds (it raises for what is down) as true for *fresh_s*.

        What has not answered after *patience_s* is down.
        """
        self._name = name
        self._ask = ask
        self._fresh_s = fresh_s
        self._patience_s = patience_s
        self._until = 0.0
        self._is_up = True
        self._asking: asyncio.Task[None] | None = None

    async def is_up(self) -> bool:
        """Tell whether it is there, after a short time at the most."""
        if time.monotonic() < self._until:
            return self._is_up
        if self._asking is None:
            self._asking = asyncio.create_task(self._note())
        done, _ = await asyncio.wait([self._asking], timeout=self._patience_s)
        return self._is_up if done else False

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _note(self) -> None:
        try:
            await self._ask()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from answering
            if self._is_up:
                logger.warning("%s is down: %s", self._name, type(error).__name__)
            self._is_up = False
        else:
            self._is_up = True
        self._until = time.monotonic() + self._fresh_s
        self._asking = None


def probes_of(config: Config, database: Database, redis: "Redis | None") -> Mapping[str, Probe]:
    """Return a probe for each thing that *config* names."""
    found = {"database": Probe("The database", lambda: database.run(_select))}
    if redis is not None:
        found["redis"] = Probe("Redis", redis.ping)
    # It writes a little, and an S3 server counts that.
    found["raw_store"] = Probe("The raw store", raw_store_for(config).probe, fresh_s=30)
    if config.scrapyds:
        found["scrapyd"] = Probe("Scrapyd", lambda: _any_scrapyd(config), fresh_s=5)
    return found


async def _any_scrapyd(config: Config) -> None:
    """Find that one of the Scrapyds is there, which is enough for jobs to go on."""

    async def ask(address: ScrapydAddress) -> None:
        async with Scrapyd(address, config.scrapyd_project, answer_s=PATIENCE_S) as one:
            await one.load()

    answers = await asyncio.gather(*map(ask, config.scrapyds), return_exceptions=True)
    if all(answers):
        raise NodeError("none of the Scrapyds can be used")


async def _select(connection: AsyncConnection[Any]) -> None:
    await connection.execute("select 1")
