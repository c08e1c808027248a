"""What failed is marked as such, and has an index in which nothing else is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = ("global_job_id", "start_number", "dataset", "process_name", "state", "owner", "failed")


def upgrade() -> None:
    op.add_column("blackboard", sa.Column("failed", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE blackboard SET failed = 1 WHERE state IN ('Held', 'Lost', 'Aborted')"
        " OR (state = 'Exited' AND (exit_code <> 0 OR exit_code IS NULL))"
    )
    there = sa.text("failed IS NOT NULL")
    op.create_index(
        "ix_blackboard_failed",
        "blackboard",
        [_start(), *COLUMNS],
        sqlite_where=there,
        postgresql_where=there,
        mssql_where=there,
    )


def _start() -> Any:
    """PostgreSQL alone takes what is empty for the largest."""
    return sa.text("start_time NULLS FIRST") if op.get_context().dialect.name == "postgresql" else "start_time"


def downgrade() -> None:
    op.drop_index("ix_blackboard_failed", table_name="blackboard")
    op.drop_column("blackboard", "failed")
