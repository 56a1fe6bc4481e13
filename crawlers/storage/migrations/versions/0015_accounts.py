"""People, their sessions, and what is theirs; the statements are in the .sql file."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
AS_BEFORE = """
drop table audit_addresses, audit_log;
drop function refuse_rewriting();
drop policy theirs on api_keys;
drop policy of_their_jobs on share_links;
drop policy of_their_jobs on job_workers;
drop policy of_their_jobs on job_counts;
drop policy of_their_jobs on job_results;
drop policy of_their_jobs on job_units;
drop function sees_job(text);
drop function look_for(text, boolean, text, text);
drop policy by_link on jobs;
drop policy theirs on jobs;
alter table api_keys disable row level security;
alter table share_links disable row level security;
alter table job_workers disable row level security;
alter table job_counts disable row level security;
alter table job_results disable row level security;
alter table job_units disable row level security;
alter table jobs disable row level security;
drop table refresh_tokens, sessions;
alter table share_links drop column key;
alter table api_keys drop column owner;
drop table users
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, STATEMENTS.split(";;\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables."""
    op.execute(AS_BEFORE)
