"""What answers look like: the fields of an item, and where and when its row was seen."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from crawlers.items.base import Item

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\u0000]+$")]
"""A text from outside. PostgreSQL takes every character but one."""

AGE = Field(description="seconds since the row was last seen at its source, to within 60")
PROVENANCE: dict[str, Any] = {
    "source": (str, Field(description="the spider that stored the row")),
    "source_url": (str, Field(description="the address that gave the present values")),
    "fetched_at": (datetime, Field(description="when that was")),
    "first_seen_at": (datetime, ...),
    "changed_at": (datetime, Field(description="when a value last changed")),
    "checked_at": (datetime, Field(description="when it was last seen, to within 60 s")),
}
"""What every row says of itself: the columns that `crawlers.storage.tables` adds."""


class Answer(BaseModel):
    """The base of what the API answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Refreshed(Answer):
    """The crawl that fetches again what was too old. Administrators see it among their jobs."""

    job: str
    is_new: bool = Field(description="false: somebody else has asked for it")


REFRESH = Field(None, description="with max_age: the crawl that makes it younger; null: none does")


class Aged(Answer):
    """One stored thing, and how old it is."""

    age_s: int = AGE
    refresh: Refreshed | None = REFRESH


class Page(Answer):
    """A page of a list."""

    next: str | None = Field(description="the address of the next page; null on the last")
    oldest_s: int | None = Field(description="of the rows here, the age of the oldest, in seconds")
    newest_s: int | None = Field(description="of the rows here, the age of the newest, in seconds")
    refresh: Refreshed | None = REFRESH


def row_of(item: type[Item], without: Collection[str] = ()) -> type[BaseModel]:
    """Return the model of a stored row of *item*, without some of its columns."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in item.model_fields.items()
        if name in item.columns and name not in without
    }
    name = f"{item.__name__}{'Line' if without else 'Row'}"
    return create_model(name, __base__=Answer, __doc__=item.__doc__, **fields, **PROVENANCE)


def page_of(row: type[BaseModel]) -> type[BaseModel]:
    """Return the model of a page of *row*."""
    rows: Any = (list[row], Field(description="in the order that was asked for"))  # type: ignore[valid-type]
    return create_model(f"{row.__name__}s", __base__=Page, rows=rows)


def thing_of(
    item: type[Item], owned: Mapping[str, type[Item]], without: Collection[str] = ()
) -> type[BaseModel]:
    """Return the model of one stored *item* with the rows that belong to it, by field."""
    children: dict[str, Any] = {
        name: (list[_bare(child)], Field(description=_first_line(child)))  # type: ignore[misc]
        for name, child in owned.items()
    }
    name = item.__name__
    return create_model(
        name, __base__=(row_of(item, without), Aged), __doc__=item.__doc__, **children
    )


def _bare(item: type[Item]) -> type[BaseModel]:
    """Return the model of a row that is shown with its owner: its own provenance says no more."""
    fields: dict[str, Any] = {n: (item.model_fields[n].annotation, item.model_fields[n])
                              for n in item.columns}  # fmt: skip
    return create_model(f"{item.__name__}Part", __base__=Answer, __doc__=item.__doc__, **fields)


def _first_line(item: type[Item]) -> str:
    return (item.__doc__ or "").partition("\n")[0]
