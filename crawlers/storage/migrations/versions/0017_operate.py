"""Numbers of crawls that outlive them; who names a raw page, by digest; the last crawls."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = """
-- Sums over all crawls, in lanes, so that writers do not wait for each other. They only ever grow.
create table metric_totals (
    name text not null,
    source text not null,
    label text not null,
    lane smallint not null,
    n bigint not null,
    primary key (name, source, label, lane)
);
create index crawls_ended on crawls (source, status, finished_at);
create index raw_pages_sha256 on raw_pages using hash (sha256);
create index quarantine_sha256 on quarantine using hash (sha256) where sha256 is not null;
"""


def upgrade() -> None:
    """Make the table and the indexes."""
    op.execute(STATEMENTS)


def downgrade() -> None:
    """Drop them."""
    op.execute("drop index raw_pages_sha256, quarantine_sha256, crawls_ended")
    op.execute("drop table metric_totals")
