"""Associations: datasets that are processed together when each of them is done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import JsonText, Name, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "association",
        sa.Column("name", Name(), nullable=False),
        sa.Column("workflow", Name(), nullable=False),
        sa.Column("member_workflow", Name(), nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Unicode(200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("campaign", Name(), server_default="", nullable=False),
        sa.Column("parameters", JsonText(), nullable=False),
        sa.Column("member_parameter", sa.Unicode(200), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=True),
        sa.Column("at_least", sa.Integer(), nullable=False),
        sa.Column("remake", sa.Unicode(16), nullable=False),
        sa.Column("watched", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_association")),
    )
    op.create_index("ix_association_watched", "association", ["watched", "state"])
    op.create_table(
        "association_member",
        sa.Column("association", Name(), nullable=False),
        sa.Column("dataset", Name(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("used_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association"], ["association.name"], name=op.f("fk_association_member_association_association")
        ),
        sa.PrimaryKeyConstraint("association", "dataset", name=op.f("pk_association_member")),
    )
    op.create_index("ix_association_member_dataset", "association_member", ["dataset"])


def downgrade() -> None:
    op.drop_table("association_member")
    op.drop_table("association")
