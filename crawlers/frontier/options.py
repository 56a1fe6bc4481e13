"""The frontier's settings, checked before anything begins."""

from dataclasses import dataclass

from scrapy.settings import BaseSettings

from crawlers.config import config
from crawlers.errors import ConfigError
from crawlers.frontier.connection import connect
from crawlers.frontier.limits import HostLimits
from crawlers.frontier.queue import Rules

LONGEST_LEASE_S = 86_400
MANY = 100_000
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Options:
    """What a worker keeps to. *prefetch* and *unfinished* count requests."""

    rules: Rules
    limits: HostLimits
    prefetch: int
    unfinished: int
    dead_days: float

    @classmethod
    def read(cls, settings: BaseSettings) -> "Options":
        """Read *settings*. Raises ConfigError for a number that makes no sense."""
        limits = HostLimits(settings)
        rules = Rules(
            lease_ms=round(_number(settings, "FRONTIER_LEASE_S", 1, LONGEST_LEASE_S) * 1000),
            attempts=int(_number(settings, "FRONTIER_ATTEMPTS", 1, MANY)),
            limit=limits.concurrency,
            delay_ms=limits.delay_ms,
        )
        return cls(
            rules,
            limits,
            prefetch=int(_number(settings, "FRONTIER_PREFETCH", 0, MANY)),
            unfinished=int(_number(settings, "UNFINISHED_MAX", 1, MANY)),
            dead_days=_number(settings, "FRONTIER_DEAD_DAYS", 0, LONGEST_DAYS),
        )


def check(settings: BaseSettings) -> None:
    """Raise ConfigError when *settings* or REDIS_URL cannot be used for a job."""
    Options.read(settings)
    if url := config().redis_url:
        connect(url.get_secret_value(), **settings.getdict("REDIS_PARAMS"))


def _number(settings: BaseSettings, name: str, least: float, most: float) -> float:
    try:
        value = float(settings[name])
    except (TypeError, ValueError):
        value = float("nan")
    if not least <= value <= most:
        expected = f"expected a number from {least} to {most}"
        raise ConfigError(f"{name} is {settings[name]!r}: {expected}")
    return value
