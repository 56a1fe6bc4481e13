"""Collections over HTTP: products that somebody has put together."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Response

from crawlers.api.alert_models import (
    CollectionOut,
    CollectionPage,
    CollectionRequest,
    MemberOut,
    MemberPage,
    ProductList,
)
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.state import TheDatabase
from crawlers.errors import AlertError
from crawlers.items.products import Id, Platform
from crawlers.storage import collections
from crawlers.storage.collections import Collection, ProductId
from crawlers.storage.whose import Asked

router = APIRouter(prefix="/v1/collections", tags=["alerts"], dependencies=[NO_OTHERS])

Number = Annotated[str, Path(alias="collection", pattern=r"^[0-9a-f]{12}$")]


async def his_collection(collection: Number, caller: Worker, database: TheDatabase) -> Collection:
    """Return the collection, if the caller may see it: somebody else's is not there."""
    try:
        return await collections.find(database, Asked(collection, owner_of(caller)))
    except AlertError:
        raise Problem(404, "no such collection") from None


His = Annotated[Collection, Depends(his_collection)]


@router.get("")
async def list_collections(caller: Worker, database: TheDatabase) -> CollectionPage:
    """List your collections."""
    found = await collections.list_all(database, owner_of(caller))
    return CollectionPage(collections=[CollectionOut.of(one) for one in found])


@router.post("", status_code=201, responses=errors(409))
async def create_collection(
    body: CollectionRequest, caller: Worker, response: Response, database: TheDatabase
) -> CollectionOut:
    """Make a collection. Its products need not be stored yet."""
    made = await collections.create(database, caller.owner, body.name, body.ids())
    response.headers["Location"] = f"/v1/collections/{made.id}"
    return CollectionOut.of(made)


@router.get("/{collection}")
async def read_collection(found: His) -> CollectionOut:
    """Show a collection."""
    return CollectionOut.of(found)


@router.delete("/{collection}", status_code=204, responses=errors(409))
async def remove_collection(found: His, database: TheDatabase) -> None:
    """Remove a collection, never its products. One that a rule watches stays."""
    await collections.remove(database, found.id)


@router.get("/{collection}/products")
async def list_products(
    found: His,
    database: TheDatabase,
    after: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}:[0-9]{1,20}$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MemberPage:
    """List the products of a collection."""
    platform, _, product = (after or ":").partition(":")
    page = await collections.members(database, found.id, ProductId(platform, product), limit)
    following = None
    if len(page) == limit:
        query = {"after": f"{page[-1].platform}:{page[-1].id}", "limit": limit}
        following = f"/v1/collections/{found.id}/products?{urlencode(query)}"
    return MemberPage(products=[MemberOut.of(one) for one in page], next=following)


@router.post("/{collection}/products")
async def add_products(found: His, body: ProductList, database: TheDatabase) -> CollectionOut:
    """Put products into a collection; those that are in it stay."""
    await collections.add(database, found.id, body.ids())
    return CollectionOut.of(await collections.find(database, Asked(found.id)))


@router.delete("/{collection}/products/{platform}/{product}", status_code=204)
async def take_product(
    found: His, platform: Platform, product: Annotated[Id, Path()], database: TheDatabase
) -> None:
    """Take a product out of a collection."""
    if not await collections.take_out(database, found.id, [ProductId(platform, product)]):
        raise Problem(404, "it is not in this collection")
