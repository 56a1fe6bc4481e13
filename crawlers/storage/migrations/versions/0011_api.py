"""What the HTTP API keeps, and the indexes of its lists; the statements are in the .sql file."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Make the tables and the indexes."""
    for statement in filter(str.strip, STATEMENTS.split(";\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables. Indexes change no answer, and stay."""
    op.execute("drop table share_links, api_keys")
