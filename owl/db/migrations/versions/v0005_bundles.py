"""Bundles: several runs under one condor_dagman."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("id", sa.Unicode(40), nullable=False),
        sa.Column("workflow", sa.Unicode(200), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("directory", sa.UnicodeText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
    )
    # No foreign key: SQLite can't add one to a table that is there.
    op.add_column("submission", sa.Column("bundle_id", sa.Unicode(40), nullable=True))
    op.create_index("ix_submission_bundle_id", "submission", ["bundle_id"])


def downgrade() -> None:
    op.drop_index("ix_submission_bundle_id", "submission")
    op.drop_column("submission", "bundle_id")
    op.drop_table("bundle")
