"""${message}."""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say what is made."""
    op.execute("")


def downgrade() -> None:
    """Undo `upgrade`."""
    op.execute("")
