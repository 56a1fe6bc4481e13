"""API keys of the person who looks, or of all for administrators: made, shown once, revoked."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from crawlers.api import own_keys as api
from crawlers.api.access import Caller, TheVisitor
from crawlers.api.problems import Problem
from crawlers.api.state import WholeDatabase
from crawlers.storage.api_keys import SCOPES
from crawlers.storage.database import Database
from crawlers.web.rendering import page

router = APIRouter()

Short = Annotated[str, Form(max_length=200)]


@router.get("/keys")
async def show_keys(request: Request, who: TheVisitor, whole: WholeDatabase) -> Response:
    """List the keys, with a form for one more."""
    return await _list(request, who, whole)


@router.post("/keys")
async def make(
    request: Request,
    who: TheVisitor,
    whole: WholeDatabase,
    name: Short = "",
    scope: Annotated[list[str], Form(max_length=len(SCOPES))] = [],  # noqa: B006 - FastAPI copies it
    days: Short = "",
) -> Response:
    """Make a key, and show it this once."""
    wanted = {
        "name": name,
        "scopes": scope,
        "days": int(days) if days.isdecimal() else days or None,
    }
    try:
        body = api.KeyRequest.model_validate(wanted)
        made = await api.make_key(body, who, request, whole)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return await _list(request, who, whole, problem=f"{first['loc'][0]}: {first['msg']}")
    except Problem as problem:
        return await _list(request, who, whole, problem=str(problem.detail))
    return await _list(request, who, whole, made=made.key)


@router.post("/keys/{key}/revoke")
async def revoke(
    request: Request,
    who: TheVisitor,
    whole: WholeDatabase,
    key: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")],
) -> Response:
    """Make a key good for nothing."""
    await api.revoke_key(key, who, request, whole)
    return RedirectResponse("/keys", 303)


async def _list(
    request: Request,
    who: Caller,
    whole: Database,
    *,
    made: str | None = None,
    problem: str | None = None,
) -> Response:
    return page(
        request,
        "keys.html",
        status=422 if problem else 200,
        found=(await api.list_keys(who, whole)).keys,
        scopes=[one for one in SCOPES if one in who.scopes],
        made=made,
        problem=problem,
        now=datetime.now(UTC),
    )
