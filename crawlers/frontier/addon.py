"""The frontier's add-on: on when REDIS_URL is set and the spider has a job."""

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from crawlers.config import config


class FrontierAddon:
    """Put the frontier in the place of the scheduler of one process."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Change what has to be; nothing without a job and a Redis to share it."""
        job = settings.get("JOB")
        if not job or config().redis_url is None:
            raise NotConfigured
        # Only now: a crawl on one machine needs no Redis client.
        from crawlers.frontier.seeds import SeedMiddleware  # noqa: PLC0415 - see above

        ours = {
            "SCHEDULER": "crawlers.frontier.scheduler.LeaseScheduler",
            "SCHEDULER_QUEUE_CLASS": "crawlers.frontier.queue.LeaseQueue",
            "SCHEDULER_SERIALIZER": "crawlers.wire",
            "DUPEFILTER_CLASS": "crawlers.frontier.dupefilter.LeaseDupeFilter",
            "SESSIONS_JOB": job,  # a request that goes on elsewhere finds its session there
            # What is sent at once is for the frontier to say, host by host.
            "CONCURRENT_REQUESTS": settings.getint("UNFINISHED_MAX"),
        }
        for name, value in ours.items():
            # Not "addon": the project's own settings, which these replace, stand above that.
            settings.set(name, value, priority="spider")
        settings.setdefault_in_component_priority_dict("SPIDER_MIDDLEWARES", SeedMiddleware, 950)
