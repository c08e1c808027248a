"""Bundles: several runs under one condor_dagman."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import UtcDateTime

revision = "0004"
down_revision = "0003"
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
    with op.batch_alter_table("submission") as table:
        table.add_column(sa.Column("bundle_id", sa.Unicode(40), nullable=True))
        table.create_foreign_key("fk_submission_bundle_id_bundle", "bundle", ["bundle_id"], ["id"])
        table.create_index("ix_submission_bundle_id", ["bundle_id"])


def downgrade() -> None:
    with op.batch_alter_table("submission") as table:
        table.drop_index("ix_submission_bundle_id")
        table.drop_constraint("fk_submission_bundle_id_bundle", type_="foreignkey")
        table.drop_column("bundle_id")
    op.drop_table("bundle")
