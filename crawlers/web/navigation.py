"""The places of the dashboard, for whoever may go there."""

from collections.abc import Iterator
from dataclasses import dataclass

from crawlers.api.access import Caller, Scope


@dataclass(frozen=True, slots=True)
class Place:
    """A place: its *path*, and whether the page that is shown belongs to it."""

    name: str
    path: str
    is_here: bool


PLACES: tuple[tuple[str, str, Scope], ...] = (
    ("Overview", "/", "read"),
    ("Jobs", "/jobs", "jobs"),
    ("Data", "/data", "read"),
    ("Stored", "/stored", "read"),
    ("Schedules", "/schedules", "jobs"),
    ("Alerts", "/alerts", "jobs"),
    ("Frontier", "/frontier", "admin"),
    ("Quarantine", "/quarantine", "jobs"),
    ("Keys", "/keys", "read"),
)
BELOW = {"/submit": "/jobs", "/chess": "/data", "/duels": "/data", "/esports": "/data",
         "/products": "/data"}  # fmt: skip
"""Pages that belong to a place of another name."""


def places(caller: Caller | None, path: str) -> list[Place]:
    """Return the places for *caller*, of whom the page at *path* is shown."""
    return list(_places(caller, path)) if caller is not None else []


def _places(caller: Caller, path: str) -> Iterator[Place]:
    first = f"/{path.split('/')[1]}"
    here = BELOW.get(first, first)
    for name, at, scope in PLACES:
        if scope in caller.scopes:
            yield Place(name, at, here == at)
