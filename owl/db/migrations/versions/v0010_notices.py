"""Notices: which alerts have been told, and which campaigns have finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("told_at", UtcDateTime(), nullable=True))
    op.add_column("campaign", sa.Column("finished_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("campaign", "finished_at")
    op.drop_column("alert", "told_at")
