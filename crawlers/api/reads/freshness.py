"""Reads that ask for young rows: what is older is fetched again, once however many ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query

from crawlers.api.access import Caller, TheCaller
from crawlers.api.problems import Problem
from crawlers.api.reads.models import Refreshed
from crawlers.api.reads.refreshing import describe
from crawlers.api.state import TheSources, WholeDatabase
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.storage.submissions import Submission, latest_of_flight, submit

MAX_AGE_MAX = 10 * 365 * 86_400
AGAIN_S = 60
"""What was fetched so lately is not fetched again, even if that made it no younger."""

ABOUT = (
    "in seconds: what is older, or not there, is fetched again by one crawl, however many ask; "
    "what is there is answered at once. Needs the scope `jobs`, too"
)
MaxAge = Annotated[int | None, Query(ge=0, le=MAX_AGE_MAX, description=ABOUT)]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Hands in what is to be fetched again, for one caller."""

    caller: Caller
    database: Database
    sources: Sources

    async def want(
        self, max_age: int | None, kind: str, known: Mapping[str, Any], age_s: int | None
    ) -> Refreshed | None:
        """Let a row or a list of *kind* be fetched again if it is older than *max_age*.

        *known* is as `describe` takes it; *age_s* None: nothing is there. Returns the job, if there
        is one. Raises Problem (403) for a caller who may not hand in jobs.
        """
        if max_age is None:
            return None
        if not self.caller.is_admin and "jobs" not in self.caller.scopes:
            raise Problem(403, "max_age needs the scope 'jobs': it may hand in a crawl")
        if age_s is not None and age_s <= max_age:
            return None
        refresh = describe(self.sources, kind, known)
        if refresh is None:
            return None
        found = await latest_of_flight(self.database, refresh.flight, AGAIN_S)
        if found is not None:
            return Refreshed(job=found, is_new=False)
        wanted = Submission(refresh.source, refresh.arguments, refresh.units, flight=refresh.flight)
        done = await submit(self.database, wanted)
        return Refreshed(job=done.id, is_new=done.is_new)


def freshness(caller: TheCaller, database: WholeDatabase, sources: TheSources) -> Freshness:
    """Return what keeps this caller's answers young."""
    return Freshness(caller, database, sources)


TheFreshness = Annotated[Freshness, Depends(freshness)]
