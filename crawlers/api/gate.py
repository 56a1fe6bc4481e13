"""Where every request comes in: whose it is, how often they ask, how much they send."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawlers.api.access import Caller
from crawlers.api.entering import Entry, address_of, enter
from crawlers.api.identity import Token
from crawlers.api.keys import FRESH_S
from crawlers.api.problems import Problem, problem_of, response_of
from crawlers.api.state import State, state_of
from crawlers.errors import StorageError
from crawlers.storage.credentials import Shown, goes_on

UNGUARDED = ("/health/", "/openapi.json", "/static/", "/metrics")
"""Whoever asks for these is nobody."""

STRANGERS_BODY_MAX = 64 * 1024
"""Bytes that strangers may send: names and passwords. To read 16 MiB of JSON takes seconds."""


class Gate:
    """Tells who asks before anything of the body is read. Asks nobody where no key is needed."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before *app*."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it in."""
        if scope["type"] != "http" or scope["path"].startswith(UNGUARDED):
            await self.app(scope, receive, send)
            return
        entry = Entry()
        try:
            headers = await self._enter(scope, entry)
            receive, sending = limited(scope, receive), while_good(scope, send)
        except Exception as error:  # noqa: BLE001 - all are answered
            sending = with_cookies(send, entry.cookies)
            await response_of(problem_of(error))(scope, receive, sending)
            return
        await self.app(scope, receive, with_headers(with_cookies(sending, entry.cookies), headers))

    async def _enter(self, scope: Scope, entry: Entry) -> Mapping[str, str]:
        """Note who asks; return what is said of their rate."""
        await enter(scope, entry)
        scope.setdefault("state", {}).update(caller=entry.caller, shown=entry.shown)
        who = entry.caller.owner if entry.caller else f"address:{address_of(scope)}"
        rate = await state_of(scope).rates.hit(who)
        if not rate.is_allowed:
            raise Problem(429, "too many requests", headers=rate.headers)
        return rate.headers


def limited(scope: Scope, receive: Receive) -> Receive:
    """Return *receive* that refuses a body which is too large, announced or not, or too slow."""
    most = state_of(scope).config.api_body_max
    if scope["state"]["caller"] is None:
        most = min(most, STRANGERS_BODY_MAX)
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
    """Return *send* that cuts a long answer off once its key or session has ended.

    A token that expires meanwhile ends nothing: a file may take longer than the minute of Clerk's.
    """
    state, who, shown = state_of(scope), scope["state"]["caller"], scope["state"]["shown"]
    if shown is None:
        return send
    ask_at = time.monotonic()

    async def sending(message: Message) -> None:
        nonlocal ask_at
        if message.get("more_body", False) and time.monotonic() >= ask_at:
            if who.key_id is None:  # of keys, the ring remembers what it has asked
                ask_at = time.monotonic() + FRESH_S
            if not await _goes_on(state, who, shown):
                raise Problem(401, "what it was asked with opens nothing any more")
        await send(message)

    return sending


async def _goes_on(state: State, who: Caller, shown: Shown | Token) -> bool:
    try:
        if who.user_id is not None and who.key_id is None:
            return await goes_on(state.whole, who.user_id, who.session_id)
        return await state.keys.opened_by(shown) is not None
    except StorageError:  # nobody can tell
        return True


def with_cookies(send: Send, cookies: Sequence[str]) -> Send:
    """Return *send* that lets the browser keep *cookies*, unless the answer has its own."""
    if not cookies:
        return send

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            found = MutableHeaders(scope=message)
            if "set-cookie" not in found:
                for cookie in cookies:
                    found.append("set-cookie", cookie)
        await send(message)

    return sending


def with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    """Return *send* that adds *headers* to the answer, unless it has them."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            found = MutableHeaders(scope=message)
            for name, value in headers.items():
                found.setdefault(name, value)
        await send(message)

    return sending
