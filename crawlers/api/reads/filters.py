"""Filters that many lists have."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints

from crawlers.api.reads.definitions import Filter, Sort
from crawlers.api.reads.models import Int64, Text

LowerText = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\u0000]+$", to_lower=True)
]


def text(description: str, *columns: str) -> Filter:
    """Return a filter for rows with this text."""
    return Filter(Text, description, columns)


def lower(description: str, *columns: str) -> Filter:
    """Return a filter for rows with this text in lower case, given in any."""
    return Filter(LowerText, description, columns)


def flag(description: str, *columns: str) -> Filter:
    """Return a filter by true or false."""
    return Filter(bool, description, columns)


def beginning(description: str, column: str) -> Filter:
    """Return a filter for rows whose *column*, in lower case, begins with this text."""
    return Filter(LowerText, description, (column,), "prefix")


def span(column: str, kind: Any = datetime) -> dict[str, Filter]:
    """Return the filters ``since`` and ``until`` for *column*, an instant or a day."""
    what = "instant; without a zone it is UTC" if kind is datetime else "day"
    return {
        "since": Filter(kind, f"rows of this {what}, or later", (column,), ">="),
        "until": Filter(kind, f"rows before this {what}", (column,), "<"),
    }


def between(name: str, column: str) -> dict[str, Filter]:
    """Return the filters ``min_name`` and ``max_name`` for the number in *column*."""
    return {
        f"min_{name}": Filter(Int64, f"rows with at least this {name}", (column,), ">="),
        f"max_{name}": Filter(Int64, f"rows with at most this {name}", (column,), "<="),
    }


def named(column: str) -> tuple[str, Sort]:
    """Return the SQL of a name in lower case, in the order of its index, and its sort."""
    folded = f'lower({column}) collate "C"'
    return folded, Sort({folded: str})


def at(column: str, kind: Any = datetime, *, may_be_null: bool = False) -> Sort:
    """Return the sort by one column."""
    return Sort({column: kind}, may_be_null)
