"""Who comes in: by an API key, a token or the cookies of a session."""

from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from crawlers.api.access import SIGN_IN_PAGE, Caller, unknown
from crawlers.api.cookies import (
    ACCESS,
    REFRESH,
    cookies_of,
    forgetting,
    keeping,
    refuse_other_sites,
    shown_in,
)
from crawlers.api.identity import Token
from crawlers.api.problems import Problem
from crawlers.api.rates import Rate
from crawlers.api.state import State, state_of
from crawlers.storage.audit import Act
from crawlers.storage.credentials import Opened, Shown
from crawlers.storage.sessions import rotate

VERSIONED = "/v1/"
READING = {"GET", "HEAD", "OPTIONS"}
FOR_STRANGERS = {"/v1/session", "/v1/session/refresh", SIGN_IN_PAGE}
"""What may be posted to without a credential: to get one."""
OTHERS = "__session"
"""How the names of cookies begin in which Clerk's scripts keep its token."""


@dataclass(slots=True)
class Entry:
    """Who comes in, by what, and what their browser is to keep from now on."""

    caller: Caller | None = None
    shown: Shown | Token | None = None
    cookies: list[str] = field(default_factory=list)

    def take(self, shown: Shown | Token, found: Opened) -> None:
        """Let in whom *shown* stands for."""
        self.shown, self.caller = shown, Caller.of(found)


async def enter(scope: Scope, entry: Entry) -> None:
    """Find who asks. Raises Problem for a wrong credential, and for what nobody may send."""
    state, header = state_of(scope), Headers(scope=scope).get("authorization")
    if header is not None:
        shown = _shown(state, header)
        found = await _opened(state, scope, shown)
        if shown is None or found is None:
            raise unknown("what is shown opens nothing: it is unknown, expired or revoked")
        entry.take(shown, found)
    elif not _is_to_sign_in(scope):
        await _by_cookie(state, scope, entry)
    if entry.caller is None and scope["method"] not in READING:
        _refuse_strangers(scope)


async def _by_cookie(state: State, scope: Scope, entry: Entry) -> None:
    """Find who asks by the cookies; where the access token is over, by the refresh token.

    Cookies that are good for nothing are as if there were none, and the browser forgets them.
    """
    cookies = cookies_of(scope)
    access, refresh = shown_in(cookies, ACCESS), shown_in(cookies, REFRESH)
    other = _other(cookies) if state.identity is not None else None
    if not cookies.keys() & {ACCESS, REFRESH} and other is None:
        return
    if scope["method"] not in READING:
        refuse_other_sites(scope)
    if access is None or not state.keys.knows(access):  # not to keep the database busy
        _refuse_guesses(await state.rates.look(_stranger(scope), state.rates.strangers))
    found = await state.keys.opened_by(access) if access is not None else None
    if found is None and refresh is not None:
        access, found = await _going_on(state, scope, refresh, entry)
    shown = access or other
    if shown is None or found is None:
        found = await _opened(state, scope, shown)
    if shown is not None and found is not None:
        entry.take(shown, found)
    else:
        entry.cookies = forgetting()


async def _going_on(
    state: State, scope: Scope, refresh: Shown, entry: Entry
) -> tuple[Shown | None, Opened | None]:
    """Use the refresh token for new tokens, which the browser is to keep."""
    issued = await rotate(state.whole, refresh, state.lifetimes, address_of(scope))
    if issued is None:
        return None, None
    entry.cookies = keeping(issued, state.lifetimes.longest)
    return issued.access, await state.keys.opened_by(issued.access)


async def _opened(state: State, scope: Scope, shown: Shown | Token | None) -> Opened | None:
    """Return what *shown* opens. Who shows what opens nothing is counted; 429 for who guesses."""
    stranger = _stranger(scope)
    if shown is None or not state.keys.knows(shown):  # not to keep the database busy
        _refuse_guesses(await state.rates.look(stranger, state.rates.strangers))
    found = await state.keys.opened_by(shown) if shown is not None else None
    if found is None:
        _refuse_guesses(await state.rates.hit(stranger, state.rates.strangers))
    return found


def _shown(state: State, header: str) -> Shown | Token | None:
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer":
        return None
    found = Shown.read(text.strip())
    return found or (Token.read(text.strip()) if state.identity is not None else None)


def _other(cookies: dict[str, str]) -> Token | None:
    found = (Token.read(value) for name, value in cookies.items() if name.startswith(OTHERS))
    return next(filter(None, found), None)


def _is_to_sign_in(scope: Scope) -> bool:
    return scope["path"] in FOR_STRANGERS and scope["method"] == "POST"


def _refuse_strangers(scope: Scope) -> None:
    """Refuse what is sent by nobody, unless it is to become somebody. Raises Problem."""
    if _is_to_sign_in(scope):
        return
    if scope["path"].startswith(VERSIONED):
        raise unknown()
    raise Problem(303, "sign in first", headers={"Location": SIGN_IN_PAGE})


def _refuse_guesses(rate: Rate) -> None:
    if not rate.is_allowed:
        headers = {"Retry-After": str(rate.reset_s)}
        raise Problem(429, "too many keys that open nothing", headers=headers)


def _stranger(scope: Scope) -> str:
    return f"stranger:{address_of(scope)}"


def acting(request: Request, who: Caller) -> Act:
    """Return who does something, and from where, for the audit log."""
    return Act(who.owner, address_of(request.scope))


def address_of(scope: Scope) -> str:
    """Return the address that the request of *scope* comes from; of IPv6 its network."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return "local"  # a Unix socket
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((host, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", address))  # of a socket for both kinds
