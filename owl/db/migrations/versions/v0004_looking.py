"""Accounts, tokens, saved views, what was done in the GUI; and indexes to look through a million executions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from owl.db.types import JsonText, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAMES = {
    "dpq": ("dataset",),
    "run": ("dataset",),
    "blackboard": ("dataset", "process_name", "owner", "host", "global_job_id"),
}
REQUIRED = {("dpq", "dataset"), ("run", "dataset"), ("blackboard", "global_job_id")}
LOOK = (
    "global_job_id",
    "start_number",
    "dataset",
    "process_name",
    "state",
    "owner",
    "exit_code",
    "duration",
    "completion_time",
)
COMPLETION = ("state", "exit_code", "exit_signal", "process_name", "duration", "run_id")


def upgrade() -> None:
    _compare_names("C")
    op.drop_index("ix_blackboard_start_time", table_name="blackboard")
    op.create_index("ix_blackboard_host", "blackboard", ["host", *_from("start_time")])
    op.create_index("ix_blackboard_look", "blackboard", [*_from("start_time"), *LOOK])
    op.create_index("ix_blackboard_completion_time", "blackboard", [*_from("completion_time"), *COMPLETION])
    if op.get_context().dialect.name == "postgresql":
        for column in ("dataset", "state", "owner"):
            op.drop_index(f"ix_blackboard_{column}", table_name="blackboard")
            op.create_index(f"ix_blackboard_{column}", "blackboard", [column, *_from("start_time")])
    op.create_index("ix_run_ended_at", "run", ["ended_at", "state", "workflow", "campaign"])
    _accounts()
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Unicode(200), nullable=False),
        sa.Column("verb", sa.Unicode(40), nullable=False),
        sa.Column("scope", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("result", sa.UnicodeText(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at", "id"])


def _from(column: str) -> list[Any]:
    """A column of an index with what is empty first, as all but PostgreSQL have it by themselves."""
    postgresql = op.get_context().dialect.name == "postgresql"
    return [sa.text(f"{column} NULLS FIRST")] if postgresql else [column]


def _compare_names(collation: str | None) -> None:
    """Let PostgreSQL compare names byte by byte: only then an index finds them by their beginning."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table, columns in NAMES.items():
        for column in columns:
            kind = sa.Unicode(200, collation=collation or "default")
            op.alter_column(table, column, type_=kind, existing_nullable=(table, column) not in REQUIRED)


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Unicode(200), nullable=False),
        sa.Column("role", sa.Unicode(16), nullable=False),
        sa.Column("password", sa.UnicodeText(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Unicode(200), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("last_login", UtcDateTime(), nullable=True),
        sa.Column("preferences", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
    )
    op.create_table(
        "token",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("account", sa.Unicode(200), nullable=False),
        sa.Column("label", sa.Unicode(200), nullable=False),
        sa.Column("digest", sa.Unicode(64), nullable=False),
        sa.Column("role", sa.Unicode(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Unicode(200), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_token_account_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )
    op.create_index("ix_token_digest", "token", ["digest"], unique=True)
    op.create_index("ix_token_account", "token", ["account"])
    op.create_table(
        "saved_view",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("account", sa.Unicode(200), nullable=False),
        sa.Column("page", sa.Unicode(40), nullable=False),
        sa.Column("title", sa.Unicode(200), nullable=False),
        sa.Column("query", sa.UnicodeText(), nullable=False),
        sa.Column("shared", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_saved_view_account_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index("ix_saved_view_account", "saved_view", ["account", "page", "title"], unique=True)
    op.create_index("ix_saved_view_page", "saved_view", ["page", "shared"])


def downgrade() -> None:
    for table in ("audit", "saved_view", "token", "account"):
        op.drop_table(table)
    op.drop_index("ix_run_ended_at", table_name="run")
    for name in ("completion_time", "look", "host"):
        op.drop_index(f"ix_blackboard_{name}", table_name="blackboard")
    op.create_index("ix_blackboard_start_time", "blackboard", ["start_time"])
    _compare_names(None)
