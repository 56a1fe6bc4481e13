"""Rules about prices, stock and jobs: set, paused, removed; and what they found."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.alerts import making
from crawlers.alerts.saying import said as happened
from crawlers.alerts.wanted import RuleRequest
from crawlers.api import alerts as api
from crawlers.api.access import Caller, requires
from crawlers.api.alert_models import AlertPage, Number
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.state import TheDatabase, TheSources, WholeDatabase
from crawlers.errors import AlertError
from crawlers.items.products import Platform
from crawlers.jobs.sources import Sources
from crawlers.storage import alert_channels, alert_rules, collections, users
from crawlers.storage.database import Database
from crawlers.web.alert_form import COOLDOWNS, KINDS, RARE, read_rule, readable, said
from crawlers.web.rendering import page, query
from crawlers.web.words import named

router = APIRouter(dependencies=[Depends(requires("jobs"))])

LATEST = 10
"""Alerts that stand below the rules."""
ON_A_PAGE = 50
ALL = ("", "all")


@router.get("/alerts")
async def show_rules(
    request: Request, caller: Worker, database: TheDatabase, whole: WholeDatabase
) -> Response:
    """List the rules, and what they found last."""
    whose = owner_of(caller)
    return page(
        request,
        "alerts.html",
        rules=await alert_rules.list_all(database, whose),
        channels={one.id: one for one in await alert_channels.list_all(database, whose)},
        collections={one.id: one for one in await collections.list_all(database, whose)},
        latest=(await api.list_alerts(caller, database, limit=LATEST)).alerts,
        happened=happened,
        people=await people(whole, caller),
    )


@router.get("/alerts/new")
async def show_form(
    request: Request, caller: Worker, database: TheDatabase, sources: TheSources
) -> Response:
    """Show the form of a rule, with what the address says filled in."""
    given: dict[str, Any] = dict(request.query_params)
    given["name"] = readable(given.get("name", ""))
    return await _form(request, caller, database, sources, given, {})


@router.post("/alerts/new")
async def add(
    request: Request, caller: Worker, database: TheDatabase, sources: TheSources
) -> Response:
    """Set a rule, or show the form again with what is wrong."""
    sent = await request.form()
    given: dict[str, Any] = {name: str(value).strip() for name, value in sent.items()}
    given["channels"] = [str(one) for one in sent.getlist("channels")]
    rule, problems = read_rule(given, given["channels"])
    if rule is not None:
        problems = await _added(database, caller, rule)
    if problems:
        return await _form(request, caller, database, sources, given, problems)
    return RedirectResponse("/alerts", 303)


@router.get("/alerts/history")
async def show_history(
    request: Request,
    caller: Worker,
    database: TheDatabase,
    rule: Annotated[Number | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """List what was found and who was told, or why not, the newest first."""
    found: AlertPage = await api.list_alerts(caller, database, rule, before, ON_A_PAGE)
    at, given = "/alerts/history", {"rule": rule}
    return page(
        request,
        "alert_history.html",
        alerts=found.alerts,
        happened=happened,
        rule=rule,
        first=query(at, given) if before else None,
        next=query(at, given, before=found.alerts[-1].id) if found.next else None,
    )


@router.post("/alerts/rules/{rule}/{action}")
async def act(
    found: api.His, database: TheDatabase, action: Literal["pause", "resume", "remove"]
) -> Response:
    """Let a rule rest, go on, or be forgotten."""
    if action == "remove":
        await api.remove_rule(found, database)
    else:
        await alert_rules.pause(database, found.id, is_paused=action == "pause")
    return RedirectResponse("/alerts", 303)


async def people(whole: Database, caller: Caller) -> dict[str, str]:
    """Return the names of people by their ids, for administrators: they see what all have made."""
    return {one.id: one.name for one in await users.users(whole)} if caller.is_admin else {}


async def _added(database: Database, caller: Caller, rule: RuleRequest) -> dict[str, str]:
    """Keep *rule*; return what is wrong with it."""
    try:
        await making.add_rule(database, caller.owner, rule)
    except AlertError as error:
        return said(error)
    return {}


async def _form(
    request: Request,
    caller: Caller,
    database: Database,
    sources: Sources,
    given: dict[str, Any],
    problems: dict[str, str],
) -> Response:
    """Return the form. A rule uses channels and collections of its own person only."""
    owned = await collections.list_all(database, caller.owner)
    return page(
        request,
        "alert_form.html",
        status=422 if problems else 200,
        given=given,
        problems=problems,
        is_open=any(given.get(name) or name in problems for name in RARE),
        kinds=[(kind, f"{named(kind)}: {words}") for kind, words in KINDS.items()],
        cooldowns=list(COOLDOWNS.items()),
        platforms=[ALL, *((one, one) for one in get_args(Platform))],
        sources=[ALL, *((one, one) for one in sources.names)],
        channels=await alert_channels.list_all(database, caller.owner),
        owned=[("", "none"), *((one.id, one.name) for one in owned)],
    )
