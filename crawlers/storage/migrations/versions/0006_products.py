"""Products: tables in the file of the same name, and the triggers that keep prices over time."""

import re
from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

# A sighting older than what is stored fills gaps of a row, and says nothing of a price now: then
# `checked_at` does not move, and is of another sighting than `fetched_at`.
FUNCTION = """
create function keep_prices_of_{table}() returns trigger language plpgsql as $$
begin
  if TG_OP = 'INSERT' then
    insert into price_snapshots
      select n.platform, {key}, n.checked_at, n.price_minor, n.list_price_minor, {discount},
             n.currency, n.stock, n.sold, {rating}, n.availability
      from seen n
      where num_nonnulls(n.price_minor, n.stock, n.availability) > 0
    on conflict do nothing;
  else
    insert into price_snapshots
      select n.platform, {key}, n.checked_at, n.price_minor, n.list_price_minor, {discount},
             n.currency, n.stock, n.sold, {rating}, n.availability
      from seen n join stored o using ({identity})
      where num_nonnulls(n.price_minor, n.stock, n.availability) > 0
        and (n.checked_at > o.checked_at or n.checked_at = n.fetched_at)
        and ((n.price_minor, n.currency, n.stock, n.availability)
               is distinct from (o.price_minor, o.currency, o.stock, o.availability)
             or (n.checked_at at time zone 'UTC')::date > (o.checked_at at time zone 'UTC')::date)
    on conflict (platform, product_id, variant_id, at) do update
      set price_minor = excluded.price_minor, list_price_minor = excluded.list_price_minor,
          discount_percent = excluded.discount_percent, currency = excluded.currency,
          stock = excluded.stock, sold = excluded.sold, rating = excluded.rating,
          availability = excluded.availability;
  end if;
  return null;
end
$$
"""

TRIGGERS = (
    """
    create trigger keep_new_prices after insert on {table} referencing new table as seen
      for each statement execute function keep_prices_of_{table}()
    """,
    """
    create trigger keep_prices after update on {table}
      referencing old table as stored new table as seen
      for each statement execute function keep_prices_of_{table}()
    """,
)

WATCHED = (
    {
        "table": "products",
        "identity": "platform, id",
        "key": "n.id, null",
        "discount": "n.discount_percent",
        "rating": "n.rating",
    },
    {
        "table": "product_variants",
        "identity": "platform, product_id, id",
        "key": "n.product_id, n.id",
        "discount": "null",
        "rating": "null",
    },
)


def upgrade() -> None:
    """Create tables, indexes and triggers."""
    for statement in filter(str.strip, STATEMENTS.split(";\n")):
        op.execute(statement)
    for names in WATCHED:
        for statement in (FUNCTION, *TRIGGERS):
            op.execute(statement.format(**names))


def downgrade() -> None:
    """Drop what `upgrade` created."""
    for table in re.findall(r"^create table (\w+)", STATEMENTS, re.MULTILINE):
        op.execute(f"drop table {table}")
    for names in WATCHED:
        op.execute("drop function keep_prices_of_{table}".format(**names))
