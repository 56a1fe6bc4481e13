"""Channels, where alerts are sent: an address goes in, and never comes out."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from crawlers.alerts import making
from crawlers.alerts.wanted import ChannelRequest
from crawlers.api import channels as api
from crawlers.api.access import Caller, requires
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.state import TheConfig, TheDatabase, WholeDatabase
from crawlers.errors import AlertError
from crawlers.storage import alert_channels
from crawlers.storage.database import Database
from crawlers.web.alert_form import said
from crawlers.web.alerts import people
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("jobs"))])

Short = Annotated[str, Form(max_length=200)]


@router.get("/alerts/channels")
async def show_channels(
    request: Request, caller: Worker, database: TheDatabase, whole: WholeDatabase
) -> Response:
    """List the channels, with a form for one more."""
    return await _list(request, caller, database, whole, {}, {})


@router.post("/alerts/channels")
async def connect(
    request: Request,
    caller: Worker,
    database: TheDatabase,
    whole: WholeDatabase,
    config: TheConfig,
    name: Short = "",
    address: Annotated[str, Form(max_length=4000)] = "",
    per_day: Short = "",
) -> Response:
    """Add a channel, or show the form again with what is wrong, without the address."""
    given = {"name": name.strip(), "per_day": per_day.strip()}
    values = {field: text for field, text in given.items() if text}
    try:
        wanted = ChannelRequest.model_validate(values | {"address": address.strip()})
        await making.connect(database, config, caller.owner, wanted)
    except (ValidationError, AlertError) as error:
        return await _list(request, caller, database, whole, given, said(error))
    return RedirectResponse("/alerts/channels", 303)


@router.post("/alerts/channels/{channel}/{action}")
async def act(
    request: Request,
    found: api.His,
    caller: Worker,
    database: TheDatabase,
    whole: WholeDatabase,
    action: Literal["test", "remove"],
) -> Response:
    """Send a test message, of which the history tells, or forget a channel."""
    if action == "remove":
        await api.remove_channel(found, database)
        return RedirectResponse("/alerts/channels", 303)
    try:
        await api.send_test(found, database)
    except AlertError as error:
        return await _list(request, caller, database, whole, {}, {"": str(error)})
    return RedirectResponse("/alerts/history", 303)


async def _list(
    request: Request,
    caller: Caller,
    database: Database,
    whole: Database,
    given: dict[str, Any],
    problems: dict[str, str],
) -> Response:
    return page(
        request,
        "channels.html",
        status=422 if problems else 200,
        found=await alert_channels.list_all(database, owner_of(caller)),
        given=given,
        problems=problems,
        people=await people(whole, caller),
    )
