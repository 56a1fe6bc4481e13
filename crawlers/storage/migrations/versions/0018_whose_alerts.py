"""Collections, channels, rules and what they found belong to whoever made them, as jobs do."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OWNED = ("collections", "alert_rules", "alert_channels", "alert_outbox", "alert_deliveries")
THEIRS = """
alter table {table} enable row level security;
create policy theirs on {table} using (
    owner = current_setting('crawlers.owner', true)
    or current_setting('crawlers.sees_all', true) = 'on')
"""
OF_THEIR_COLLECTIONS = """
alter table collection_products enable row level security;
create policy of_their_collections on collection_products
    using (exists (select from collections where id = collection));
-- Whoever ends a job need not see the rules that watch it.
alter function leave_alerts_of_job() security definer set search_path = public, pg_temp
"""


def upgrade() -> None:
    """Let the API's role see what is its caller's."""
    for table in OWNED:
        op.execute(THEIRS.format(table=table))
    op.execute(OF_THEIR_COLLECTIONS)


def downgrade() -> None:
    """Let it see everything."""
    op.execute("alter function leave_alerts_of_job() security invoker reset search_path")
    op.execute("drop policy of_their_collections on collection_products")
    op.execute("alter table collection_products disable row level security")
    for table in OWNED:
        op.execute(f"drop policy theirs on {table}")
        op.execute(f"alter table {table} disable row level security")
