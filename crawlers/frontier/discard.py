"""Remove from Redis what is left of a job that nobody is to go on with."""

from redis.exceptions import RedisError
from scrapy import Spider
from scrapy.settings import BaseSettings

from crawlers import wire
from crawlers.config import config
from crawlers.errors import FrontierError
from crawlers.frontier.connection import connect
from crawlers.frontier.options import Options
from crawlers.frontier.queue import LeaseQueue


async def discard(job: str, settings: BaseSettings) -> None:
    """Remove *job* from the Redis that REDIS_URL names, if there is one.

    Its workers, if there are any, leave. Raises FrontierError when Redis cannot be used.
    """
    url = config().redis_url
    if url is None:
        return
    redis = connect(url.get_secret_value(), **settings.getdict("REDIS_PARAMS"))
    rules, prefix = Options.read(settings).rules, settings["FRONTIER_KEY_PREFIX"]
    nobody = Spider("frontier")
    queue = LeaseQueue(redis, nobody, prefix, wire, job=job, worker="", rules=rules)
    try:
        for step in ("discard", "unhost"):
            while await queue.ask(step):
                pass
        await queue.ask("forget", 0)
    except (RedisError, OSError) as error:
        raise FrontierError(f"job {job!r} stays in Redis: {error}") from error
    finally:
        await redis.aclose()
