"""Rows whose every text wants to be more than a text."""

from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from crawlers.storage.tables import PROVENANCE, table_of
from tests.api.reads.filling import items

TEXT = "\"'><img src=/ran onerror=\"fetch('/ran')\"><script>fetch('/ran')</script>\u202e{{7*7}}"
LINK = "javascript:fetch('/ran')//"
ROWS = 3
NAMES = {"platform": "shopee", "status": "completed", "side": "both", "game_id": "all"}
"""Columns that say where a row is shown."""
VALUES: dict[str, Any] = {
    "bigint": 1,
    "double precision": 1.5,
    "boolean": True,
    "timestamp with time zone": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "text[]": [TEXT, LINK],
    "bigint[]": [1, None],
}
OF_PEOPLE = {"profiles", "follows"}


def fill(connection: psycopg.Connection[Any]) -> None:
    """Put rows into every table of items, and a hostile price, job, plan and page beside them."""
    for table, item in items().items():
        columns = (*table_of(item).columns, *PROVENANCE)
        for number in range(ROWS):
            values = [_value(table, one.name, one.type, number) for one in columns]
            query = sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
                sql.Identifier(table),
                sql.SQL(", ").join(sql.Identifier(one.name) for one in columns),
                sql.SQL(", ").join([sql.SQL("%s")] * len(columns)),
            )
            connection.execute(query, values)
    known = {"text": TEXT, "link": LINK, "json": Jsonb({TEXT: TEXT})}
    known |= {"body": f"<!doctype html>{TEXT}".encode() + b"\xff\x00"}
    for statement in OTHERS.split(";\n"):
        connection.execute(statement.encode(), known)


def _value(table: str, column: str, kind: str, number: int) -> Any:
    if column == "platform" and table in OF_PEOPLE:
        return "instagram"
    if column in NAMES:
        return NAMES[column]
    if column.endswith("url"):
        return LINK
    if column in {"id", "match_id", "replay", "product_id", "event_id", "player_id", "team_id"}:
        return str(number + 1)
    if kind == "jsonb":
        one = {"team": TEXT, "action": TEXT, "map": TEXT, "url": LINK, "name": TEXT}
        return Jsonb([one] if column in LISTS else {TEXT: TEXT, "url": LINK})
    return VALUES.get(kind, TEXT)


LISTS = {"vetoes", "streams", "vods", "encounters", "links"}
OTHERS = """
insert into price_snapshots (platform, product_id, at, price_minor, currency, availability)
values ('shopee', '1', '2026-02-01', 100, %(text)s, %(text)s),
       ('shopee', '1', '2026-02-02', 90, %(text)s, 'gone');
insert into jobs (id, source, arguments, started_at, finished_at, status, reason, story)
values ('hostile', %(text)s, %(json)s, now(), now(), 'partial', %(text)s, array[%(text)s]);
insert into job_units (job, name, status, reason, ended_at)
values ('hostile', %(text)s, 'blocked', %(text)s, now()),
       ('hostile', %(link)s, 'failed', %(text)s, now());
insert into job_results (job, table_name, key) values ('hostile', 'profiles', '{instagram,1}');
insert into job_counts values ('hostile', 0, 'rows/profiles', 1);
insert into crawls (source, arguments, finished_at, status, reason)
values (%(text)s, '{}', now(), %(text)s, %(text)s);
insert into quarantine (id, source, url, page, place, error, body, fetched_at)
values ('abc', 'lichess', %(link)s, %(text)s, %(text)s, %(text)s, %(body)s, now());
insert into schedules (name, expression, zone, source, arguments, jitter_s, may_overlap, due_at,
                       next_at, last_note)
values ('hostile', %(text)s, %(text)s, %(text)s, %(json)s, 0, false, now(),
        now() + interval '1 day', %(text)s);
insert into api_keys (id, name, hash, scopes) values ('0123456789ab', %(text)s, '', '{read}');
insert into collections (id, owner, name) values ('0123456789ab', %(text)s, %(text)s);
insert into collection_products (collection, platform, product_id)
values ('0123456789ab', 'shopee', '1'), ('0123456789ab', %(text)s, %(link)s);
insert into alert_channels (id, owner, name, shown, sealed, per_day)
values ('0123456789ab', %(text)s, %(text)s, %(text)s, '', 1);
insert into alert_rules (id, owner, name, kind, keyword, region, source, collection, each_variant,
                         limit_minor, currency, hysteresis_percent, cooldown_s, per_day, zone,
                         quiet_from, quiet_to, digest, channels)
values ('0123456789ab', %(text)s, %(text)s, 'below', %(text)s, %(text)s, null, null, false, 1,
        %(text)s, 0, 0, 1, %(text)s, '01:00', '02:00', %(text)s, array['0123456789ab', %(text)s]),
       ('0123456789ac', %(text)s, %(link)s, %(text)s, null, null, %(text)s, null, false, null,
        null, 0, 0, 1, 'UTC', null, null, null, '{}'),
       ('0123456789ad', %(text)s, 'c', 'above', null, null, null, '0123456789ab', false, 1,
        'SGD', 0, 0, 1, 'UTC', null, null, null, '{}');
insert into alert_outbox (key, owner, rule, rule_name, kind, platform, product_id, variant_id, job,
                          at, facts, note, planned_at)
values ('a', %(text)s, %(text)s, %(text)s, 'below', %(text)s, %(link)s, %(text)s, null, now(),
        jsonb_build_object('price_minor', 1, 'currency', %(text)s::text), %(text)s, now()),
       ('b', %(text)s, null, %(text)s, 'job_failed', null, null, null, %(text)s, now(),
        jsonb_build_object('source', %(text)s::text, 'status', %(text)s::text), null, now());
insert into alert_deliveries (key, owner, channel, channel_name, alerts, is_digest, state, due_at,
                              reason)
select 'd', %(text)s, %(text)s, %(text)s, array_agg(id), true, 'dead', now(), %(text)s
from alert_outbox
"""
