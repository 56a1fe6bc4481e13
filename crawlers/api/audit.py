"""The audit log over HTTP, for administrators."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from crawlers.api.access import requires
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.state import WholeDatabase
from crawlers.storage import audit

router = APIRouter(prefix="/v1/audit", tags=["accounts"], dependencies=[NO_OTHERS])


class Line(BaseModel):
    """What happened, by whom, to whom. Names are those of today."""

    id: str
    at: datetime
    event: str
    actor: str | None = Field(description="a person or a key; null: a command, or a stranger")
    actor_name: str | None
    subject: str | None
    subject_name: str | None
    detail: str | None
    address: str | None = Field(description="null once it is old: addresses are forgotten")

    @classmethod
    def of(cls, entry: audit.Entry) -> "Line":
        """Show *entry*."""
        return cls(**asdict(entry) | {"id": str(entry.id)})


class Lines(BaseModel):
    """Lines of the log, the newest first."""

    lines: list[Line]
    next: str | None


@router.get("", dependencies=[Depends(requires("admin"))])
async def read_audit(
    database: WholeDatabase,
    who: Annotated[str | None, Query(max_length=64, description="a person's or key's id")] = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Lines:
    """Read what happened to people, keys and sessions."""
    found = await audit.entries(database, who=who, before=before, limit=limit)
    following = None
    if len(found) == limit:
        query = {"who": who, "before": found[-1].id, "limit": limit}
        given = {name: one for name, one in query.items() if one is not None}
        following = f"/v1/audit?{urlencode(given)}"
    return Lines(lines=[Line.of(one) for one in found], next=following)
