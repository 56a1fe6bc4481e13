"""Engine analyses of chess games; the statements are in the .sql file."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Make the tables and the view."""
    for statement in filter(str.strip, STATEMENTS.split(";\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("drop view chess_analysed_moves")
    op.execute("drop table chess_analysis_requests, chess_analyses, chess_positions")
