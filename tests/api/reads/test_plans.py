"""Every list answers from indexes, whatever is filtered and sorted, on whatever page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import psycopg
import pytest

from crawlers.api.reads.definitions import Listing, Way
from crawlers.api.reads.lists import query_model, window_of
from crawlers.config import Config
from crawlers.storage import chess_statistics, duel_statistics, versions
from crawlers.storage.listing import Window, parts, statement
from crawlers.storage.search import KINDS, query_for
from tests.api.reads.filling import ROWS, fill
from tests.api.reads.reading import MODULES

LISTINGS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": one
    for module in MODULES
    for name, one in vars(module).items()
    if isinstance(one, Listing)
}
LIMIT = 20


def ways(listing: Listing) -> Iterator[tuple[Way, str, frozenset[str]]]:
    """Yield each way with each of its sorts, both ways round, bare and with each of its tests."""
    for way in listing.ways:
        for sort, sign in product((one.lstrip("-") for one in way.sorts), ("", "-")):
            yield way, sign + sort, frozenset()
        for test in sorted(way.tests):
            yield way, way.sorts[0], frozenset({test})


def columns(listing: Listing, way: Way) -> dict[str, str]:
    """Return the first column of each filter."""
    own = {name: (one.columns or (f"t.{name}",))[0] for name, one in listing.filters.items()}
    return own | dict(way.columns or {})


def values(connection: psycopg.Connection[Any], listing: Listing, way: Way) -> dict[str, Any]:
    """Return values for all filters: those of a row in the middle."""
    named = columns(listing, way)
    wanted = sorted({*way.filters, *way.tests})
    if not wanted:
        return {}
    shown, source = ", ".join(named[name] for name in wanted), way.source or listing.source
    needed = [named[one] for one in wanted if not listing.filters[one].is_null_if_absent]
    known = " and ".join(f"{one} is not null" for one in needed)
    query = f"select {shown} from {source} where {known} offset 50 limit 1"  # noqa: S608 - ours
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    found = dict(zip(wanted, row, strict=True))
    return {n: v[0] if isinstance(v, list) else v for n, v in found.items() if v is not None}


def deep(connection: psycopg.Connection[Any], part: Window) -> Window:
    """Return the page in the middle of *part*."""
    query, given = statement(replace(part, limit=ROWS))
    rows = connection.execute(query, given).fetchall()
    return replace(part, after=rows[len(rows) // 2][len(part.columns) :]) if rows else part


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of *plan*."""
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


def explained(connection: psycopg.Connection[Any], part: Window) -> list[dict[str, Any]]:
    """Return the nodes of the plan by which *part* was read, with what they did."""
    query, given = statement(part)
    row = connection.execute(
        b"explain (analyze, format json) " + query.as_bytes(), given
    ).fetchone()
    assert row is not None
    return list(nodes(row[0][0]["Plan"]))


def looked_at(plan: list[dict[str, Any]]) -> float:
    """Return how many rows the scans of *plan* looked at."""
    scans = [node for node in plan if node["Node Type"].endswith("Scan")]
    removed = "Rows Removed by Filter"
    rows = [(one["Actual Rows"] + one.get(removed, 0)) * one["Actual Loops"] for one in scans]
    return float(sum(rows))


@pytest.mark.parametrize("name", LISTINGS)
def test_each_way_to_a_list_goes_by_an_index(name: str, database_config: Config) -> None:
    listing = LISTINGS[name]
    assert database_config.database_url is not None
    url = database_config.database_url.get_secret_value()
    sources = " ".join([listing.source, *(way.source or "" for way in listing.ways)])
    with psycopg.connect(url, autocommit=True) as connection:
        for table in sorted(set(re.findall(r"(?:^|join |\b)(\w+) as \w", sources))):
            fill(connection, table)
        for way, sort, tests in ways(listing):
            given = values(connection, listing, way)
            chosen = {n: v for n, v in given.items() if n in {*way.filters, *tests}}
            asked = query_model(listing, ())(limit=LIMIT, sort=sort, **chosen)
            for part in parts(window_of(listing, asked, {})):
                for page in (part, deep(connection, part)):
                    plan = explained(connection, page)
                    said = f"{way.filters} {tests} by {sort}: {statement(page)[0].as_string()}"
                    kinds = [node["Node Type"] for node in plan]
                    assert "Seq Scan" not in kinds, said
                    sorts = [node for node in plan if node["Node Type"] == "Sort"]
                    assert all(node["Actual Rows"] <= 4 * LIMIT for node in sorts), said
                    if not tests:
                        assert looked_at(plan) <= 12 * LIMIT, (looked_at(plan), said, plan)


@pytest.mark.parametrize("kind", [*KINDS, None])
def test_a_search_goes_by_an_index(kind: str | None, database_config: Config) -> None:
    assert database_config.database_url is not None
    url = database_config.database_url.get_secret_value()
    values = {"text": "name1", "words": "name1:*", "limit": LIMIT}
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("esports_teams", "esports_players", "esports_events"):
            fill(connection, table)
        query = b"explain (format json) " + query_for(kind).encode()
        row = connection.execute(query, values).fetchone()
    assert row is not None
    kinds = [node["Node Type"] for node in nodes(row[0][0]["Plan"])]
    assert "Seq Scan" not in kinds


READ = {
    chess_statistics.READ: {"player": "p1"},
    duel_statistics.READ_OF_PLAYER: {"player": "player1_name1"},
    duel_statistics.READ_OF_CARD: {"card": "card1"},
    duel_statistics.READ_OF_FORMAT: {"format": "format1"},
}


@pytest.mark.parametrize("query", READ)
def test_the_version_of_a_costly_answer_is_read_from_an_index(
    query: str, database_config: Config
) -> None:
    assert database_config.database_url is not None
    url = database_config.database_url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        tables = sorted(set(re.findall(r"from (\w+)", query)))
        for table in tables:
            fill(connection, table)
        explain = f"explain (format json) {versions.counting(query)}".encode()
        row = connection.execute(explain, READ[query]).fetchone()
    assert row is not None
    scans = [one for one in nodes(row[0][0]["Plan"]) if "Relation Name" in one]
    kinds = {one["Relation Name"]: one["Node Type"] for one in scans}
    kinds.pop("chess_rating_points", None)  # the index of its key has no times: few rows are read
    assert set(kinds.values()) == {"Index Only Scan"}
