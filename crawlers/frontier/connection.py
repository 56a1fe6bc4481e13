"""The way to Redis, and whether it is only away for now."""

import re
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - Redis' own
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,  # noqa: A004 - Redis' own
    TryAgainError,
)
from scrapy_redis.connection import get_redis

from crawlers.errors import ConfigError

AWAY = (
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,
    TryAgainError,
    OSError,
)
AWAY_SAYS = re.compile(r"(?:^|-)(BUSY|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY)\b")
"""What redis-py has no class for, and what Redis 6.2 wraps when a script meets it."""

ANSWER_S = 5.0
"""A Redis that says nothing for so long is asked anew, on a new connection."""


def connect(url: str, **parameters: Any) -> Redis:
    """Return a client of the Redis at *url*. It connects on first use, and repeats nothing.

    *parameters* are redis-py's, as in the setting REDIS_PARAMS of scrapy-redis. Raises ConfigError
    for an address that names something redis-py does not know, without the address.
    """
    ours = {
        "redis_cls": Redis,
        "url": url,
        "single_connection_client": True,  # a worker makes one call at a time
        "socket_timeout": ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        client: Redis = get_redis(**(ours | parameters))
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # it knows which options there are
    except (TypeError, ValueError) as error:
        raise ConfigError(
            "REDIS_URL is wrong: expected redis://host:port/0, and options that redis-py knows"
        ) from error
    return client


def is_away(error: Exception) -> bool:
    """Tell whether Redis is away, starting, full, busy or being replaced: worth waiting for."""
    return isinstance(error, AWAY) or AWAY_SAYS.search(str(error)) is not None
