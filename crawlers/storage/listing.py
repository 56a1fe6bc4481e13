"""Pages of a table in an order, each found from the end of the one before: by key, never by offset.

The pieces of SQL in here are written by programmers. What users say comes in as values only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import AsyncConnection, sql

from crawlers.storage.database import Database

Values = tuple[Any, ...]

LAST = "\U0010ffff"
"""The last character of all."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One of *columns* has the relation *operator* to *value*. Equal to None is null.

    The operator ``prefix`` is for columns in the order of code points (``collate "C"``), ``@>``
    for arrays that hold the value.
    """

    columns: tuple[str, ...]
    value: Any
    operator: str = "="


@dataclass(frozen=True, slots=True)
class Order:
    """The order of rows: by *columns*, of which the first *may_be_null*, then by the *key*.

    Rows without a value come last, whatever the direction.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_descending: bool = False
    may_be_null: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A part of *source* (what stands after FROM): at most *limit* rows *after* a place in *order*.

    *conditions* may begin with one on several columns: then an index of each is asked.
    *always* is a condition without values.
    """

    source: str
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...]
    order: Order
    limit: int
    after: Values | None = None
    always: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a window, and the place after which the next one begins; None: there is none."""

    rows: list[dict[str, Any]]
    after: Values | None


async def read(database: Database, window: Window) -> Found:
    """Read a window, and one row more to know whether there is another."""
    more = replace(window, limit=window.limit + 1)

    async def work(connection: AsyncConnection[Any]) -> list[Values]:
        found: list[Values] = []
        for part in parts(more):
            left = replace(part, limit=more.limit - len(found))
            if left.limit > 0:
                query, values = statement(left)
                found += await (await connection.execute(query, values)).fetchall()
        return found

    found = await database.run(work)
    shown = found[: window.limit]
    width = len(window.columns)
    names = [name.rpartition(".")[2] for name in window.columns]
    rows = [dict(zip(names, values, strict=False)) for values in shown]
    return Found(rows, shown[-1][width:] if len(found) > len(shown) else None)


def parts(window: Window) -> Iterator[Window]:
    """Yield what is asked one after the other: rows with a value, then those without one.

    A comparison of rows knows no null. Each part has an index to itself, the same one.
    """
    order, after = window.order, window.after
    if not order.may_be_null:
        yield window
        return
    first = order.columns[0]
    if after is None or after[0] is not None:
        yield replace(window, always=_both(window.always, f"{first} is not null"))
        after = None
    yield replace(window, after=after, always=_both(window.always, f"{first} is null"))


def _both(one: str | None, other: str) -> str:
    return f"{one} and {other}" if one else other


def statement(window: Window) -> tuple[sql.Composed, list[Any]]:
    """Return one SELECT for *window*, and its values: its columns, then those of its order."""
    branches = list(_branches(window))
    selects = [_select(window, branch) for branch in branches]
    if len(selects) == 1:
        return selects[0]
    count = len(window.order.columns) + len(window.order.key)
    order = _listed((f"_{number}" for number in range(count)), window.order)
    query = sql.SQL("select * from ({}) as found order by {} limit {}").format(
        sql.SQL(" union all ").join(sql.SQL("({})").format(one) for one, _ in selects),
        order,
        sql.Literal(window.limit),
    )
    return query, [value for _, values in selects for value in values]


def _branches(window: Window) -> Iterator[list[tuple[str, list[Any]]]]:
    """Yield the conditions of each branch: one for each column of the first condition."""
    rest = [_test(one.columns[0], one) for one in window.conditions[1:]]
    if not window.conditions:
        yield rest
        return
    first = window.conditions[0]
    for place, column in enumerate(first.columns):
        before: list[tuple[str, list[Any]]] = [
            (f"{other} is distinct from %s", [first.value]) for other in first.columns[:place]
        ]
        yield [_test(column, first), *before, *rest]


def _test(column: str, condition: Condition) -> tuple[str, list[Any]]:
    if condition.value is None:
        return f"{column} is null", []
    if condition.operator == "prefix":
        # In two bounds, so that a plan for any value goes by the index.
        bounds = [condition.value, condition.value + LAST]
        return f"({column} >= %s and {column} < %s)", bounds
    mark = "array[%s]" if condition.operator == "@>" else "%s"
    return f"{column} {condition.operator} {mark}", [condition.value]


def _select(
    window: Window, tests: Sequence[tuple[str, list[Any]]]
) -> tuple[sql.Composed, list[Any]]:
    order = window.order
    tests = [*tests, *_following(window)]
    if window.always:
        tests.append((window.always, []))
    places = [*order.columns, *order.key]
    shown = [*window.columns, *(f"{one} as _{n}" for n, one in enumerate(places))]
    # An index that begins with a column that is null is in no other order to the planner.
    nulls = [one.columns[0] for one in window.conditions if one.value is None]
    query = sql.SQL("select {} from {}{} order by {} limit {}").format(
        sql.SQL(", ").join(map(sql.SQL, shown)),
        sql.SQL(window.source),
        sql.SQL(" where " + " and ".join(test for test, _ in tests) if tests else ""),
        _listed((*nulls, *places), order),
        sql.Literal(window.limit),
    )
    return query, [value for _, values in tests for value in values]


def _following(window: Window) -> Iterator[tuple[str, list[Any]]]:
    """Yield the condition that a row comes after the place where the window begins."""
    order, after = window.order, window.after
    if after is None:
        return
    pairs = list(zip((*order.columns, *order.key), after, strict=True))
    if order.may_be_null and after[0] is None:
        pairs = pairs[1:]
    names = ", ".join(name for name, _ in pairs)
    marks = ", ".join("%s" for _ in pairs)
    sign = "<" if order.is_descending else ">"
    yield f"({names}) {sign} ({marks})", [value for _, value in pairs]


def _listed(names: Iterator[str] | Sequence[str], order: Order) -> sql.Composed:
    direction = " desc" if order.is_descending else ""
    return sql.SQL(", ").join(sql.SQL(name + direction) for name in names)
