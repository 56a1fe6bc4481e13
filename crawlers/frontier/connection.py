"""The way to Redis, and the check of it before a crawl begins."""

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from scrapy_redis.connection import get_redis

from crawlers.errors import FrontierError

ANSWER_S = 5.0
"""A Redis that says nothing for so long is asked anew, on a new connection."""
PATIENCE_S = 15.0
"""A crawl that begins waits so long for Redis; one that is under way, for as long as it takes."""

logger = logging.getLogger(__name__)


def connect(url: str, **parameters: Any) -> Redis:
    """Return a client of the Redis at *url*. It connects on first use, and repeats nothing.

    *parameters* are redis-py's, as in the setting REDIS_PARAMS of scrapy-redis.
    """
    ours = {
        "redis_cls": Redis,
        "url": url,
        "single_connection_client": True,  # a worker makes one call at a time
        "socket_timeout": ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "retry": Retry(NoBackoff(), 0),
    }
    client: Redis = get_redis(**(ours | parameters))
    return client


async def check(redis: Redis, patience_s: float = PATIENCE_S) -> None:
    """Raise FrontierError, which names the reason, unless *redis* can hold a frontier."""
    info = await _info(redis, patience_s)
    policy = info.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        raise FrontierError(
            f"Redis may throw requests away: its maxmemory-policy is {policy}, not noeviction"
        )
    if info.get("role") not in {None, "master"}:
        raise FrontierError("REDIS_URL names a replica of a Redis: it takes no writes")
    if not info.get("aof_enabled"):
        logger.warning("Redis keeps no append-only file: its restart loses what is queued")


async def _info(redis: Redis, patience_s: float) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    ends = loop.time() + patience_s
    while True:
        try:
            info: dict[str, Any] = await redis.info()
        except (RedisError, OSError) as error:
            if loop.time() >= ends:
                raise FrontierError(f"Redis cannot be used: {error}") from error
            await asyncio.sleep(0.2)
        else:
            return info
