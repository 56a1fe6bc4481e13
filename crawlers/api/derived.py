"""Costly answers, kept for an hour: in Redis, or in the process where there is none."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cashews import Cache, CacheBackendInteractionError, register_backend
from pydantic import SecretStr
from pydantic_core import to_json
from starlette.responses import Response

from crawlers.api.reads.cursors import digest
from crawlers.storage.versions import Version

KEPT_S = 3600
SETTLED = timedelta(minutes=5)
"""Longer than any transaction: what changed before is all there to see."""
UNSETTLED_S = 5
"""Somebody may still commit a change that is older than the newest one that is seen."""
LOCK_S = 120
KEPT_MAX = 10_000

Make = Callable[[], Awaitable[dict[str, Any]]]


class Derived:
    """Answers by what they were made from: another version of that is another answer.

    However many ask at once, in however many processes, one of them makes the answer.
    """

    def __init__(self, redis_url: SecretStr | None) -> None:
        """Keep answers in the Redis of *redis_url*. Connects when it is first asked."""
        self._cache = Cache()
        self._making: dict[str, asyncio.Task[bytes]] = {}
        if redis_url is None:
            self._cache.setup("mem://", size=KEPT_MAX)
        else:
            from cashews.backends.redis import Redis  # noqa: PLC0415 - an extra

            register_backend("unix", Redis, pass_uri=True)
            url = redis_url.get_secret_value()
            self._cache.setup(url, pickle_type="null", suppress=False)

    async def close(self) -> None:
        """Close the connections."""
        with warnings.catch_warnings():  # the library calls what Redis' client has renamed
            warnings.simplefilter("ignore", DeprecationWarning)
            await self._cache.close()

    async def get(self, what: tuple[Any, ...], version: Version, make: Make) -> Response:
        """Return the answer to *what*, made by *make* unless it was for this *version*."""
        return Response(await self._once(what, version, make), media_type="application/json")

    async def _once(self, what: tuple[Any, ...], version: Version, make: Make) -> bytes:
        key = f"crawlers:derived:{digest(*what, *version)}"
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._get(key, version, make))
            task.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(task)

    async def _get(self, key: str, version: Version, make: Make) -> bytes:
        async def written() -> bytes:
            summed = {"rows_read": version.rows, "newest_at": version.newest}
            return to_json(summed | await make(), inf_nan_mode="null")

        made: bytes | None = None
        try:
            if (found := await self._cache.get(key)) is not None:
                return bytes(found)
            async with self._cache.lock(f"{key}:lock", expire=LOCK_S, check_interval=0.05):
                if (found := await self._cache.get(key)) is not None:
                    return bytes(found)
                made = await written()
                await self._cache.set(key, made, expire=_kept_s(version))
                return made
        except CacheBackendInteractionError:  # Redis is away: the answer is not
            return made if made is not None else await written()


def _kept_s(version: Version) -> int:
    is_settled = version.newest is None or version.newest < datetime.now(UTC) - SETTLED
    return KEPT_S if is_settled else UNSETTLED_S
