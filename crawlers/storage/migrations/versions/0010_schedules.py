"""Periodic work: jobs that are handed in again and again."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = """
create table schedules (
    name text primary key,
    expression text not null,
    zone text not null default 'UTC',
    source text not null,
    arguments jsonb not null,
    jitter_s integer not null default 0,
    may_overlap boolean not null default false,
    is_paused boolean not null default false,
    owner text,
    created_at timestamp with time zone not null default now(),
    next_at timestamp with time zone not null,
    last_at timestamp with time zone,
    last_job text,
    last_note text
);
create index schedules_due on schedules (next_at) where not is_paused;
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(TABLE)


def downgrade() -> None:
    """Drop the table."""
    op.execute("drop table schedules")
