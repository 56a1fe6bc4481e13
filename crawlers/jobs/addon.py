"""The add-on of a job with one worker: on where there is a job and no Redis to share it."""

from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from crawlers.config import config


class LoneJobAddon:
    """Let the units of a job be begun and counted in the process."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Add what begins units; nothing without a job, or where workers share it."""
        if not settings.get("JOB") or config().redis_url is not None:
            raise NotConfigured
        from crawlers.jobs.seeds import LoneSeedMiddleware  # noqa: PLC0415 - plain crawls need none

        settings.setdefault_in_component_priority_dict(
            "SPIDER_MIDDLEWARES", LoneSeedMiddleware, 950
        )
