"""What a column of a row becomes that several kinds of page give a part of: `Item.merges`."""

from typing import NamedTuple

from psycopg import sql

from crawlers.items.base import Item

NEWER = sql.SQL("excluded.fetched_at >= t.checked_at")
"""Whether the row that comes was observed after what is stored."""

MERGED = """case when {newer} then coalesce(excluded.{0}, t.{0})
     else coalesce(t.{0}, excluded.{0}) end"""

TOLD = "excluded.{0} is not null"
CHANGED = "excluded.{0} <> t.{0}"
HIDDEN = "excluded.{0}"
UNTOLD = "t.{0} is null"
OPEN = "t.{0} is not true"

FOLLOWING = """case when {newer} and {told} then excluded.{0}
     when {newer} then coalesce(excluded.{0}, t.{0})
     when {late} then coalesce(t.{0}, excluded.{0}) else t.{0} end"""


class Following(NamedTuple):
    """A column goes with its *leader* when it is *told*; a *late* row fills it: conditions."""

    leader: str
    told: str
    late: str


def following(item_class: type[Item]) -> dict[str, Following]:
    """Return the columns of *item_class* that follow another one."""
    kinds = (
        (item_class.together, TOLD, UNTOLD),
        (item_class.lasts, CHANGED, UNTOLD),
        (item_class.hidden_by, HIDDEN, OPEN),
    )
    return {
        name: Following(leader, told, late)
        for leaders, told, late in kinds
        for leader, names in leaders.items()
        for name in names
    }


def merged(name: str, followed: Following | None) -> sql.Composed:
    """Return what the column *name* of a stored row becomes, also where it *followed* another."""
    column = sql.Identifier(name)
    if followed is None:
        return sql.SQL(MERGED).format(column, newer=NEWER)
    leader = sql.Identifier(followed.leader)
    told, late = (sql.SQL(one).format(leader) for one in (followed.told, followed.late))
    return sql.SQL(FOLLOWING).format(column, newer=NEWER, told=told, late=late)
