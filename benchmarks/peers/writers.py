"""Two ways that people store rows by hand. Both take the harvests that our writer takes.

Times and guards mean what they mean in our tables, so that the work is the same.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection

from crawlers.harvest import Harvest

Values = tuple[Any, ...]

COLUMNS = "sku, name, price_minor, rating, votes, source, source_url, fetched_at"

CONFLICT = """
on conflict (sku) do update set
  name = excluded.name, price_minor = excluded.price_minor, rating = excluded.rating,
  votes = excluded.votes, source = excluded.source, source_url = excluded.source_url,
  fetched_at = excluded.fetched_at, changed_at = now(), checked_at = excluded.checked_at
where excluded.fetched_at >= t.checked_at
  and (t.name, t.price_minor, t.rating, t.votes)
    is distinct from (excluded.name, excluded.price_minor, excluded.rating, excluded.votes)
"""

INTO = f"insert into bench_products as t ({COLUMNS}, first_seen_at, changed_at, checked_at)"

FROM_STAGING = f"""
{INTO} select {COLUMNS}, fetched_at, now(), fetched_at from staging order by sku collate "C"
{CONFLICT}
"""  # noqa: S608 - all of it is ours

FROM_VALUES = f"{INTO} values (%s, %s, %s, %s, %s, %s, %s, %s, %s, now(), %s) {CONFLICT}"

STAGING = f"""
create temp table if not exists staging on commit delete rows as
select {COLUMNS} from bench_products where false
"""  # noqa: S608 - all of it is ours


def values_of(harvests: Sequence[Harvest]) -> Iterator[Values]:
    """Yield what a row is made of."""
    for harvest in harvests:
        ending = (harvest.source, harvest.url, harvest.fetched_at)
        for item in harvest.items:
            yield (item.sku, item.name, item.price_minor, item.rating, item.votes, *ending)


def copy_loop(connection: Connection[Any], harvests: Sequence[Harvest]) -> None:
    """COPY into a temporary table, then one upsert: 2,000 rows a commit."""
    rows = list(values_of(harvests))
    for begin in range(0, len(rows), 2000):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(STAGING)
            with cursor.copy(f"copy staging ({COLUMNS}) from stdin") as copy:
                for row in sorted(rows[begin : begin + 2000]):
                    copy.write_row(row)
            cursor.execute(FROM_STAGING)


def executemany(connection: Connection[Any], harvests: Sequence[Harvest]) -> None:
    """One upsert for each row, sent together: 500 rows a commit."""
    rows = [(*row, row[-1], row[-1]) for row in values_of(harvests)]
    for begin in range(0, len(rows), 500):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(FROM_VALUES, rows[begin : begin + 500])
