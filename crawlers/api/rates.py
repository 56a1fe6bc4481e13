"""How often somebody may ask: counted in Redis, for all processes of the API, or in this one."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

STRANGERS_SHARE = 10
"""An address whose keys open nothing may ask so much less often than a key that does."""
REST_S = 5.0
"""A Redis that is down is left alone for so long."""


class Rate(NamedTuple):
    """Whether one more request is allowed, how many are left, and when it starts anew."""

    is_allowed: bool
    limit: int
    window_s: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The rate as the IETF's draft on RateLimit headers has it."""
        headers = {
            "RateLimit-Policy": f'"default";q={self.limit};w={self.window_s}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_s}',
        }
        return headers if self.is_allowed else headers | {"Retry-After": str(self.reset_s)}


class Rates:
    """Counts requests of callers."""

    def __init__(self, rate: str, redis: "Redis | None") -> None:
        """Allow *rate*, such as ``600/minute``, to each caller."""
        self.limit = parse(rate)
        amount = max(1, self.limit.amount // STRANGERS_SHARE)
        self.strangers = type(self.limit)(amount, self.limit.multiples)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(redis) if redis is not None else None
        self._rests_until = 0.0

    async def hit(self, who: str, limit: RateLimitItem | None = None) -> Rate:
        """Count one request of *who* against *limit*, or that of all callers."""
        return await self._ask(who, limit or self.limit, counts=True)

    async def look(self, who: str, limit: RateLimitItem) -> Rate:
        """Tell whether *who* may ask once more, without counting."""
        return await self._ask(who, limit, counts=False)

    async def forget(self, who: str, limit: RateLimitItem) -> None:
        """Count *who* anew."""
        await self._own.clear(limit, who)
        if shared := self._answering:
            with self._resting():
                await shared.clear(limit, who)

    async def _ask(self, who: str, limit: RateLimitItem, *, counts: bool) -> Rate:
        if shared := self._answering:
            with self._resting():
                return await _ask(shared, limit, who, counts=counts)
        return await _ask(self._own, limit, who, counts=counts)

    @property
    def _answering(self) -> SlidingWindowCounterRateLimiter | None:
        return self._shared if time.monotonic() >= self._rests_until else None

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """Leave Redis alone for a while once it does not answer.

        An API that is up is worth more than a count over all of its processes, and not every
        request is to wait for a Redis that is away.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever Redis' client raises
            logger.warning("Redis does not count requests: %s", type(error).__name__)
            self._rests_until = time.monotonic() + REST_S


def _shared(redis: "Redis") -> SlidingWindowCounterRateLimiter:
    pool = redis.connection_pool
    options = {"implementation": "redispy", "key_prefix": "crawlers:rates"}
    storage = RedisStorage("async+redis://", connection_pool=pool, **options)  # type: ignore[arg-type]
    return SlidingWindowCounterRateLimiter(storage)


async def _ask(
    limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, who: str, *, counts: bool
) -> Rate:
    is_allowed = await (limiter.hit if counts else limiter.test)(limit, who)
    stats = await limiter.get_window_stats(limit, who)
    reset_s = max(1, math.ceil(stats.reset_time - time.time()))
    return Rate(is_allowed, limit.amount, limit.get_expiry(), stats.remaining, reset_s)
