"""Tasks that run beside the crawl, and whose failure ends it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

Failed = Callable[[BaseException], None]


def watched(work: Coroutine[Any, Any, None], name: str, failed: Failed) -> asyncio.Task[None]:
    """Start *work* as a task. When it raises, that is logged, and *failed* hears of it."""
    task = asyncio.create_task(work, name=name)

    def ended(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if not isinstance(error, RedisError):  # whose one line says all
            logger.error("The task %r of the frontier failed", name, exc_info=error)
        failed(error)

    task.add_done_callback(ended)
    return task
