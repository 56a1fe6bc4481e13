"""Where every request comes in: whose it is, how often they ask, how much they send."""

import asyncio
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawlers.api.access import Caller, unknown
from crawlers.api.problems import Problem, problem_of, response_of
from crawlers.api.rates import Rate
from crawlers.api.state import State, state_of
from crawlers.errors import StorageError
from crawlers.storage.api_keys import Shown

VERSIONED = "/v1/"
READING = {"GET", "HEAD", "OPTIONS"}


class Gate:
    """Tells who asks before anything of the body is read. Asks nobody where no key is needed."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before *app*."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it in."""
        if scope["type"] != "http" or not scope["path"].startswith(VERSIONED):
            await self.app(scope, receive, send)
            return
        try:
            headers = await self._enter(scope)
            receive, send = limited(scope, receive), while_good(scope, send)
        except Exception as error:  # noqa: BLE001 - all are answered
            await response_of(problem_of(error))(scope, receive, send)
            return
        await self.app(scope, receive, with_headers(send, headers))

    async def _enter(self, scope: Scope) -> Mapping[str, str]:
        """Note who asks; return what is said of their rate."""
        state, header = state_of(scope), Headers(scope=scope).get("authorization")
        shown = _shown(header) if header is not None else None
        caller = await _caller(state, scope, shown) if header is not None else None
        if caller is None and scope["method"] not in READING:
            raise unknown()
        scope.setdefault("state", {}).update(caller=caller, shown=shown)
        who = f"key:{caller.key_id}" if caller else f"address:{address_of(scope)}"
        rate = await state.rates.hit(who)
        if not rate.is_allowed:
            raise Problem(429, "too many requests", headers=rate.headers)
        return rate.headers


async def _caller(state: State, scope: Scope, key: Shown | None) -> Caller:
    stranger = f"stranger:{address_of(scope)}"
    if key is None or not state.keys.knows(key):  # who guesses is not to keep the database busy
        _refuse_guesses(await state.rates.look(stranger, state.rates.strangers))
    found = await state.keys.opened_by(key) if key is not None else None
    if found is None:
        _refuse_guesses(await state.rates.hit(stranger, state.rates.strangers))
        raise unknown("this API key opens nothing: it is unknown, expired or revoked")
    return Caller(found.id, frozenset(found.scopes), "admin" in found.scopes)


def _shown(header: str) -> Shown | None:
    kind, _, text = header.partition(" ")
    return Shown.read(text.strip()) if kind.lower() == "bearer" else None


def _refuse_guesses(rate: Rate) -> None:
    if not rate.is_allowed:
        headers = {"Retry-After": str(rate.reset_s)}
        raise Problem(429, "too many keys that open nothing", headers=headers)


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


def limited(scope: Scope, receive: Receive) -> Receive:
    """Return *receive* that refuses a body which is too large, announced or not, or too slow."""
    most = state_of(scope).config.api_body_max
    too_large = HTTPException(413, f"the body is too large: at most {most:,} bytes")
    too_slow = HTTPException(408, "the body did not come in time")
    announced = Headers(scope=scope).get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise too_large
    received, is_whole = 0, False
    ends = asyncio.get_running_loop().time() + state_of(scope).settings.getfloat("API_BODY_S")

    async def counted() -> Message:
        nonlocal received, is_whole
        try:
            async with asyncio.timeout_at(None if is_whole else ends):
                message = await receive()
        except TimeoutError:
            raise too_slow from None
        is_whole = not message.get("more_body", False)
        received += len(message.get("body", b""))
        if received > most:
            raise too_large
        return message

    return counted


def while_good(scope: Scope, send: Send) -> Send:
    """Return *send* that cuts a long answer off once the key is good for nothing."""
    shown = scope["state"]["shown"]
    if shown is None:
        return send

    async def sending(message: Message) -> None:
        if message.get("more_body", False) and not await _is_good(state_of(scope), shown):
            raise Problem(401, "its API key opens nothing any more")
        await send(message)

    return sending


async def _is_good(state: State, shown: Shown) -> bool:
    try:
        return await state.keys.opened_by(shown) is not None
    except StorageError:  # nobody can tell
        return True


def with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    """Return *send* that adds *headers* to the answer, unless it has them."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            found = MutableHeaders(scope=message)
            for name, value in headers.items():
                found.setdefault(name, value)
        await send(message)

    return sending
