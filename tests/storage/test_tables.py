"""Items and their tables: types, statements, and the migrated schema in both directions."""

import importlib
import pkgutil
from datetime import date, datetime
from typing import Any, Literal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crawlers.items
from crawlers.config import Config
from crawlers.items.base import Item
from crawlers.storage.columns import Column, column
from crawlers.storage.tables import PROVENANCE, table_of
from crawlers.storage.text import sanitise
from docs.views import VIEWS
from tests.storage.things import Look, Note, Part

KERNEL = {
    "alembic_version", "raw_pages", "quarantine", "marks", "crawls", "serial_turns", "jobs",
    "job_units", "price_snapshots", "api_keys", "job_counts", "job_results", "job_workers",
    "audit_addresses", "audit_log", "schedules", "share_links", "users", "sessions",
    "refresh_tokens",
    "chess_analyses", "chess_analysis_requests", "chess_positions",
    "collections", "collection_products", "alert_channels",
    "alert_deliveries", "alert_outbox", "alert_rules", "alert_states",
    "metric_totals",
    "alert_looks", "alert_version",
}  # fmt: skip
"""Tables that belong to no item."""

COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""

KEY = """
select array_agg(attname::text order by place) from pg_index,
  unnest(indkey::int[]) with ordinality as k (number, place), pg_attribute
where indrelid = %s::regclass and indisprimary and attrelid = indrelid and attnum = number
"""


def item_classes() -> list[type[Item]]:
    """Return every item class of the project."""
    for module in pkgutil.iter_modules(crawlers.items.__path__):
        importlib.import_module(f"crawlers.items.{module.name}")
    return sorted(
        (one for one in Item.__subclasses__() if one.__module__.startswith("crawlers.items.")),
        key=lambda one: one.table,
    )


@pytest.mark.parametrize("item_class", item_classes(), ids=lambda one: one.table)
def test_the_migrated_table_is_the_one_that_the_item_derives(
    item_class: type[Item], database_config: Config
) -> None:
    table = table_of(item_class)
    assert database_config.database_url is not None
    with psycopg.connect(database_config.database_url.get_secret_value()) as connection:
        found = {Column(*row) for row in connection.execute(COLUMNS, [table.name])}
        key = connection.execute(KEY, [table.name]).fetchone()
    assert found == {*table.columns, *PROVENANCE}
    assert key == (list(table.identity),)


def test_the_database_has_no_table_that_nobody_knows(look: Look) -> None:
    query = "select tablename from pg_tables where schemaname = 'public'"
    found = {row["tablename"] for row in look.rows(query)}
    ours = {one.table for one in item_classes()}
    assert found - KERNEL - {"things", "parts"} == ours


def test_the_documented_views_are_those_of_the_database(look: Look) -> None:
    found = {}
    for row in look.rows("select viewname from pg_views where schemaname = 'public'"):
        query = f"""
            select attname from pg_attribute
            where attrelid = '{row["viewname"]}'::regclass and attnum > 0 order by attnum
        """  # noqa: S608 - a name that the database gave
        found[row["viewname"]] = [column["attname"] for column in look.rows(query)]
    assert found == {name: list(view.columns) for name, view in VIEWS.items()}


@pytest.mark.parametrize(
    ("annotation", "expected", "nullable"),
    [
        (str, "text", False),
        (int | None, "bigint", True),
        (float, "double precision", False),
        (bool, "boolean", False),
        (datetime, "timestamp with time zone", False),
        (date | None, "date", True),
        (Literal["a", "b"], "text", False),
        (Literal["a"] | None, "text", True),
        (tuple[str, ...], "text[]", False),
        (tuple[int | None, ...] | None, "bigint[]", True),
        (tuple[date, ...], "date[]", False),
        (tuple[Note, ...], "jsonb", False),
        (dict[str, int] | None, "jsonb", True),
        (Note | None, "jsonb", True),
    ],
)
def test_a_field_becomes_a_column(annotation: Any, expected: str, nullable: bool) -> None:  # noqa: FBT001 - a table of cases
    assert column("field", annotation) == Column("field", expected, nullable)


@pytest.mark.parametrize("annotation", [bytes, int | str, set])
def test_a_field_without_a_column_type_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="no column type"):
        column("field", annotation)


def test_an_identity_of_json_is_refused() -> None:
    class Wrong(Item):
        table = "wrong"
        identity = ("note",)
        note: Note

    with pytest.raises(TypeError, match="plain values"):
        table_of(Wrong)


def test_the_create_statement_names_key_and_nullability() -> None:
    statement = table_of(Part).create()
    assert "thing text not null,\n    number bigint not null,\n    name text,\n" in statement
    assert "primary key (thing, number)" in statement


TEXT = st.text(st.characters(codec=None), max_size=20)


@given(TEXT)
def test_sanitised_text_is_what_postgresql_can_hold(text: str) -> None:
    clean = sanitise(text)
    assert "\0" not in clean
    assert clean.encode().decode() == clean
    assert sanitise(clean) == clean


def test_surrogates_that_form_a_pair_become_their_character() -> None:
    assert sanitise({"a\0": ["\ud83d\ude00", "\ud83d", 1]}) == {"a": ("\U0001f600", "\ufffd", 1)}
