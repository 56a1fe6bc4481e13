"""Routes of single things, made from their items."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from crawlers.api.problems import Problem
from crawlers.api.reads.answers import age_s, answer
from crawlers.api.reads.freshness import MaxAge, TheFreshness
from crawlers.api.reads.lists import operation
from crawlers.api.reads.models import Refreshed, Text, thing_of
from crawlers.api.state import PublicDatabase
from crawlers.items.base import Item
from crawlers.storage.things import thing


@dataclass(frozen=True, slots=True)
class Thing:
    """A row of *item*, shown with the rows that it *owns*, by field."""

    item: type[Item]
    owns: Mapping[str, type[Item]] = field(default_factory=dict)
    in_lower_case: Collection[str] = ()
    """Parts of the identity that are stored so."""


def add_thing(router: APIRouter, path: str, one: Thing, summary: str) -> None:
    """Add the route of *one* thing. The path names its identity, in the identity's order."""
    item, names = one.item, re.findall(r"{(\w+)}", path)

    async def endpoint(
        database: PublicDatabase, fresh: TheFreshness, max_age: int | None, **key: str
    ) -> Response:
        values = [key[n].lower() if n in one.in_lower_case else key[n] for n in names]
        found = await thing(database, item, values, one.owns)
        age = None if found is None else age_s(found)
        known = found or dict(zip(item.identity, values, strict=True))
        refresh = await fresh.want(max_age, item.table, known, age)
        if found is None:
            raise missing(item, refresh)
        return answer({**found, "age_s": age, "refresh": refresh}, age)

    parameters: dict[str, Any] = {"database": PublicDatabase, "fresh": TheFreshness} | {
        name: Annotated[Text, Path(description=_about(item, place))]
        for place, name in enumerate(names)
    }
    endpoint.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            *(Parameter(n, Parameter.KEYWORD_ONLY, annotation=t) for n, t in parameters.items()),
            Parameter("max_age", Parameter.KEYWORD_ONLY, annotation=MaxAge, default=None),
        ]
    )
    router.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        summary=summary,
        description=item.__doc__,
        response_model=None,
        responses={200: {"model": thing_of(item, one.owns), "description": summary}},
        operation_id=operation("read", router, path),
    )


def missing(item: type[Item], refresh: Refreshed | None = None) -> Problem:
    """Return what is said of a thing that is not stored, but perhaps will be."""
    if refresh is None:
        return Problem(404, f"no such row in {item.table}")
    return Problem(404, f"no such row in {item.table} yet: job {refresh.job} asks for it")


def _about(item: type[Item], place: int) -> str:
    name = item.identity[place]
    return item.model_fields[name].description or f"{name} of {item.table}"
