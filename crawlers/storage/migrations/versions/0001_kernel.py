"""Tables that belong to no source: pages, quarantine, marks, crawls, turns."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table raw_pages (
    source text not null,
    request_key text not null,
    sha256 text not null,
    url text not null,
    first_fetched_at timestamp with time zone not null,
    last_fetched_at timestamp with time zone not null,
    status bigint,
    content_type text,
    page text,
    page_version bigint not null,
    primary key (source, request_key, sha256)
);
create index raw_pages_page on raw_pages (source, page, page_version);

create table quarantine (
    id text primary key,
    source text not null,
    url text not null,
    page text,
    place text not null,
    error text not null,
    body bytea,
    sha256 text,
    fetched_at timestamp with time zone not null,
    stored_at timestamp with time zone not null default now()
);
create index quarantine_source on quarantine (source, fetched_at);

create table marks (
    source text not null,
    key text not null,
    value jsonb not null,
    updated_at timestamp with time zone not null,
    primary key (source, key)
);

create table crawls (
    id bigint generated always as identity primary key,
    source text not null,
    arguments jsonb not null,
    started_at timestamp with time zone not null default now(),
    finished_at timestamp with time zone,
    status text,
    reason text,
    new bigint not null default 0,
    changed bigint not null default 0,
    unchanged bigint not null default 0,
    quarantined bigint not null default 0,
    blocked bigint not null default 0,
    refused bigint not null default 0,
    requests bigint not null default 0,
    errors bigint not null default 0
);

create table serial_turns (
    limit_key text primary key,
    epoch bigint not null default 0,
    not_before timestamp with time zone,
    intent_started_at timestamp with time zone,
    intent_deadline timestamp with time zone,
    finished_at timestamp with time zone
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("drop table raw_pages, quarantine, marks, crawls, serial_turns")
