"""Indexes for the first page of the dashboard and its list of the quarantine."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = """
create index crawls_of_source on crawls (source, id);
create index quarantine_newest on quarantine (fetched_at, id);
create index quarantine_of_source on quarantine (source, fetched_at, id);
drop index quarantine_source;
"""
AS_BEFORE = """
create index quarantine_source on quarantine (source, fetched_at);
drop index crawls_of_source, quarantine_newest, quarantine_of_source;
"""


def upgrade() -> None:
    """Make them."""
    op.execute(INDEXES)


def downgrade() -> None:
    """Drop them."""
    op.execute(AS_BEFORE)
