"""Sessions of people: sign in, go on, sign out."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from crawlers.api.access import TheCaller, unknown
from crawlers.api.cookies import (
    REFRESH,
    cookies_of,
    forgetting,
    keeping,
    refuse_other_sites,
    shown_in,
)
from crawlers.api.entering import address_of
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.signing_in import sign_in
from crawlers.api.state import state_of
from crawlers.roles import Role
from crawlers.storage.credentials import Shown
from crawlers.storage.sessions import Issued, rotate, sign_out

router = APIRouter(prefix="/v1/session", tags=["accounts"], dependencies=[NO_OTHERS])


class SignIn(BaseModel):
    """Who signs in, and how they keep the session."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "ada", "password": "correct horse battery"}]},
    )

    name: str = Field(max_length=200)
    password: SecretStr = Field(max_length=2000)
    keep: Literal["cookie", "token"] = Field(
        "token", description="cookie: of a browser, which no script can read; token: in the answer"
    )


class Refresh(BaseModel):
    """A refresh token, for new tokens."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: SecretStr | None = Field(None, description="null: the cookie's")


class Session(BaseModel):
    """Who has signed in. The tokens are shown once, and only where no cookies keep them."""

    name: str
    role: Role
    expires_at: datetime | None = Field(None, description="of the access token")
    access_token: str | None = None
    refresh_token: str | None = Field(None, description="used once: it brings the next one")


class Who(BaseModel):
    """Who asks, and what they may do."""

    name: str
    role: Role | None = Field(description="null for an API key that is nobody's")
    scopes: list[str]
    key: str | None = Field(description="the id of the API key that is shown")


@router.post("")
async def begin_session(body: SignIn, request: Request, response: Response) -> Session:
    """Sign in with name and password."""
    refuse_other_sites(request.scope)
    issued = await sign_in(request.scope, body.name, body.password.get_secret_value())
    return await _session(request, response, issued, by_cookie=body.keep == "cookie")


@router.post("/refresh")
async def refresh_session(body: Refresh, request: Request, response: Response) -> Session:
    """Go on: a refresh token brings new tokens, and is used up.

    One that is used again ends the session, for all who have tokens of it.
    """
    by_cookie = body.refresh_token is None
    if body.refresh_token is None:
        refuse_other_sites(request.scope)
        shown = shown_in(cookies_of(request.scope), REFRESH)
    else:
        shown = Shown.read(body.refresh_token.get_secret_value())
    state = state_of(request.scope)
    address = address_of(request.scope)
    issued = await rotate(state.whole, shown, state.lifetimes, address) if shown else None
    if issued is None:
        raise unknown("this refresh token is good for nothing: sign in")
    return await _session(request, response, issued, by_cookie=by_cookie)


@router.get("")
async def read_session(who: TheCaller) -> Who:
    """Say who asks."""
    return Who(name=who.name, role=who.role, scopes=sorted(who.scopes), key=who.key_id)


@router.delete("", status_code=204, responses=errors(404))
async def end_session(who: TheCaller, request: Request, response: Response) -> None:
    """Sign out: no token of this session opens anything any more."""
    if who.session_id is None:
        raise Problem(404, "an API key has no session: revoke it")
    state = state_of(request.scope)
    await sign_out(state.whole, who.session_id, address_of(request.scope))
    state.keys.forget(who.session_id)
    for cookie in forgetting():
        response.headers.append("set-cookie", cookie)


async def _session(
    request: Request, response: Response, issued: Issued, *, by_cookie: bool
) -> Session:
    state = state_of(request.scope)
    found = await state.keys.opened_by(issued.access)
    if found is None or found.role is None:  # disabled at this very moment
        raise unknown("this person may not come in")
    session = Session(name=found.name, role=found.role, expires_at=found.expires_at)
    if by_cookie:
        for cookie in keeping(issued, state.lifetimes.longest):
            response.headers.append("set-cookie", cookie)
        return session
    tokens = {"access_token": str(issued.access), "refresh_token": str(issued.refresh)}
    return session.model_copy(update=tokens)
