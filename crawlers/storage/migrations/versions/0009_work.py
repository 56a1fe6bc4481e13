"""Jobs that are handed in: dispatched, watched, counted; the statements are in the .sql file."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Create tables, indexes and the trigger."""
    for statement in filter(str.strip, STATEMENTS.split(";;\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created."""
    op.execute("drop trigger drop_job on jobs")
    op.execute("drop function drop_job")
    op.execute("drop table job_results, job_counts, job_workers")
    op.execute("drop trigger count_new_units on job_units")
    op.execute("drop trigger count_ended_units on job_units")
    op.execute("drop function count_new_units, count_ended_units")
    op.execute(
        "alter table job_units drop column leader, drop column is_told, drop column is_given"
    )
    op.execute(
        "drop index jobs_open, jobs_newest, jobs_by_status, job_units_of_job, job_units_trouble"
    )
    op.execute("create index job_units_open on job_units (job) where status is null")
    op.execute(
        "alter table job_units add constraint job_units_job_fkey"
        " foreign key (job) references jobs on delete cascade"
    )
    op.execute(
        "alter table jobs drop column started_at, drop column dispatch_at,"
        " drop column dispatched_at, drop column attempts, drop column max_attempts,"
        " drop column workers, drop column priority, drop column cancel_at, drop column owner,"
        " drop column idempotency_key, drop column request_hash, drop column flight,"
        " drop column story"
    )
