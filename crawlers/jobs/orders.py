"""Cancel a job, or let it be done again: in the database, and in Redis where it is shared."""

from functools import partial

from scrapy.settings import BaseSettings

from crawlers.config import config
from crawlers.storage import job_orders
from crawlers.storage.database import Database


async def cancel(database: Database, job: str, settings: BaseSettings) -> bool:
    """Ask for the end of *job*; return whether it has ended. Its workers leave within seconds.

    Raises JobError for one that is not there.
    """
    if not await job_orders.ask_end(database, job):
        return True
    return await end_if_cancelled(database, job, settings)


async def end_if_cancelled(database: Database, job: str, settings: BaseSettings) -> bool:
    """End *job* if somebody has asked for that and no worker is left; return whether it did."""
    return await job_orders.end_cancelled(database, job, partial(forget_requests, job, settings))


async def retry(database: Database, job: str, settings: BaseSettings) -> int:
    """Let what failed, was blocked or cancelled in *job* be done again; return how many units.

    Raises JobError for a job that is not there, goes on, or is done; FrontierError where Redis
    cannot be asked: with what it knows, the job would end as before.
    """
    return await job_orders.reopen(database, job, partial(forget_requests, job, settings))


async def forget_requests(job: str, settings: BaseSettings) -> None:
    """Remove the requests of *job* from Redis, where there is one."""
    if config().redis_url is not None:
        from crawlers.frontier.discard import discard  # noqa: PLC0415 - laptops have no Redis

        await discard(job, settings)
