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
    -- As they were given: files that they name are read anew at each run.
    arguments jsonb not null,
    units_file text,
    jitter_s integer not null default 0,
    may_overlap boolean not null default false,
    is_paused boolean not null default false,
    created_at timestamp with time zone not null default now(),
    -- The instant of the plan that comes next, and when its run is handed in: later by the jitter.
    due_at timestamp with time zone not null,
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
