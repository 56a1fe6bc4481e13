"""Which jobs somebody may see: his own, and all of them for administrators."""

from typing import Annotated

from fastapi import Depends, Path

from crawlers.api.access import Caller, requires
from crawlers.api.problems import Problem
from crawlers.api.state import TheDatabase
from crawlers.storage.job_views import Standing, standing

JobName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["may"])]
Worker = Annotated[Caller, Depends(requires("jobs"))]


def owner_of(caller: Caller) -> str | None:
    """Return whose jobs *caller* sees; None: all."""
    return None if caller.is_admin else caller.owner


async def his_job(job: JobName, caller: Worker, database: TheDatabase) -> Standing:
    """Return the job, if the caller may see it. Somebody else's is as if it were not there."""
    found = await standing(database, job)
    if found is None or (not caller.is_admin and found.job.owner != caller.owner):
        raise Problem(404, "no job of that name")
    return found


HisJob = Annotated[Standing, Depends(his_job)]
