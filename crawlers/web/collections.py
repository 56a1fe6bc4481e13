"""Collections: products that somebody has put together, to watch and to compare them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from crawlers.api import collections as api
from crawlers.api.access import Caller, requires
from crawlers.api.alert_models import CollectionRequest, ProductList
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.problems import Problem
from crawlers.api.state import TheDatabase, WholeDatabase
from crawlers.errors import AlertError
from crawlers.product_names import read_one
from crawlers.storage import collections
from crawlers.storage.collections import Collection, ProductId
from crawlers.storage.database import Database
from crawlers.web.alert_form import said
from crawlers.web.alerts import people
from crawlers.web.products import COMPARED
from crawlers.web.rendering import page, query

router = APIRouter(dependencies=[Depends(requires("jobs"))])

ON_A_PAGE = 100
AT = "/alerts/collections"
Place = Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}:[0-9]{1,20}$")]
Lines = Annotated[str, Form(max_length=200_000)]


@router.get(AT)
async def show_collections(
    request: Request, caller: Worker, database: TheDatabase, whole: WholeDatabase
) -> Response:
    """List the collections, with a form for one more."""
    return await _list(request, caller, database, whole, {}, {})


@router.post(AT)
async def create(
    request: Request,
    caller: Worker,
    database: TheDatabase,
    whole: WholeDatabase,
    name: Annotated[str, Form(max_length=200)] = "",
    products: Lines = "",
) -> Response:
    """Make a collection, or show the form again with what is wrong."""
    given = {"name": name.strip(), "products": products}
    try:
        named = {"name": given["name"], "products": refs(products)}
        wanted = CollectionRequest.model_validate(named)
        made = await collections.create(database, caller.owner, wanted.name, wanted.ids())
    except (ValidationError, AlertError) as error:
        return await _list(request, caller, database, whole, given, said(error))
    return RedirectResponse(f"{AT}/{made.id}", 303)


@router.get(f"{AT}/{{collection}}")
async def show_collection(
    request: Request, found: api.His, database: TheDatabase, after: Place = None
) -> Response:
    """Show the products of a collection with their prices."""
    return await _one(request, found, database, after=after)


@router.post(f"{AT}/{{collection}}/add")
async def put_in(
    request: Request, found: api.His, database: TheDatabase, products: Lines = ""
) -> Response:
    """Put products in, or say which of them is none."""
    try:
        wanted = ProductList.model_validate({"products": refs(products)})
    except (ValidationError, AlertError) as error:
        given = {"products": products}
        return await _one(request, found, database, given=given, problems=said(error))
    await collections.add(database, found.id, wanted.ids())
    return RedirectResponse(f"{AT}/{found.id}", 303)


@router.post(f"{AT}/{{collection}}/take")
async def take_out(
    found: api.His, database: TheDatabase, product: Annotated[str, Form(max_length=100)]
) -> Response:
    """Take a product out."""
    try:
        one = ProductId(*read_one(product))
    except ValueError as error:
        raise Problem(422, str(error)) from None
    await collections.take_out(database, found.id, [one])
    return RedirectResponse(f"{AT}/{found.id}", 303)


@router.post(f"{AT}/{{collection}}/remove")
async def remove(request: Request, found: api.His, database: TheDatabase) -> Response:
    """Remove a collection, never its products. One that a rule watches stays."""
    try:
        await api.remove_collection(found, database)
    except AlertError as error:
        return await _one(request, found, database, problems=said(error))
    return RedirectResponse(AT, 303)


def refs(text: str) -> list[dict[str, str]]:
    """Return the products that *text* names, by lines and commas. Raises AlertError for others."""
    words = [word.strip() for line in text.splitlines() for word in line.split(",")]
    try:
        found = [read_one(word) for word in words if word]
    except ValueError as error:
        raise AlertError(str(error), "products") from None
    return [{"platform": platform, "id": one} for platform, one in dict.fromkeys(found)]


async def _list(
    request: Request,
    caller: Caller,
    database: Database,
    whole: Database,
    given: dict[str, str],
    problems: dict[str, str],
) -> Response:
    return page(
        request,
        "collections.html",
        status=422 if problems else 200,
        found=await collections.list_all(database, owner_of(caller)),
        given=given,
        problems=problems,
        people=await people(whole, caller),
    )


async def _one(
    request: Request,
    found: Collection,
    database: Database,
    *,
    after: str | None = None,
    given: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    platform, _, product = (after or ":").partition(":")
    place = ProductId(platform, product)
    listed = await collections.members(database, found.id, place, ON_A_PAGE + 1)
    members, is_more = listed[:ON_A_PAGE], len(listed) > ON_A_PAGE
    names = [f"{one.platform}:{one.id}" for one in members]
    at = f"{AT}/{found.id}"
    return page(
        request,
        "collection.html",
        status=422 if problems else 200,
        one=found,
        members=members,
        given=given or {},
        problems=problems or {},
        compare=f"/products/compare?{urlencode([('of', name) for name in names[:COMPARED]])}",
        first=at if after else None,
        next=query(at, {"after": names[-1]}) if is_more else None,
    )
