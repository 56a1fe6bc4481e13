"""Fewer and smaller indexes of what a job finds and is given: each costs whoever writes."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NARROWER = """
drop index job_results_place, job_results_table, job_results_unit;
alter table job_results drop constraint job_results_pkey, add primary key (job, xid, seq);
create index job_results_unit on job_results (unit, xid, seq);
drop index job_units_name;
create unique index job_units_name on job_units (job, (md5(name)::uuid));
"""

AS_BEFORE = """
drop index job_units_name;
create unique index job_units_name on job_units (job, md5(name));
drop index job_results_unit;
alter table job_results drop constraint job_results_pkey, add primary key (job, seq);
create index job_results_place on job_results (job, xid, seq);
create index job_results_table on job_results (job, table_name, xid, seq);
create index job_results_unit on job_results (job, unit, xid, seq);
"""


def upgrade() -> None:
    """Replace the indexes."""
    op.execute(NARROWER)


def downgrade() -> None:
    """Make those of before."""
    op.execute(AS_BEFORE)
