"""Signing in with a name and a password: how often somebody may try, and what they get."""

import asyncio
from hashlib import sha256

from limits import parse
from starlette.types import Scope

from crawlers import passwords
from crawlers.api.access import unknown
from crawlers.api.entering import address_of
from crawlers.api.problems import Problem
from crawlers.api.state import State, state_of
from crawlers.errors import AccountError
from crawlers.storage.audit import Act, forget_addresses, note_alone
from crawlers.storage.sessions import Issued, begin
from crawlers.storage.users import User, find, read_name, rehash

AT_ONCE = asyncio.Semaphore(2)
"""Each takes 64 MiB, and a core for a tenth of a second."""


async def sign_in(scope: Scope, name: str, password: str) -> Issued:
    """Begin a session. Raises Problem: 401 for who is not known, 429 for who tries too often."""
    state = state_of(scope)
    try:
        name = read_name(name)
    except AccountError:
        name = ""
    user = await find(state.whole, name)
    user = await check_password(scope, user, password, name)
    await forget_addresses(state.whole, state.settings.getfloat("AUDIT_ADDRESS_DAYS"))
    issued = await begin(state.whole, user, state.lifetimes, address_of(scope))
    if issued is None:
        raise refused()
    return issued


async def check_password(
    scope: Scope, user: User | None, password: str, name: str | None = None
) -> User:
    """Return *user*, whose *password* that is. Raises Problem for any other, counted by *name*."""
    state = state_of(scope)
    name = user.name if user is not None else name or ""
    await _count(state, scope, name)
    if not await _is_right(user, password) or user is None or user.disabled_at is not None:
        act = Act(None, address_of(scope))
        await note_alone(state.whole, "sign-in failed", act, user.id if user else None)
        raise refused()
    await state.rates.forget(_names(name), parse(state.settings["SIGN_IN_PER_NAME"]))
    await _renew(state, user, password)
    return user


def refused() -> Problem:
    """Return what is said to whoever may not come in: not who is there."""
    return unknown("name or password is wrong")


async def _is_right(user: User | None, password: str) -> bool:
    stored = user.password if user else None
    async with AT_ONCE:
        return await asyncio.to_thread(passwords.verified, stored, password)


async def _count(state: State, scope: Scope, name: str) -> None:
    """Count before the password is looked at: those who try at the same time are counted, too."""
    for who, limit in (
        (f"sign-in:address:{address_of(scope)}", state.settings["SIGN_IN_PER_ADDRESS"]),
        (_names(name), state.settings["SIGN_IN_PER_NAME"]),
    ):
        rate = await state.rates.hit(who, parse(limit))
        if not rate.is_allowed:
            headers = {"Retry-After": str(rate.reset_s)}
            raise Problem(429, "too many tries to sign in", headers=headers)


def _names(name: str) -> str:
    # Somebody may have typed a password into the wrong field: Redis is not to hold it.
    return f"sign-in:name:{sha256(name.encode()).hexdigest()[:32]}"


async def _renew(state: State, user: User, password: str) -> None:
    """Hash again what was hashed with other parameters than are used now."""
    if user.password is not None and passwords.is_outdated(user.password):
        async with AT_ONCE:
            hashed = await asyncio.to_thread(passwords.hashed, password)
        await rehash(state.whole, user.id, user.password, hashed)
