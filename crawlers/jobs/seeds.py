"""Seeds of a job with one worker: each begins a unit that has not ended, or nothing."""

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawlers.fingerprint import first, unit_name
from crawlers.storage.jobs import Jobs, jobs_for
from crawlers.units import UNIT, UNITS


class LoneSeedMiddleware:
    """Gives each seed the number of its unit, and leaves out what was done before."""

    def __init__(self, crawler: Crawler) -> None:
        """Remember the crawler, whose setting JOB names the job."""
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it."""
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on seeds of units that are open; of several units one stands for all."""
        job: str = self.crawler.settings["JOB"]
        jobs = jobs_for(self.crawler)
        known = await jobs.units(job)
        async for found in start:
            if not isinstance(found, Request):
                yield found
                continue
            names = found.meta.pop(UNITS, None) or [unit_name(found, first(found))]
            number = await _number(jobs, job, names, known)
            if number is not None:
                found.meta[UNIT] = number
                yield found


async def _number(
    jobs: Jobs, job: str, names: list[str], known: dict[str, tuple[int, bool]]
) -> int | None:
    """Return the number by which the units *names* are counted; None where all have ended."""
    if missing := [name for name in names if name not in known]:
        known |= await jobs.add_units(job, missing)
    left = [number for number, is_open in map(known.__getitem__, names) if is_open]
    if len(left) > 1:
        await jobs.lead_units(job, dict.fromkeys(left, left[0]))
    return left[0] if left else None
