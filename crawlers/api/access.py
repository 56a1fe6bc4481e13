"""Who asks, and what they may do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from crawlers.api.problems import Problem

Scope = Literal["read", "jobs", "admin"]

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    bearerFormat="crw_<id>_<secret>",
    description="An API key, from `scrapy apikey create`.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds the key *key_id*. Administrators may do everything and see all jobs."""

    key_id: str | None
    scopes: frozenset[str]
    is_admin: bool = False


def unknown(detail: str = "an API key is needed: Authorization: Bearer crw_...") -> Problem:
    """Return what is said to whoever shows no key, or none that is good."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


async def caller(
    request: Request,
    _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who asks. Raises Problem (401) where no key is shown."""
    found: Caller | None = getattr(request.state, "caller", None)
    if found is None:
        raise unknown()
    return found


TheCaller = Annotated[Caller, Depends(caller)]


def requires(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """Return a dependency: the caller, whose key must have *scope*. Others get a 403."""

    async def allowed(who: TheCaller) -> Caller:
        if not who.is_admin and scope not in who.scopes:
            raise Problem(403, f"this key has no scope {scope!r}")
        return who

    return allowed
