"""What the HTTP API keeps: keys, and links that show one job to whoever has them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
create table api_keys (
    id text primary key,
    name text not null,
    hash bytea not null,
    scopes text[] not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);
create table share_links (
    id text primary key,
    hash bytea not null unique,
    job text not null references jobs on delete cascade,
    owner text,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone
);
create index share_links_of_job on share_links (job);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("drop table share_links, api_keys")
