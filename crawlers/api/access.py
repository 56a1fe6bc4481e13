"""Who asks, and what they may do."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from crawlers.api.problems import Problem
from crawlers.roles import SCOPES_OF, Role
from crawlers.storage.credentials import Opened

Scope = Literal["read", "jobs", "admin"]

SIGN_IN_PAGE = "/sign-in"

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    bearerFormat="crw_<id>_<secret>",
    description="An API key, from `scrapy apikey create`, or an access token of a person, from "
    "`POST /v1/session`.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever shows a good credential: a person, by a key, a token or a cookie, or a key alone.

    *scopes* are those of the role, and of the key where it is shown: both must have them.
    """

    scopes: frozenset[str]
    name: str = ""
    key_id: str | None = None
    user_id: str | None = None
    role: Role | None = None
    session_id: str | None = None

    @classmethod
    def of(cls, found: Opened) -> "Caller":
        """Return whom a credential that is good stands for."""
        scopes = SCOPES_OF[found.role] if found.role else None
        if found.scopes is not None:
            of_key = frozenset(found.scopes)
            of_key |= SCOPES_OF["administrator"] if "admin" in of_key else frozenset()
            scopes = of_key if scopes is None else of_key & scopes
        return cls(
            scopes or frozenset(),
            found.name,
            found.key_id,
            found.user_id,
            found.role,
            found.session_id,
        )

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything and see what everybody made."""
        return "admin" in self.scopes

    @property
    def owner(self) -> str:
        """Whose it is what they make: the person's, or of a key that is nobody's the key's."""
        return self.user_id or self.key_id or ""


def unknown(detail: str = "sign in, or show an API key: Authorization: Bearer crw_...") -> Problem:
    """Return what is said to whoever shows no credential, or none that is good."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


async def caller(
    request: Request,
    _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who asks. Raises Problem (401) where no credential is shown."""
    found: Caller | None = getattr(request.state, "caller", None)
    if found is None:
        raise unknown()
    return found


TheCaller = Annotated[Caller, Depends(caller)]


@dataclass(frozen=True, slots=True)
class Requires:
    """A dependency: the caller, who must have *scope*."""

    scope: Scope

    async def __call__(self, who: TheCaller) -> Caller:
        """Return the caller. Others get a 403."""
        if self.scope not in who.scopes:
            whose = "this key" if who.key_id else f"a {who.role}"
            raise Problem(403, f"{whose} has no scope {self.scope!r}")
        return who


def requires(scope: Scope) -> Requires:
    """Return a dependency: the caller, who must have *scope*."""
    return Requires(scope)


async def visitor(request: Request) -> Caller:
    """Return who looks at a page. Whoever has not signed in is sent to the page for that."""
    found: Caller | None = getattr(request.state, "caller", None)
    if found is None:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        # What was posted cannot be posted again by a redirect.
        query = f"?{urlencode({'next': wanted})}" if request.method == "GET" else ""
        raise Problem(303, "sign in first", headers={"Location": f"{SIGN_IN_PAGE}{query}"})
    return found


TheVisitor = Annotated[Caller, Depends(visitor)]
"""For pages of HTML: as `TheCaller` is for the API."""
