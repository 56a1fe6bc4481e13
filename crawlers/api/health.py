"""Whether the API is up, and whether all is up that it needs."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from crawlers.api.state import state_of

router = APIRouter(prefix="/health", tags=["health"])


class Live(BaseModel):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """Whether requests can be answered; each thing that is needed is up or down."""

    status: Literal["ready", "not ready"]
    checks: dict[str, Literal["up", "down"]]


# Who watches a server by HEAD, as many services do, is not to find it down.
@router.head("/live", include_in_schema=False)
@router.get("/live")
async def live() -> Live:
    """Say that this process answers."""
    return Live()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: {"model": Ready, "description": "Something is down"}})
async def ready(request: Request, response: Response) -> Ready:
    """Ask database, Redis, raw store and Scrapyd, those of them that are used."""
    probes = state_of(request.scope).probes
    answers = await asyncio.gather(*(probe.is_up() for probe in probes.values()))
    response.status_code = 200 if all(answers) else 503
    return Ready(
        status="ready" if all(answers) else "not ready",
        checks={
            name: "up" if is_up else "down" for name, is_up in zip(probes, answers, strict=True)
        },
    )
