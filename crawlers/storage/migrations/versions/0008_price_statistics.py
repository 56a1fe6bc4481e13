"""Statistics of prices: the views and functions are in the file of the same name."""

import re
from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Create the views and the functions."""
    for statement in filter(str.strip, STATEMENTS.split(";\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created, the last first."""
    created = re.findall(r"^create (view|function) (\w+)", STATEMENTS, re.MULTILINE)
    for kind, name in reversed(created):
        op.execute(f"drop {kind} {name}")
