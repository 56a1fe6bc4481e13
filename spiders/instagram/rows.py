"""Rows of followers, in the shapes that actors give them; only what is named here is looked at."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_json

from crawlers.items.profiles import Gender, Profile
from spiders.instagram.fields import (
    NAMED,
    NESTED,
    PERSON,
    SEEDS,
    aliases,
    boolean,
    identifier,
    is_person,
    named,
    one_of,
    text,
)

KEYS_MAX, KEY_MAX, REASON_MAX = 30, 40, 200

PROFILE_URL: Final = re.compile(r"https?://(?:www\.)?instagram\.com/([A-Za-z0-9._]{1,30})/?")
FOLLOWINGS: Final = frozenset({"following", "followings"})
FOLLOWERS: Final = frozenset({"follower", "followers"})

Guess = Callable[[str | None], tuple[Gender | None, float | None, str | None]]
"""Returns gender, confidence and method, by a full name."""


def no_guess(_: str | None) -> tuple[None, None, None]:
    """Say nothing."""
    return None, None, None


@dataclass(frozen=True, slots=True)
class Follower:
    """A profile, and the account that it follows; None where the row does not name it."""

    account: str | None
    profile: Profile


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that says why there is nothing, perhaps of which account."""

    account: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """A row of no known shape, or of a shape of something else: keys are named, values never."""

    problem: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that makes no sense: why, without any of its values, and what was left of it."""

    account: str | None
    reason: str
    body: bytes


def redacted(row: Any) -> Any:
    """Return *row* with the named keys only; of one without a known shape only the keys."""
    if not isinstance(row, dict):
        return None
    if not (_is_problem(row) or _person(row) is not None):
        return dict.fromkeys(list(row)[:KEYS_MAX])
    kept = named(row, NAMED)
    for key in NESTED:
        if isinstance(inner := row.get(key), dict):
            kept[key] = named(inner, PERSON)
    return kept


def read_row(row: Any, guess: Guess) -> Follower | Problem | Stranger | Broken:
    """Read a row, as `redacted` left it; *guess* says of which gender a name is."""
    try:
        return _read(row, guess)
    except ValueError as error:
        return Broken(seed_of(row), str(error), to_json(row))


def _read(row: Any, guess: Guess) -> Follower | Problem | Stranger:
    if not isinstance(row, dict):
        raise ValueError("no object")  # noqa: TRY004 - what other people sent, not a wrong type
    if _is_problem(row):
        return Problem(seed_of(row, "username"), _reason(row))
    person = _person(row)
    if person is None:
        keys = ", ".join(key[:KEY_MAX] for key in list(row)[:KEYS_MAX])
        return Stranger(f"no known shape of a follower, its keys are {keys or 'none'}")
    kind = text(row, "type")
    if "following_of" in row or "following_user" in row or (kind or "").lower() in FOLLOWINGS:
        return Stranger("whom an account follows, not its followers")
    if kind is not None and kind.lower() not in FOLLOWERS:
        raise ValueError("type names no follower")
    return Follower(_account(row), _profile(person, guess))


def _profile(person: dict[str, Any], guess: Guess) -> Profile:
    ids, names, private, verified, _ = aliases(tuple(person))
    identity, username = one_of(person, ids, identifier), text(person, "username")
    if identity is None or username is None:
        raise ValueError("no id" if identity is None else "no username")
    full_name = one_of(person, names, text)
    gender, confidence, method = guess(full_name)
    try:
        return Profile(
            platform="instagram",
            id=identity,
            username=username,
            full_name=full_name,
            is_private=one_of(person, private, boolean),
            is_verified=one_of(person, verified, boolean),
            gender=gender,
            gender_confidence=confidence,
            gender_method=method,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{first['loc'][0]}: {first['msg']}") from None


def _person(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return the object that describes the follower: one inside of the row, or the row."""
    for key in NESTED:
        if isinstance(inner := row.get(key), dict) and is_person(tuple(inner)):
            return inner
    return row if is_person(tuple(row)) else None


def _account(row: dict[str, Any]) -> str | None:
    account = one_of(row, aliases(tuple(row))[-1], text)
    if account is None and (url := text(row, "instagramUrl")):
        match = PROFILE_URL.fullmatch(url)
        if match is None:
            raise ValueError("instagramUrl is no address of an account")
        account = match[1]
    return account.lower() if account else None


def seed_of(row: Any, *more: str) -> str | None:
    """Return the account that *row* is about, as far as one can tell; also by the keys *more*."""
    names = (row.get(key) for key in (*SEEDS, *more)) if isinstance(row, dict) else ()
    return next((name.lower() for name in names if isinstance(name, str) and name), None)


def _is_problem(row: dict[str, Any]) -> bool:
    return bool(row.get("error"))


def _reason(row: dict[str, Any]) -> str:
    said = (row.get(key) for key in ("error", "errorDescription"))
    words = [one for one in said if isinstance(one, str) and one]
    return ": ".join(words)[:REASON_MAX] or "an error that is not described"
