"""Rules over HTTP, and the history of what they found."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Response

from crawlers.alerts import making
from crawlers.alerts.wanted import RuleRequest
from crawlers.api.alert_models import AlertOut, AlertPage, Number, RuleOut, RulePage
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.state import TheDatabase
from crawlers.errors import AlertError
from crawlers.storage import alert_rules
from crawlers.storage.alert_history import history
from crawlers.storage.alert_rules import Rule
from crawlers.storage.database import Database
from crawlers.storage.whose import Asked

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], dependencies=[NO_OTHERS])


async def his_rule(rule: Annotated[Number, Path()], caller: Worker, database: TheDatabase) -> Rule:
    """Return the rule, if the caller may see it: somebody else's is not there."""
    try:
        return await alert_rules.find(database, Asked(rule, owner_of(caller)))
    except AlertError:
        raise Problem(404, "no such rule") from None


His = Annotated[Rule, Depends(his_rule)]


@router.get("/rules")
async def list_rules(caller: Worker, database: TheDatabase) -> RulePage:
    """List your rules."""
    found = await alert_rules.list_all(database, owner_of(caller))
    return RulePage(rules=[RuleOut.of(one) for one in found])


@router.post("/rules", status_code=201, responses=errors(409))
async def create_rule(
    body: RuleRequest, caller: Worker, response: Response, database: TheDatabase
) -> RuleOut:
    """Set a rule. It looks at prices that are stored from now on."""
    made = await making.add_rule(database, caller.owner, body)
    response.headers["Location"] = f"/v1/alerts/rules/{made.id}"
    return RuleOut.of(made)


@router.get("/rules/{rule}")
async def read_rule(found: His) -> RuleOut:
    """Show a rule."""
    return RuleOut.of(found)


@router.delete("/rules/{rule}", status_code=204)
async def remove_rule(found: His, database: TheDatabase) -> None:
    """Remove a rule; its history stays."""
    await alert_rules.remove(database, found.id)


@router.post("/rules/{rule}/pause")
async def pause_rule(found: His, database: TheDatabase) -> RuleOut:
    """Let a rule rest."""
    return await _paused(database, found, is_paused=True)


@router.post("/rules/{rule}/resume")
async def resume_rule(found: His, database: TheDatabase) -> RuleOut:
    """Let a rule go on; what happened meanwhile is not made up for."""
    return await _paused(database, found, is_paused=False)


@router.get("/history")
async def list_alerts(
    caller: Worker,
    database: TheDatabase,
    rule: Annotated[Number | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> AlertPage:
    """List what happened and who was told, the newest first."""
    whose = owner_of(caller)
    found = await history(database, whose, rule=rule, before=before, limit=limit)
    following = None
    if len(found) == limit:
        query = {"rule": rule, "before": found[-1].id, "limit": limit}
        given = {name: value for name, value in query.items() if value is not None}
        following = f"/v1/alerts/history?{urlencode(given)}"
    return AlertPage(alerts=[AlertOut.of(one) for one in found], next=following)


async def _paused(database: Database, rule: Rule, *, is_paused: bool) -> RuleOut:
    await alert_rules.pause(database, rule.id, is_paused=is_paused)
    try:
        return RuleOut.of(await alert_rules.find(database, Asked(rule.id)))
    except AlertError:  # removed meanwhile
        raise Problem(404, "no such rule") from None
