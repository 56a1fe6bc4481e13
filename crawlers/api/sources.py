"""Which sources there are, and what each takes."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from crawlers.api.access import requires
from crawlers.api.state import TheSources
from crawlers.spider import SourceSpider

router = APIRouter(prefix="/v1/sources", tags=["jobs"])


class Source(BaseModel):
    """A source that jobs may be handed in for."""

    name: str
    title: str
    site: str
    volume: str
    units: list[str] = Field(
        description="the arguments whose values are units; the first by itself"
    )
    tables: list[str] = Field(description="where its rows are stored")
    arguments: dict[str, Any] = Field(description="the JSON schema of its arguments")

    @classmethod
    def of(cls, spider: type[SourceSpider]) -> "Source":
        """Show what *spider* says of itself. Files of the server are no arguments here."""
        schema = spider.Arguments.model_json_schema()
        properties = {
            name: one
            for name, one in schema["properties"].items()
            if name not in {"job", "files", "origin"} and not name.endswith("_file")
        }
        card = spider.card
        return cls(
            name=spider.name,
            title=card.title,
            site=card.site,
            volume=card.volume,
            units=list(spider.Arguments.units),
            tables=[item.table for item in spider.items],
            arguments=schema | {"properties": properties},
        )


class SourceList(BaseModel):
    """All sources."""

    sources: list[Source]


@router.get("", dependencies=[Depends(requires("jobs"))])
async def list_sources(sources: TheSources) -> SourceList:
    """List the sources with their arguments."""
    return SourceList(sources=[Source.of(sources.spider(name)) for name in sources.names])
