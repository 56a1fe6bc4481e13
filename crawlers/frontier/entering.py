"""How a worker enters a job: it looks at Redis, then at the database, then makes or joins it."""

import asyncio
import logging
from typing import Any, Protocol

from redis.exceptions import RedisError

from crawlers.errors import FrontierError, JobError, StorageError
from crawlers.frontier.ending import JobStore
from crawlers.frontier.queue import LeaseQueue

PATIENCE_S = 15.0
"""A worker that begins waits so long for Redis and the database; later, for as long as it takes."""
AGAIN_S = 0.3

logger = logging.getLogger(__name__)


class Source(Protocol):
    """What the frontier wants of a spider: a `crawlers.spider.SourceSpider` has it."""

    name: str
    card: Any
    args: Any


async def enter(queue: LeaseQueue, jobs: JobStore, spider: Source) -> bool:
    """Enter the job; return whether all its seeds are there.

    Raises FrontierError when Redis cannot hold it, JobError when it may not be worked on.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + PATIENCE_S
    while True:
        try:
            check(await queue.server.info())
            return await _entered(queue, jobs, spider)
        except (RedisError, StorageError, OSError) as error:
            if loop.time() >= ends:
                raise FrontierError(f"job {queue.job!r} cannot be entered: {error}") from error
        await asyncio.sleep(AGAIN_S)


async def _entered(queue: LeaseQueue, jobs: JobStore, spider: Source) -> bool:
    args = spider.args
    await jobs.enter(queue.job, spider.name, args.without_units(), args.unit_names())
    joined = await queue.join()
    if joined.state == "draining":
        raise JobError(f"job {queue.job!r} is being drained: scrapy frontier resume {queue.job}")
    found = await jobs.find(queue.job)
    if found is None or found.status is not None:
        if joined.is_new:
            await queue.ask("forget", 0)
        raise JobError(f"job {queue.job!r} has just ended")
    return joined.is_seeded


def check(info: dict[str, Any]) -> None:
    """Raise FrontierError, which names the reason, unless a Redis with this *info* will do."""
    policy = info.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        raise FrontierError(
            f"Redis may throw requests away: its maxmemory-policy is {policy}, not noeviction"
        )
    if info.get("role", "master") != "master":
        raise FrontierError("REDIS_URL names a replica of a Redis: it takes no writes")
    if not info.get("aof_enabled") and not info.get("loading"):
        logger.warning("Redis keeps no append-only file: its restart loses what is queued")
