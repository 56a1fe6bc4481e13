"""API keys over HTTP: each person makes and revokes their own; administrators see all."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from crawlers.api.access import Caller, Scope, TheCaller
from crawlers.api.entering import acting
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.state import WholeDatabase, state_of
from crawlers.storage import api_keys

router = APIRouter(prefix="/v1/keys", tags=["accounts"], dependencies=[NO_OTHERS])

MOST = 100
"""Good keys of one person."""


class KeyRequest(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "notebook", "scopes": ["read"]}]}
    )

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    days: StrictInt | None = Field(None, ge=1, le=3650, description="null: until it is revoked")


class Key(BaseModel):
    """A key, without what it takes to use it."""

    id: str
    name: str
    scopes: list[str]
    person: str | None = Field(description="whose it is; null: nobody's")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: api_keys.ApiKey) -> "Key":
        """Show *key*."""
        return cls(**{name: getattr(key, name) for name in cls.model_fields})


class NewKey(BaseModel):
    """A key that was just made: it is shown this once."""

    id: str
    key: str


class Keys(BaseModel):
    """Keys, the oldest first."""

    keys: list[Key]


@router.get("")
async def list_keys(who: TheCaller, whole: WholeDatabase) -> Keys:
    """List one's own keys; administrators list all."""
    found = await api_keys.keys(whole, None if who.is_admin else _person_of(who))
    return Keys(keys=[Key.of(key) for key in found])


@router.post("", status_code=201)
async def make_key(
    body: KeyRequest, who: TheCaller, request: Request, whole: WholeDatabase
) -> NewKey:
    """Make a key of one's own, signed in. It may do no more than its person, and ends with them."""
    owner = _person_of(who)
    _refuse_keys(who)
    if beyond := sorted(set(body.scopes) - who.scopes):
        raise Problem(403, f"you have no scope {beyond[0]!r} yourself")
    if not body.name.strip().isprintable() or not body.name.strip():
        field = FieldError("body.name", "expected letters")
        raise Problem(422, "this key cannot be made", [field])
    if sum(key.is_good for key in await api_keys.keys(whole, owner)) >= MOST:
        raise Problem(403, f"you have {MOST} keys: revoke one first")
    expires_at = datetime.now(UTC) + timedelta(days=body.days) if body.days else None
    wanted = api_keys.Wanted(body.name.strip(), sorted(set(body.scopes)), expires_at, owner)
    shown = await api_keys.create(whole, wanted, acting(request, who))
    return NewKey(id=shown.id, key=str(shown))


@router.delete("/{key}", status_code=204)
async def revoke_key(
    key: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")],
    who: TheCaller,
    request: Request,
    whole: WholeDatabase,
) -> None:
    """Let a key open nothing any more, nor the links that were made with it."""
    owner = None if who.is_admin else _person_of(who)
    if key != who.key_id:
        _refuse_keys(who)
    if not await api_keys.revoke(whole, key, owner, acting(request, who)):
        raise Problem(404, "no key of that id")
    state_of(request.scope).keys.forget(key)


def _person_of(who: Caller) -> str:
    if who.user_id is None:
        raise Problem(403, "this key is nobody's: it makes no keys")
    return who.user_id


def _refuse_keys(who: Caller) -> None:
    """Let no key make others, which would outlive it, nor end others, which may do more."""
    if who.key_id is not None and not who.is_admin:
        raise Problem(403, "a key makes and revokes no other keys: sign in")
