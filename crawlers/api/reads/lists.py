"""Routes of lists, made from their definitions."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from crawlers.api.access import requires
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.reads import cursors
from crawlers.api.reads.answers import ages, answer
from crawlers.api.reads.definitions import Listing, Sort, Way
from crawlers.api.reads.freshness import ABOUT, MAX_AGE_MAX, TheFreshness
from crawlers.api.reads.models import page_of
from crawlers.api.state import PublicDatabase
from crawlers.storage.database import Database
from crawlers.storage.listing import Condition, Order, Window
from crawlers.storage.listing import read as read_window

LIMIT = 100
LIMIT_MAX = 1000
CURSOR_MAX = 4000
NOTHING: Mapping[str, Any] = MappingProxyType({})


def reading(path: str, tag: str) -> APIRouter:
    """Return a router for what is below *path*, for keys that may read."""
    needs = [Depends(requires("read")), NO_OTHERS]
    return APIRouter(prefix=path, tags=[tag], dependencies=needs)


class Asked(BaseModel):
    """What every list takes."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(LIMIT, ge=1, le=LIMIT_MAX, description="rows on a page")
    cursor: str | None = Field(
        None, max_length=CURSOR_MAX, description="where to go on: part of `next`"
    )
    sort: str | None = None
    max_age: int | None = Field(None, ge=0, le=MAX_AGE_MAX, description=ABOUT)

    @property
    def given(self) -> dict[str, Any]:
        """The filters that are given."""
        return self.model_dump(exclude={"limit", "cursor", "sort", "max_age"}, exclude_none=True)


def add_list(router: APIRouter, path: str, listing: Listing, summary: str) -> None:
    """Add the route of *listing*. Filters that *path* names are taken from there."""
    in_path = re.findall(r"{(\w+)}", path)
    endpoint = _endpoint(listing)
    endpoint.__signature__ = _signature(listing, in_path)  # type: ignore[attr-defined]
    router.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        summary=summary,
        description=_told(listing),
        response_model=None,
        responses={200: {"model": page_of(listing.row), "description": summary}},
        operation_id=operation("list", router, path),
    )


def _endpoint(listing: Listing) -> Callable[..., Awaitable[Response]]:
    async def endpoint(
        request: Request, database: PublicDatabase, fresh: TheFreshness, query: Asked, **fixed: Any
    ) -> Response:
        rows, cursor = await read(database, listing, query, fixed)
        following = None if cursor is None else _address(request, cursor)
        shown, known = ages(rows), {**query.given, **fixed}
        refresh = await fresh.want(query.max_age, f"{listing.name}[]", known, shown["oldest_s"])
        page = {"next": following, **shown, "refresh": refresh, "rows": rows}
        return answer(page, shown["oldest_s"])

    return endpoint


