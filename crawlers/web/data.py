"""What is stored, list by list: filters, sorts, pages, rows with all that belongs to them."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ValidationError

from crawlers.api.access import requires
from crawlers.api.problems import Problem
from crawlers.api.reads.lists import Asked, read
from crawlers.api.reads.models import Text
from crawlers.api.state import PublicDatabase, TheSources
from crawlers.items.base import Item
from crawlers.storage.things import thing
from crawlers.web.listings import BY_NAME, LISTED, Listed
from crawlers.web.missing import NotStored
from crawlers.web.rendering import page, query

router = APIRouter(dependencies=[Depends(requires("read"))])

ON_A_PAGE = "50"


def listed(name: Annotated[str, Path(max_length=64)]) -> Listed:
    """Return the list *name*. Raises Problem (404)."""
    found = BY_NAME.get(name)
    if found is None:
        raise Problem(404, "no list of that name")
    return found


TheList = Annotated[Listed, Depends(listed)]


@router.get("/data")
async def show_lists(request: Request) -> Response:
    """Show which lists there are."""
    domains: dict[str, list[Listed]] = {}
    for one in LISTED:
        domains.setdefault(one.domain, []).append(one)
    return page(request, "lists.html", domains=domains)


@router.get("/data/{name}")
async def show_list(request: Request, database: PublicDatabase, one: TheList) -> Response:
    """Show a page of a list; without the filters that it needs, only the form."""
    given = {name: text for name, text in request.query_params.items() if text.strip()}
    problems: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    cursor = None
    is_asked = any(filters <= given.keys() for filters in one.listing.least)
    if is_asked:
        try:
            rows, cursor = await _read(database, one, given)
        except (ValidationError, Problem) as error:
            problems = _said(error)
    given.pop("cursor", None)
    at = f"/data/{one.name}"
    return page(
        request,
        "list.html",
        status=422 if problems else 200,
        one=one,
        given=given,
        problems=problems,
        sorts=_choices(one, "sort"),
        options={name: _choices(one, name) for name in one.filters},
        rows=rows,
        is_asked=is_asked,
        next=query(at, given, cursor=cursor) if cursor else None,
    )


@router.get("/data/{name}/row")
async def show_row(
    request: Request,
    database: PublicDatabase,
    sources: TheSources,
    one: TheList,
    key: Annotated[list[Text], Query(max_length=4)],
) -> Response:
    """Show one row, with the rows that belong to it."""
    what = one.thing
    if what is None or len(key) != len(what.item.identity):
        raise Problem(404, "no such row")
    found = await thing(database, what.item, key, what.owns)
    if found is None:
        raise NotStored(sources, what.item, key)
    columns = [name for name in found if name not in what.owns]
    return page(
        request, "row.html", one=one, row=found, columns=columns, title=title_of(what.item, found)
    )


async def _read(
    database: PublicDatabase, one: Listed, given: dict[str, str]
) -> tuple[list[dict[str, Any]], str | None]:
    asked: Asked = one.query.model_validate({"limit": ON_A_PAGE} | given)
    return await read(database, one.listing, asked)


def _said(error: ValidationError | Problem) -> dict[str, str]:
    """Return what *error* says, by the filter that it is about; ``""``: by all of them."""
    if isinstance(error, Problem):
        return {one.field.removeprefix("query").lstrip("."): one.message for one in error.errors}
    return {".".join(map(str, one["loc"])): one["msg"] for one in error.errors(include_url=False)}


def _choices(one: Listed, name: str) -> tuple[str, ...]:
    """Return the values that a parameter may have, where they are few."""
    kind = one.query.model_fields[name].annotation
    if kind is bool or bool in get_args(kind):
        return ("true", "false")
    found = [part for arg in (kind, *get_args(kind)) for part in get_args(arg)]
    return tuple(text for text in found if isinstance(text, str))


def title_of(item: type[Item], row: dict[str, Any]) -> str:
    """Return what a row is called: its name, or its identity."""
    named = next((row[n] for n in ("name", "title", "alias", "username") if row.get(n)), None)
    return str(named or " ".join(str(row[name]) for name in item.identity))
