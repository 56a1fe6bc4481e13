"""Where a person is mentioned: whole words in every kind of value that the database holds.

Names of people have dots in them: ``anna`` is not mentioned in ``anna.b``. Upper and lower case are
the same.
"""

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from psycopg import AsyncConnection, sql

AT_ONCE: Final = 10
"""Rows that are read at once; a body may have many megabytes."""

COLUMNS: Final = """
select c.relname, a.attname, format_type(a.atttypid, null)
from pg_class as c join pg_attribute as a on a.attrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'm')
  and a.attnum > 0 and not a.attisdropped
  and format_type(a.atttypid, null) in (
    'text', 'text[]', 'character varying', 'character varying[]', 'json', 'jsonb', 'bytea')
  and a.attname <> all(%(words)s) and c.relname || '.' || a.attname <> all(%(words)s)
order by c.relname, a.attnum
"""

VOCABULARY: Final = (
    *("source", "platform", "actor", "page", "status", "outcome", "gender", "gender_method"),
    *("table_name", "job_counts.name", "engine", "limit_kind", "users.role", "audit_log.event"),
    *("alert_rules.kind", "alert_outbox.kind", "alert_deliveries.state"),
    *("metric_totals.name", "metric_totals.label"),
)
"""Columns that hold words of ours and of platforms: people may be called like one of these."""

EVERYWHERE: Final = sql.SQL("true")
ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\[nrtbf]")
KEY_PARTS: Final = re.compile("[/:]")
GONE: Final = object()
"""What is left of a value that is about the person."""


class Column(NamedTuple):
    """A column that is searched, and its type."""

    table: str
    name: str
    type: str


class Mention(NamedTuple):
    """A row that mentions a person: its place in the table, and the values that do."""

    ctid: str
    values: Sequence[tuple[Column, Any]]


@dataclass(frozen=True)
class Person:
    """Somebody, as the table ``profiles`` has them. *source* is where the row came from.

    Of somebody without a row one of *id* and *username* is empty.
    """

    platform: str
    id: str
    username: str
    source: str

    @property
    def names(self) -> Sequence[str]:
        """What the person is called."""
        return [*filter(None, (self.id, self.username))]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The id or the username, as a whole word."""
        words = "|".join(map(re.escape, self.names))
        return re.compile(rf"(?<!\w)(?<!\w\.)(?:{words})(?!\w|\.\w)", re.IGNORECASE)

    def is_in(self, value: Any) -> bool:
        """Tell whether *value* mentions the person, at any depth."""
        if isinstance(value, dict):
            return any(map(self.is_in, (*value, *value.values())))
        if isinstance(value, list | tuple):
            return any(map(self.is_in, value))
        if isinstance(value, bytes | memoryview):
            value = bytes(value).decode(errors="replace")
        return any(map(self.pattern.search, _readings(str(value))))

    def without(self, value: Any) -> Any:
        """Return JSON *value* without what is about the person, or `GONE`.

        A list loses elements, an object loses fields named after the person. An object of which
        one field is the person is about the person as a whole.
        """
        if isinstance(value, list):
            return [left for left in map(self.without, value) if left is not GONE]
        if not isinstance(value, dict):
            return GONE if self.is_in(value) else value
        fields = {name: self.without(one) for name, one in value.items() if not self.is_in(name)}
        return GONE if GONE in fields.values() else fields

    def unlisted(self, value: Any) -> Any:
        """Return *value*, of an argument of a command, without the parts that are the person."""
        if not isinstance(value, str):
            return value
        parts = [part for part in value.split(",") if not self.is_in(part)]
        return ",".join(parts)

    def blotted(self, text: str) -> str:
        """Return *text* with a blot in place of each mention."""
        found = self.pattern.sub("[forgotten]", text)
        return "[forgotten]" if self.is_in(found) else found


def _readings(text: str) -> Iterable[str]:
    """Return *text* as it stands, and out of an address or JSON, where letters hide word ends."""
    yield text
    yield unquote(text)
    yield ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)


async def searched_columns(connection: AsyncConnection[Any]) -> list[Column]:
    """Return all columns that hold text of some kind, of all tables, but for a vocabulary."""
    rows = await (await connection.execute(COLUMNS, {"words": [*VOCABULARY]})).fetchall()
    return [Column(*row) for row in rows]


async def mentions(
    connection: AsyncConnection[Any],
    columns: Sequence[Column],
    person: Person,
    where: sql.Composable = EVERYWHERE,
) -> AsyncIterator[Mention]:
    """Yield the rows that mention *person* in one of *columns*, which are of one table.

    *where* narrows them down; of ``%(sources)s`` it may make use.
    """
    query = sql.SQL("select ctid::text, {} from {} where ({}) and {}").format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        sql.Identifier(columns[0].table),
        sql.SQL(" or ").join(map(_may_mention, columns)),
        where,
    )
    names = person.names
    values = {"text": list(map(_like, names)), "bytes": list(map(_like_bytes, names))}
    async with connection.cursor("mentions") as cursor:
        cursor.itersize = AT_ONCE
        await cursor.execute(query, values | {"sources": [person.platform, person.source]})
        async for ctid, *cells in cursor:
            found = [
                (column, cell)
                for column, cell in zip(columns, cells, strict=True)
                if cell is not None and person.is_in(_about(column, cell, person))
            ]
            if found:
                yield Mention(ctid, found)


def _about(column: Column, cell: Any, person: Person) -> Any:
    """Return what of *cell* may name somebody: of a mark's key the end, before it are our words.

    Keys of results begin with the platform, where it is a part of them.
    """
    if column.name != "key":
        return cell
    if column.table == "marks":
        return KEY_PARTS.split(cell)[-1]
    return cell[1:] if cell[:1] == [person.platform] else cell


def _may_mention(column: Column) -> sql.Composable:
    """Return a condition that holds for every mention, and for more."""
    text = "encode({}, 'escape')" if column.type == "bytea" else "{}::text"
    kind = "bytes" if column.type == "bytea" else "text"
    return sql.SQL("lower(" + text + ") like any({})").format(
        sql.Identifier(column.name), sql.Placeholder(kind)
    )


def _like(word: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", word.lower()) + "%"


def _like_bytes(word: str) -> str:
    r"""Return the pattern for text in PostgreSQL's escape format, where é is \303\251."""
    letters = (chr(byte) if byte < 0x80 else f"\\{byte:o}" for byte in word.lower().encode())  # noqa: PLR2004 - ASCII
    return _like("".join(letters))
