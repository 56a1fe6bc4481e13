"""Search over what is stored, and what the site's own search found."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from crawlers.api.reads.answers import ages, answer
from crawlers.api.reads.definitions import KEY, listing_of, way
from crawlers.api.reads.filters import text
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.models import Answer, Page, Text
from crawlers.api.state import PublicDatabase
from crawlers.items.esports import EsportsSearchResult
from crawlers.storage.search import search

router = reading("/v1/esports", "esports")

Kind = Literal["team", "player", "event", "series"]
RESULTS = listing_of(
    EsportsSearchResult,
    way("query", by="kind"),
    way("query", "kind", by="kind"),
    filters={
        "query": text("what the site was asked for"),
        "kind": text("team, player, event, series"),
    },
    sorts={"kind": KEY},
)


class Hit(Answer):
    """Something whose name has the words."""

    kind: Kind
    id: str
    name: str
    description: str | None = Field(description="tag, real name or subtitle")
    image_url: str | None
    checked_at: datetime


class Hits(Page):
    """What was found, the best first."""

    rows: list[Hit]


@router.get("/search", response_model=Hits)
async def read_search(
    database: PublicDatabase,
    q: Annotated[Text, Query(description="words, or how they begin")],
    kind: Annotated[Kind | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Search the names of the teams, players, events and series that are stored."""
    found = await search(database, q, kind, limit)
    shown = ages(found)
    return answer({"next": None, **shown, "rows": found}, shown["oldest_s"])


add_list(router, "/search-results", RESULTS, "What the site's own search found, when it was asked")
