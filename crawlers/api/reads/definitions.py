"""How a list is defined: what may be filtered and sorted, and by which index each way goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from crawlers.api.reads.models import row_of
from crawlers.items.base import Item


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter: its type, and the columns of which one has the relation *operator* to it."""

    annotation: Any
    description: str
    columns: tuple[str, ...] = ()
    operator: str = "="
    is_null_if_absent: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: by *columns*, each with its type. A null of the first comes last."""

    columns: Mapping[str, Any]
    may_be_null: bool = False


KEY = Sort({})
"""By the key alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a list, by an index that begins with *filters* and goes on with a sort and a key.

    *sorts* are what it may be sorted by; the first, in its own direction, is the default. *tests*
    are filters that may come on top: they are looked at row by row, in what the index finds.
    *source*, *key*, *always* and the *columns* of some filters are of a way by another table.
    """

    filters: tuple[str, ...]
    sorts: tuple[str, ...]
    tests: frozenset[str] = frozenset()
    source: str | None = None
    key: Mapping[str, Any] | None = None
    always: str | None = None
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: the rows of a table, the filters and sorts that its ways combine.

    In SQL the table is called *t*.
    """

    name: str
    row: type[BaseModel]
    source: str
    key: Mapping[str, Any]
    ways: tuple[Way, ...]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, Sort] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is selected."""
        return tuple(f"t.{name}" for name in self.row.model_fields)

    @property
    def needed(self) -> frozenset[str]:
        """The filters that every way needs to be given."""
        return frozenset.intersection(*self._wanted)

    @property
    def least(self) -> list[frozenset[str]]:
        """The filters of which one set is to be given, the smallest ones; an empty one: none."""
        wanted = dict.fromkeys(self._wanted)
        return [one for one in wanted if not any(other < one for other in wanted)]

    @property
    def _wanted(self) -> list[frozenset[str]]:
        """The filters that each way is to be given."""
        optional = {name for name, one in self.filters.items() if one.is_null_if_absent}
        return [frozenset(way.filters) - optional for way in self.ways]

    def way(self, given: Collection[str], sort: str | None) -> Way | None:
        """Return the way that takes the *given* filters, and goes by an index on most of them."""
        able = [
            way
            for way in self.ways
            if set(way.filters) <= set(given) <= {*way.filters, *way.tests}
            and (sort is None or sort in {one.lstrip("-") for one in way.sorts})
        ]
        return max(able, key=lambda way: len(way.filters), default=None)


def each(first: str, looked_up: str) -> str:
    """Return the source of a way that goes by *first*, and looks up a row for each of its rows.

    The limit keeps PostgreSQL from joining in another way, which would begin at the beginning.
    """
    return f"{first} cross join lateral (select * from {looked_up} limit 1) as t"  # noqa: S608 - ours


def way(*filters: str, by: str, tests: str = "", **more: Any) -> Way:
    """Return a way by *filters*, with sorts and tests as words."""
    return Way(filters, tuple(by.split()), frozenset(tests.split()), **more)


def listing_of(
    item: type[Item],
    *ways: Way,
    filters: Mapping[str, Filter] | None = None,
    sorts: Mapping[str, Sort] | None = None,
    without: Collection[str] = (),
    name: str | None = None,
) -> Listing:
    """Return the list of the stored rows of *item*."""
    return Listing(
        name=name or item.table,
        row=row_of(item, without),
        source=f"{item.table} as t",
        key={f"t.{name}": item.model_fields[name].annotation for name in item.identity},
        ways=ways,
        filters=filters or {},
        sorts=sorts or {},
    )
