"""Collections of products, rules about them, and what they leave; the .sql file has the rest."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Create tables, functions and triggers."""
    for statement in filter(str.strip, STATEMENTS.split(";;\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created."""
    op.execute("drop trigger leave_alerts on price_snapshots")
    op.execute("drop trigger leave_alerts_again on price_snapshots")
    op.execute("drop trigger leave_alerts_of_job on jobs")
    op.execute("drop function leave_alerts, leave_alerts_of_job")
    op.execute("drop function price_before, lowest_before, is_lowest, stock_before")
    op.execute("drop table alert_deliveries, alert_outbox, alert_states, alert_rules")
    op.execute("drop table alert_looks, alert_version")
    op.execute("drop table alert_channels, collection_products, collections")
    op.execute("drop function forget_alert_states, look_again")