async def read(
    database: Database, listing: Listing, query: Asked, fixed: Mapping[str, Any] = NOTHING
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the rows that *query* asks for, and the cursor of the page after them."""
    found = await read_window(database, window_of(listing, query, fixed))
    if found.after is None:
        return found.rows, None
    return found.rows, cursors.write(_digest(listing, query, fixed), found.after)


def operation(verb: str, router: APIRouter, path: str) -> str:
    """Return the name of an operation, for those who make clients."""
    words = re.findall("[a-z]+", (router.prefix + path).removeprefix("/v1/"))
    return "_".join([verb, *words])


def window_of(listing: Listing, query: Asked, fixed: Mapping[str, Any]) -> Window:
    """Return what to read. Raises Problem (422) for filters and a sort that do not go together."""
    given = _given(listing, query, fixed)
    name = query.sort.lstrip("-") if query.sort else None
    way = listing.way(given, name)
    if way is None:
        raise _no_way(listing, given, query.sort)
    chosen = query.sort or way.sorts[0]
    sort = listing.sorts[chosen.lstrip("-")]
    key = {n: one for n, one in (way.key or listing.key).items() if n not in sort.columns}
    after = None
    if query.cursor is not None:
        types, name = {**sort.columns, **key}, _digest(listing, query, fixed)
        after = cursors.read(query.cursor, name, types, may_be_null=sort.may_be_null)
    return Window(
        source=way.source or listing.source,
        columns=listing.columns,
        conditions=tuple(_conditions(listing, way, given)),
        order=order_of(sort, key, chosen),
        limit=query.limit,
        after=after,
        always=way.always,
    )


def _given(listing: Listing, query: Asked, fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters that are given, and those that are null when nobody gives them."""
    nulls = {name: None for name, one in listing.filters.items() if one.is_null_if_absent}
    return {**nulls, **query.given, **fixed}


def order_of(sort: Sort, key: Mapping[str, Any], chosen: str) -> Order:
    """Return the order that *chosen*, perhaps with a minus before it, names."""
    return Order(tuple(sort.columns), tuple(key), chosen.startswith("-"), sort.may_be_null)


def _conditions(listing: Listing, way: Way, given: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions: first those that the way's index begins with."""
    columns = _columns(listing, way)
    found = [*way.filters, *sorted(set(given) - set(way.filters))]
    # One on several columns is the first: each of these has an index of its own.
    found.sort(key=lambda name: len(columns[name]) == 1)
    return [Condition(columns[name], given[name], listing.filters[name].operator) for name in found]


def _columns(listing: Listing, way: Way) -> dict[str, tuple[str, ...]]:
    """Return the columns of each filter; on a way by another table they are that one's."""
    own = {name: one.columns or (f"t.{name}",) for name, one in listing.filters.items()}
    return own | {name: (column,) for name, column in (way.columns or {}).items()}


def query_model(listing: Listing, in_path: Collection[str]) -> type[Asked]:
    """Return the model of the query of *listing*."""
    sorts = dict.fromkeys(one.lstrip("-") for way in listing.ways for one in way.sorts)
    both = tuple(sign + one for one in sorts for sign in ("", "-"))
    fields: dict[str, Any] = {
        name: (one.annotation, Field(description=one.description))
        if name in listing.needed
        else (one.annotation | None, Field(None, description=one.description))
        for name, one in listing.filters.items()
        if name not in in_path
    }
    about = "the order; a minus turns it round, and rows without a value come last"
    fields["sort"] = (Literal[both] | None, Field(None, description=about))
    return create_model(f"{listing.name}_query", __base__=Asked, **fields)


def _signature(listing: Listing, in_path: list[str]) -> Signature:
    """Return the signature from which FastAPI learns what the route takes."""
    types: dict[str, Any] = {"request": Request, "database": PublicDatabase, "fresh": TheFreshness}
    types["query"] = Annotated[query_model(listing, in_path), Query()]
    for name in in_path:
        one = listing.filters[name]
        types[name] = Annotated[one.annotation, Path(description=one.description)]
    parameters = [Parameter(n, Parameter.KEYWORD_ONLY, annotation=t) for n, t in types.items()]
    return Signature(parameters, return_annotation=Response)


def _digest(listing: Listing, query: Asked, fixed: Mapping[str, Any]) -> str:
    return cursors.digest(listing.name, query.sort, sorted({**query.given, **fixed}.items()))


def _address(request: Request, cursor: str) -> str:
    others = [(n, v) for n, v in request.query_params.multi_items() if n != "cursor"]
    return f"{request.url.path}?{urlencode([*others, ('cursor', cursor)])}"


def _no_way(listing: Listing, given: Mapping[str, Any], sort: str | None) -> Problem:
    asked = ", ".join([*given, *([f"sort={sort}"] if sort else [])])
    ways = "; ".join(map(_way_told, listing.ways))
    message = f"{asked} do not go together; what does: {ways}" if asked else f"give {ways}"
    return Problem(422, "the request is not as documented", [FieldError("query", message)])


def _told(listing: Listing) -> str:
    ways = "".join(f"\n- {_way_told(way)}" for way in listing.ways)
    return f"Filters and sorts that go together (the first sort is the default):\n{ways}"


def _way_told(way: Way) -> str:
    tests = f", perhaps {', '.join(sorted(way.tests))}" if way.tests else ""
    return f"{', '.join(way.filters) or 'no filter'}{tests}: sort by {', '.join(way.sorts)}"
