"""When each field of an execution was told: reports can then be taken in any order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import CompressedJson

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blackboard", sa.Column("told_at", CompressedJson(), nullable=True))


def downgrade() -> None:
    op.drop_column("blackboard", "told_at")
