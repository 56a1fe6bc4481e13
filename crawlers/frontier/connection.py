"""The way to Redis."""

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from scrapy_redis.connection import get_redis

ANSWER_S = 5.0
"""A Redis that says nothing for so long is asked anew, on a new connection."""


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
