"""Every route, and who may call it, as its dependencies say: for docs/routes.md and for tests."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from crawlers.api.access import Requires, caller, visitor
from crawlers.settings import API_MOUNTS, API_ROUTERS
from crawlers.storage.api_keys import SCOPES

WHO = {
    "anybody": "anybody",
    "link": "whoever has the link",
    "person": "whoever has signed in or shows a key",
    "page": "whoever has signed in; others are sent to the page for that",
    "read": "readers, members, administrators",
    "jobs": "members, administrators",
    "admin": "administrators",
}


class Way(NamedTuple):
    """One way to call the server: its *who* is a key of `WHO`."""

    method: str
    path: str
    who: str
    does: str


def ways() -> list[Way]:
    """Return every way to call the server, by path."""
    routers = [import_module(name).router for name in API_ROUTERS]
    document = Way("GET", "/openapi.json", "anybody", "The document of the API.")
    return sorted([document, *_ways(routers)], key=lambda way: (way.path, way.method))


def pages() -> list[Way]:
    """Return every way to call the dashboard, by path."""
    routers = [one for name in API_MOUNTS for one in import_module(name).routers()]
    return sorted(_ways(routers), key=lambda way: (way.path, way.method))


def _ways(routers: Iterable[Any]) -> Iterator[Way]:
    for route in _routes(routers):
        text = route.description.partition("\n")[0]
        if text.endswith(":"):  # the beginning of a list
            text = f"{route.summary}."
        for one in sorted(route.methods or ()):
            yield Way(one, route.path, _who(route), text)


def _routes(routers: Iterable[Any]) -> Iterator[APIRoute]:
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route
            elif (inner := getattr(route, "original_router", None)) is not None:
                yield from _routes([inner])


def _who(route: APIRoute) -> str:
    calls = list(_calls(route.dependant))
    needed = {one.scope for one in calls if isinstance(one, Requires)}
    for scope in reversed(SCOPES):  # of several the strictest
        if scope in needed:
            return scope
    for dependency, who in ((caller, "person"), (visitor, "page")):
        if dependency in calls:
            return who
    return "link" if "{token}" in route.path else "anybody"


def _calls(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)


def routes_page(note: str) -> Iterator[str]:
    """Yield the lines of docs/routes.md."""
    yield from ("# Routes, and who may call them", "", note, "")
    yield (
        "What somebody may do is the least of what their role and their key allow "
        "([accounts](accounts.md)). Of jobs and their links, keys, rules, channels and collections "
        "everybody is given their own, and administrators all: whoever asks for somebody else's "
        "gets the answer of one that is not there. What is stored, what is in quarantine and the "
        "plan belong to nobody. Everything but health, this list's `anybody` and links answers 401 "
        "to strangers."
    )
    yield from _table(ways())
    yield from ("", "## Pages", "")
    yield "Strangers are sent to `/sign-in`. What is whose is as above."
    yield from _table(pages())


def _table(found: Iterable[Way]) -> Iterator[str]:
    yield from ("", "| method | path | who | what it does |", "|---|---|---|---|")
    for way in found:
        yield f"| {way.method} | `{way.path}` | {WHO[way.who]} | {way.does} |"
