"""Rows of a harvest that are no items: its raw page, its marks, its quarantine."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection

from crawlers.harvest import Harvest, Outcome
from crawlers.items.base import Mark
from crawlers.storage.text import json_text

RAW_PAGES = """
insert into raw_pages as t (source, request_key, sha256, url, first_fetched_at, last_fetched_at,
                            status, content_type, page, page_version)
select distinct on (source collate "C", request_key collate "C", sha256 collate "C")
       source, request_key, sha256, url, fetched_at, fetched_at,
       status, content_type, page, page_version
from rows_of
order by source collate "C", request_key collate "C", sha256 collate "C",
         fetched_at desc, ordinality desc
on conflict (source, request_key, sha256) do update
set url = excluded.url, status = excluded.status, content_type = excluded.content_type,
    page = excluded.page, page_version = excluded.page_version,
    last_fetched_at = excluded.last_fetched_at
where excluded.last_fetched_at >= t.last_fetched_at
  and ((t.url, t.status, t.content_type, t.page, t.page_version)
         is distinct from (excluded.url, excluded.status, excluded.content_type, excluded.page,
                           excluded.page_version)
       or t.last_fetched_at < excluded.last_fetched_at - interval '60 s')
"""

MARKS = """
insert into marks as t (source, key, value, updated_at)
select distinct on (source collate "C", key collate "C")
       source, key, coalesce(value, 'null'), updated_at
from rows_of
order by source collate "C", key collate "C", updated_at desc, ordinality desc
on conflict (source, key) do update
set value = excluded.value, updated_at = excluded.updated_at
where excluded.updated_at > t.updated_at
   or excluded.updated_at = t.updated_at and excluded.value is distinct from t.value
"""

QUARANTINE = """
insert into quarantine (id, source, url, page, place, error, body, sha256, fetched_at)
select id, source, url, page, place, error, decode(body, 'base64'), sha256, fetched_at
from rows_of order by id collate "C", ordinality
on conflict (id) do nothing
"""

QUARANTINED = """id text, source text, url text, page text, place text, error text, body text,
                 sha256 text, fetched_at timestamptz"""

STATEMENTS = {
    "marks": (
        "source text, key text, value jsonb, updated_at timestamptz",
        MARKS,
    ),
    "given_up": (QUARANTINED, QUARANTINE),  # in quarantine too, and counted as refused only
    "quarantine": (QUARANTINED, QUARANTINE),
    "raw_pages": (
        """source text, request_key text, sha256 text, url text, fetched_at timestamptz,
           status bigint, content_type text, page text, page_version bigint""",
        RAW_PAGES,
    ),
}
"""For each kind, in the order of writing: the columns that arrive, and what becomes of them."""


async def write_records(
    connection: AsyncConnection[Any],
    records: Mapping[str, Sequence[str]],
    statements: Mapping[str, tuple[str, str]] = STATEMENTS,
) -> None:
    """Write the *records* (JSON) of each kind: one statement a kind, one order for all."""
    for table, (columns, statement) in statements.items():
        if rows := records.get(table):
            query = (
                f"with rows_of as (select * from rows from"  # noqa: S608 - all of it is ours
                f" (jsonb_to_recordset(%s::jsonb) as ({columns})) with ordinality) {statement}"
            )
            await connection.execute(query.encode(), [f"[{','.join(rows)}]"], prepare=True)


def records_of(harvest: Harvest) -> dict[str, list[str]]:
    """Return what *harvest* brings besides items, as JSON by table."""
    records = {
        "marks": [_mark(harvest, mark) for mark in harvest.marks],
        "quarantine": [
            quarantined(harvest, reject.place, reject.error, reject.body)
            for reject in harvest.rejects
        ],
        "raw_pages": [_raw_page(harvest)] if harvest.sha256 else [],
    }
    if harvest.history:
        error = f"{harvest.reason}\n{_history(harvest.history)}"
        records["given_up"] = [quarantined(harvest, "download", error, None)]
    if harvest.outcome is Outcome.QUARANTINED:
        body = None if harvest.sha256 else harvest.body
        records["quarantine"].append(quarantined(harvest, "", harvest.reason or "", body))
    return records


def quarantined(harvest: Harvest, place: str, error: str, body: bytes | None) -> str:
    """Return the quarantine's row; its id is equal for the same thing found again.

    The same thing is the same error of the same page class about the same bytes, wherever they
    stood. Without *body* the page in the raw store counts, and without that its address.
    """
    reference = None if body else harvest.sha256 or harvest.url
    known = [harvest.source, harvest.page, error, reference]
    digest = sha256(json_text(known).encode() + b"\0" + (body or b"")).hexdigest()
    row = {
        "id": digest,
        "source": harvest.source,
        "url": harvest.url,
        "page": harvest.page,
        "place": place,
        "error": error,
        "body": None if body is None else b64encode(body).decode(),
        "sha256": harvest.sha256,
        "fetched_at": harvest.fetched_at,
    }
    return json_text(row)


def _history(history: Sequence[Sequence[Any]]) -> str:
    """Return one line for each try: when, and what happened."""
    instants = (datetime.fromtimestamp(ms / 1000, UTC) for ms, _ in history)
    return "\n".join(
        f"{at:%Y-%m-%dT%H:%M:%SZ} {what}" for at, (_, what) in zip(instants, history, strict=True)
    )


def _mark(harvest: Harvest, mark: Mark) -> str:
    row = {"source": harvest.source, "key": mark.key, "value": mark.value}
    return json_text(row | {"updated_at": harvest.fetched_at})


def _raw_page(harvest: Harvest) -> str:
    names = ("source", "request_key", "sha256", "url", "status", "content_type", "page")
    row = {name: getattr(harvest, name) for name in names}
    row |= {"page_version": harvest.page_version, "fetched_at": harvest.fetched_at}
    return json_text(row)
