"""Fields of rows: the names that one thing has, and its value, read strictly."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

IDS: Final = ("pk", "pk_id", "id", "user_id", "userId", "strong_id__")
IDS_SET: Final = frozenset(IDS)
NAMES: Final = ("full_name", "fullName", "name")
PRIVATE: Final = ("is_private", "isPrivate", "private")
VERIFIED: Final = ("is_verified", "isVerified", "verified")
SEEDS: Final = ("username_scrape", "sourceUsername", "source_username", "following_of")
NESTED: Final = ("details", "following_user")
ABOUT: Final = ("type", "instagramUrl", "error", "errorDescription")
PERSON: Final = frozenset(("username", *IDS, *NAMES, *PRIVATE, *VERIFIED))
NAMED: Final = frozenset((*PERSON, *SEEDS, *ABOUT))

BOOLEANS: Final = {"true": True, "false": False}


@lru_cache(256)
def is_person(keys: tuple[str, ...]) -> bool:
    """Tell whether these are the keys of somebody's profile."""
    return "username" in keys and not IDS_SET.isdisjoint(keys)


@lru_cache(256)
def aliases(keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return which of *keys* name each thing: rows of one actor have the same keys."""
    lists = (IDS, NAMES, PRIVATE, VERIFIED, SEEDS)
    return tuple(tuple(alias for alias in every if alias in keys) for every in lists)


def one_of(row: dict[str, Any], keys: Sequence[str], read: Any) -> Any:
    """Return what *keys*, names of one thing, say: they must agree."""
    if len(keys) == 1:
        return read(row, keys[0])
    found = [value for value in (read(row, key) for key in keys) if value is not None]
    if any(one != found[0] for one in found[1:]):
        raise ValueError(f"{keys[0]} has several values")
    return found[0] if found else None


def text(row: dict[str, Any], key: str) -> str | None:
    """Return a text; blank is none. ValueError for anything else."""
    value = row.get(key)
    if isinstance(value, str):
        return value.strip() or None
    if value is not None:
        raise ValueError(f"{key} is no text")
    return None


def identifier(row: dict[str, Any], key: str) -> str | None:
    """Return an id as text: some actors give numbers. ValueError for anything else."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**20 else None
    return text(row, key)


def boolean(row: dict[str, Any], key: str) -> bool | None:
    """Return true or false, which may be a text. ValueError for anything else."""
    value = row.get(key)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in BOOLEANS:
        return BOOLEANS[value.lower()]
    raise ValueError(f"{key} is neither true nor false")


def named(row: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return what *names* name; no objects and lists, which have no place under such a name."""
    return {
        key: None if isinstance(value, dict | list) else value
        for key, value in row.items()
        if key in names
    }
