"""The frontier: jobs that workers share in Redis, with their hosts and workers."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response

from crawlers.api.access import requires
from crawlers.api.job_access import HisJob
from crawlers.api.problems import Problem
from crawlers.api.state import state_of
from crawlers.errors import FrontierError
from crawlers.web.rendering import page

if TYPE_CHECKING:
    from crawlers.frontier.overview import Overviews

router = APIRouter()

AWAY = "Redis does not answer"


@router.get("/frontier", dependencies=[Depends(requires("admin"))])
async def show_jobs(request: Request) -> Response:
    """List the jobs that Redis knows."""
    overviews = _overviews(request)
    if overviews is None:
        return page(request, "frontier.html", jobs=None)
    from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

    try:
        jobs = await overviews.jobs()
    except RedisError as error:
        raise FrontierError(f"{AWAY}: {type(error).__name__}") from error
    return page(request, "frontier.html", jobs=jobs)


@router.get("/frontier/{job}")
async def show_job(request: Request, found: HisJob) -> Response:
    """Show the hosts and workers of a job."""
    overviews = _overviews(request)
    if overviews is None:
        raise Problem(404, "there is no Redis here: jobs have one worker each")
    from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

    try:
        view = await overviews.view(found.job.id)
    except RedisError as error:
        raise FrontierError(f"{AWAY}: {type(error).__name__}") from error
    return page(request, "frontier_job.html", job=found.job, view=view)


def _overviews(request: Request) -> "Overviews | None":
    """Return what reads the frontier, where there is a Redis."""
    state = state_of(request.scope)
    if state.redis is None:
        return None
    from crawlers.frontier.options import Options  # noqa: PLC0415 - an extra
    from crawlers.frontier.overview import Overviews  # noqa: PLC0415 - the same

    rules = Options.read(state.settings).rules
    return Overviews(state.redis, state.settings["FRONTIER_KEY_PREFIX"], rules)
