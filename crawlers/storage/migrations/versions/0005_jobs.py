"""Jobs: crawls that any number of workers share, and their units."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table jobs (
    id text primary key,
    source text not null,
    arguments jsonb not null,
    created_at timestamp with time zone not null default now(),
    finished_at timestamp with time zone,
    status text,
    reason text,
    requests bigint not null default 0,
    rows bigint not null default 0
);

create table job_units (
    id bigint generated always as identity primary key,
    job text not null references jobs on delete cascade,
    name text not null,
    created_at timestamp with time zone not null default now(),
    ended_at timestamp with time zone,
    status text,
    reason text,
    requests bigint not null default 0,
    failed bigint not null default 0,
    blocked bigint not null default 0
);
-- By digest, because an address may be longer than an index takes.
create unique index job_units_name on job_units (job, md5(name));
create index job_units_open on job_units (job) where status is null;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("drop table job_units, jobs")
