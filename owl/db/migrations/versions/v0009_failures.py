"""Failures with their causes, so that they can be grouped without reading a log again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failure",
        sa.Column("global_job_id", sa.Unicode(200), nullable=False),
        sa.Column("start_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Unicode(40), nullable=True),
        sa.Column("dataset", sa.Unicode(200), nullable=True),
        sa.Column("host", sa.Unicode(200), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.Unicode(16), nullable=False),
        sa.Column("step", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("exit_signal", sa.Integer(), nullable=True),
        sa.Column("hold_code", sa.Integer(), nullable=True),
        sa.Column("says", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("line", sa.UnicodeText(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("global_job_id", "start_number", name=op.f("pk_failure")),
    )
    op.create_index("ix_failure_run_id", "failure", ["run_id"])
    op.create_index("ix_failure_cause", "failure", ["cause", "failed_at"])
    op.create_index("ix_failure_failed_at", "failure", ["failed_at"])


def downgrade() -> None:
    op.drop_table("failure")
