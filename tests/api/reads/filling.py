"""Tables filled with many rows, by the database itself."""

import importlib
import pkgutil
from typing import Any

import psycopg
from psycopg import sql

import crawlers.items
from crawlers.items.base import Item
from crawlers.storage.tables import PROVENANCE, table_of

ROWS = 20_000

VALUES = {
    "text": "{name} || i % 4",
    "bigint": "i % 1000",
    "double precision": "(i % 1000) / 10.0",
    "boolean": "i % 2 = 0",
    "timestamp with time zone": "timestamptz '2026-01-01' + i * interval '1 minute'",
    "date": "date '2000-01-01' + i % 5000",
    "jsonb": "'[]'",
}
"""Of each type, the value of row number *i*."""

ID = "i::text"
OF = "(i % 4)::text"
SPECIAL = {
    "chess_players": {"id": ID, "games": "nullif(i % 1000, 0)"},
    "chess_rating_points": {"player": "'p' || i % 2", "day": "date '2000-01-01' + i / 2"},
    "chess_games": {"id": "to_char(i, 'FM00000000')", "white_id": "'p' || i % 4"}
    | {"black_id": "'p' || (i / 4) % 4"},
    "duel_replays": {"id": ID}
    | {"player3_name": "case when i % 5 = 0 then 'player1_name' || i / 20 % 4 end"}
    | {"player4_name": "case when i % 5 = 0 then 'player1_name' || i / 20 % 3 end"}
    | {"player3_id": "case when i % 5 = 0 then 'player1_id' || i / 20 % 4 end"}
    | {"player4_id": "case when i % 5 = 0 then 'player1_id' || i / 20 % 3 end"},
    "duel_cards": {"replay": "(i / 20)::text"},
    "esports_events": {"id": ID, "series_id": OF, "status": "'completed'"}
    | {"name": "'name' || i", "series_name": "'name' || i"}
    | {"listed_status": "case when i % 3 = 0 then 'ongoing' end"}
    | {"starts_on": "case when i % 5 > 0 then date '2000-01-01' + i % 5000 end"},
    "esports_event_matches": {"match_id": ID, "event_id": OF}
    | {"starts_at": "case when i % 2 = 0 then timestamptz '2026-01-01' + i * interval '1 h' end"},
    "esports_matches": {"id": ID, "event_id": OF, "team1_id": OF, "team2_id": "(i / 4 % 4)::text"}
    | {"status": "(array['upcoming', 'live', 'completed'])[1 + i % 3]"}
    | {"starts_at": "case when i % 9 > 0 then timestamptz '2026-01-01' + i * interval '1 h' end"},
    "esports_map_players": {"match_id": ID, "game_id": "'all'", "side": "'both'", "player_id": OF},
    "esports_standings": {"event_id": OF, "position": "i"},
    "esports_teams": {"id": ID, "name": "'name' || i", "rank": "nullif(i % 40, 0)"},
    "esports_players": {"id": ID, "alias": "'name' || i"},
    "esports_transactions": {"team_id": OF, "player_id": "(i / 4 % 4)::text", "date_text": ID}
    | {"happened_on": "case when i % 3 > 0 then date '2000-01-01' + i % 5000 end"},
    "esports_rankings": {"scope": "(array['world', 'region'])[1 + i % 2]", "team_id": ID},
    "esports_circuit_standings": {"year": "2000 + i % 2", "team_id": ID},
    "esports_stats": {"player_id": ID, "event_id": OF, "rating": "nullif(i % 100, 0) / 10.0"}
    | {"query": "'span=' || i % 4"},
    "esports_news": {"id": ID},
    "esports_search_results": {"id": ID},
    "products": {"id": ID, "platform": "'shopee'", "region": "(array['sg', 'my'])[1 + i % 2]"}
    | {"availability": "(array['in_stock', 'gone'])[1 + i / 2 % 2]", "currency": "'SGD'"}
    | {"price_minor": "nullif(i % 1000, 0)", "shop_id": OF},
    "product_keywords": {"platform": "'shopee'", "region": "'sg'", "product_id": ID},
    "shops": {"id": ID, "platform": "'shopee'", "region": "(array['sg', 'my'])[1 + i % 2]"},
    "profiles": {"id": ID, "platform": "'instagram'", "username": "'User' || i"},
    "follows": {"platform": "'instagram'", "profile_id": ID, "account": "'account' || i % 3"},
    "apify_runs": {"id": ID, "accounts": "array['account' || i % 500]"},
}  # fmt: skip
"""Values of single columns: identities, nulls, what is rare."""

PRICES = """
insert into price_snapshots (platform, product_id, variant_id, at, price_minor, currency)
select 'shopee', (i % 2)::text, case when i % 3 > 0 then (i % 3)::text end,
       timestamptz '2026-01-01' + i * interval '1 h', i, 'SGD' from generate_series(1, {}) as i
"""


def items() -> dict[str, type[Item]]:
    """Return every item class of the project by its table."""
    for module in pkgutil.iter_modules(crawlers.items.__path__):
        importlib.import_module(f"crawlers.items.{module.name}")
    ours = (one for one in Item.__subclasses__() if one.__module__.startswith("crawlers.items."))
    return {one.table: one for one in ours}


def fill(connection: psycopg.Connection[Any], table: str, rows: int = ROWS) -> None:
    """Insert *rows* into *table*, and let the planner know."""
    if table == "price_snapshots":
        connection.execute(sql.SQL(PRICES).format(rows))
    else:
        connection.execute(_insert(table, rows))
    connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))


def _insert(table: str, rows: int) -> sql.Composed:
    special = SPECIAL[table]
    columns = (*table_of(items()[table]).columns, *PROVENANCE)
    values = [
        special.get(one.name)
        or ("'{}'" if one.type.endswith("[]") else VALUES[one.type]).replace(
            "{name}", f"'{one.name}'"
        )
        for one in columns
    ]
    return sql.SQL("insert into {} ({}) select {} from generate_series(1, {}) as i").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(one.name) for one in columns),
        sql.SQL(", ").join(map(sql.SQL, values)),
        rows,
    )
