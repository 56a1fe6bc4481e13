"""The same followers the usual way: a batch in memory, ``executemany`` in chunks of 1,000.

``python -m benchmarks.peers.followers ORIGIN TOKEN DATABASE FILE FOLLOWERS`` prints seconds.
It fills the same columns of the same tables, so that the work is the same. It remembers nothing and
finds nothing again after a crash.
"""

import json
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from crawlers.gender import METHOD, gender_of

ACTOR = "apify~instagram-followers-following-scraper"
CAPS = "timeout=3600&memory=1024&maxItems=1000000&maxTotalChargeUsd=1000"
BATCH, CHUNK, POLL_S = 50, 1000, 0.02
PROFILE = """
insert into profiles as t (platform, id, username, full_name, is_private, is_verified, gender,
    gender_confidence, gender_method, source, source_url, fetched_at,
    first_seen_at, changed_at, checked_at)
values ('instagram', %s, %s, %s, %s, %s, %s, %s, %s, 'instagram', %s, %s, %s, now(), %s)
on conflict (platform, id) do update set
    username = excluded.username, full_name = coalesce(excluded.full_name, t.full_name),
    is_private = coalesce(excluded.is_private, t.is_private),
    is_verified = coalesce(excluded.is_verified, t.is_verified), gender = excluded.gender,
    fetched_at = excluded.fetched_at, changed_at = now(), checked_at = excluded.checked_at
where (t.username, t.full_name, t.is_private, t.is_verified, t.gender) is distinct from
    (excluded.username, excluded.full_name, excluded.is_private, excluded.is_verified,
     excluded.gender)
"""
FOLLOW = """
insert into follows (platform, account, profile_id, source, source_url, fetched_at,
    first_seen_at, changed_at, checked_at)
values ('instagram', %s, %s, 'instagram', %s, %s, %s, now(), %s) on conflict do nothing
"""


def call(url: str, token: str, value: object = None) -> Any:
    """Return the JSON that the API answers."""
    body = None if value is None else json.dumps(value).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers)) as answer:  # noqa: S310 - http on loopback
        return json.load(answer)


def collected(origin: str, token: str, accounts: list[str], followers: int) -> list[dict[str, Any]]:
    """Run the actor to its end and return all its rows."""
    given = {"usernames": accounts, "resultsLimit": followers, "dataToScrape": "followers"}
    run = call(f"{origin}/v2/actors/{ACTOR}/runs?{CAPS}", token, given)["data"]
    while run["status"] in {"READY", "RUNNING"}:
        time.sleep(POLL_S)
        run = call(f"{origin}/v2/actor-runs/{run['id']}", token)["data"]
    rows: list[dict[str, Any]] = call(
        f"{origin}/v2/datasets/{run['defaultDatasetId']}/items", token
    )
    return rows


def profile_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the columns of a profile."""
    guess = gender_of(row["fullName"])
    names = ("userId", "username", "fullName", "isPrivate", "isVerified")
    return (*(row[name] or None for name in names[:3]), *(row[name] for name in names[3:]),
            guess.gender, guess.confidence, METHOD)  # fmt: skip


def insert(connection: psycopg.Connection[Any], url: str, rows: list[dict[str, Any]]) -> None:
    """Insert *rows*, a commit for each chunk."""
    left, now = iter(rows), datetime.now(UTC)
    seen = (url, now, now, now)
    while chunk := list(islice(left, CHUNK)):
        with connection.cursor() as cursor:
            cursor.executemany(PROFILE, [(*profile_of(row), *seen) for row in chunk])
            cursor.executemany(
                FOLLOW, [(row["sourceUsername"], row["userId"], *seen) for row in chunk]
            )
        connection.commit()


def main(origin: str, token: str, database: str, accounts_file: str, followers: str) -> None:
    """Read and store everything, and print how long that took."""
    accounts = iter(Path(accounts_file).read_text().split())
    with psycopg.connect(database) as connection:
        began = time.monotonic()
        while batch := list(islice(accounts, BATCH)):
            insert(connection, origin, collected(origin, token, batch, int(followers)))
        print(time.monotonic() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
