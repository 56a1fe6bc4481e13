"""Routes that only tests have: each goes wrong in one way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse

from crawlers.api.access import TheCaller, requires
from crawlers.api.openapi import errors
from crawlers.api.state import TheDatabase
from crawlers.errors import JobError

router = APIRouter(prefix="/v1/try", tags=["jobs"])
READ, JOBS = Depends(requires("read")), Depends(requires("jobs"))


class Body(BaseModel):
    """What is handed in."""

    units: list[Annotated[int, Field(ge=0, strict=True)]] = []
    text: str = ""
    more: dict[str, Any] = {}


class Count(BaseModel):
    """How many there are."""

    count: int


@router.get("/numbers/{number}", dependencies=[READ])
async def number(number: int, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> Count:
    """Count what is asked for."""
    return Count(count=min(number, limit))


@router.post("/units", dependencies=[JOBS])
async def units(body: Body) -> Count:
    """Count what is sent."""
    return Count(count=len(body.units))


@router.post("/texts", dependencies=[JOBS], include_in_schema=False)
async def texts(body: Body, database: TheDatabase) -> Count:
    """Let the database read what is sent."""

    async def work(connection: Any) -> int:
        await connection.execute("select %s::text, %s::jsonb", [body.text, Jsonb(body.more)])
        return len(body.text)

    return Count(count=await database.run(work))


@router.get("/rows", dependencies=[READ])
async def rows(database: TheDatabase) -> Count:
    """Count rows of the database."""

    async def work(connection: Any) -> int:
        row = await (await connection.execute("select count(*) from jobs")).fetchone()
        return int(row[0])

    return Count(count=await database.run(work))


@router.get("/nobody", dependencies=[READ], include_in_schema=False)
async def nobody() -> Count:
    """Fail as nobody expects."""
    raise RuntimeError("hunter2")


@router.get("/conflict", dependencies=[READ], responses=errors(409))
async def conflict() -> Count:
    """Be in the way of what is there."""
    raise JobError("there is a job 'a' already: take another name")


@router.get("/me")
async def me(who: TheCaller) -> dict[str, Any]:
    """Say who asks."""
    return {"key": who.key_id, "scopes": sorted(who.scopes), "is_admin": who.is_admin}


@router.get("/shared/{token}")
async def shared(token: str) -> Count:
    """Answer whoever has the link."""
    return Count(count=len(token))


@router.get("/events", dependencies=[READ], include_in_schema=False)
async def events() -> EventSourceResponse:
    """Say the first thing, and then nothing for ever."""

    async def said() -> AsyncIterator[dict[str, str]]:
        yield {"data": "first"}
        await asyncio.Event().wait()

    return EventSourceResponse(said())
