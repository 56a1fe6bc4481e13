"""The waits of RETRY_WAITS, by kind of failure: for retries and for robots.txt."""

import time
from typing import Self

from scrapy.settings import BaseSettings

from crawlers.backoff import Backoff
from crawlers.config import config
from crawlers.errors import ConfigError
from middlewares.failures import Kind


def shrunk(seconds: float) -> float:
    """Return a wait of our own as it is, and in test mode a short one."""
    return seconds * config().wait_share


class Waits:
    """When to try again after a failure, and when it is enough."""

    def __init__(self, rows: dict[Kind, Backoff]) -> None:
        """Take one row for each kind."""
        self._rows = rows

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """Read RETRY_WAITS and RETRY_TIMES. Raises ConfigError for a row that makes no sense."""
        try:
            most, found = settings.getint("RETRY_TIMES"), settings.getdict("RETRY_WAITS")
            rows = {Kind(name): row for name, row in found.items()}
            return cls({kind: _backoff(*rows[kind], most=most) for kind in Kind})
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"RETRY_WAITS: {error!r}") from error

    def enough(
        self, kind: Kind, failures: int, asked_s: float | None, most: int | None = None
    ) -> str | None:
        """Say why not to try again after *failures* earlier ones, or return None.

        *asked_s* is the site's own Retry-After; *most* replaces the number of tries of the row.
        """
        row = self._rows[kind]
        if asked_s is not None and asked_s > row.longest_s:
            return f"asks to wait for {asked_s:.0f} s, longer than {row.longest_s:.0f} s"
        if failures >= (row.tries if most is None else most):
            return f"{failures + 1} tries"
        return None

    def until_ms(self, kind: Kind, failures: int, asked_s: float | None) -> int:
        """Return the epoch ms before which not to try again; never before *asked_s* is over."""
        wait_s = max(shrunk(self._rows[kind].draw_s(failures)), asked_s or 0.0)
        return int((time.time() + wait_s) * 1000) + 1


def _backoff(first_s: float, longest_s: float, tries: int | None, *, most: int) -> Backoff:
    return Backoff(first_s, longest_s, most if tries is None else min(tries, most))


def with_detail(reason: str, detail: str) -> str:
    """Add *detail*; what stands before the first colon stays what the stats count by."""
    return f"{reason}, {detail}" if ":" in reason else f"{reason}: {detail}"
