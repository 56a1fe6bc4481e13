"""Profiles: every table of the domain; the statements are in the file of the same name."""

import re
from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Create the tables and their indexes."""
    for statement in filter(str.strip, STATEMENTS.split(";\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created."""
    for table in re.findall(r"^create table (\w+)", STATEMENTS, re.MULTILINE):
        op.execute(f"drop table {table}")
