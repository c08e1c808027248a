"""Commands on running work: what each is aimed at, what came of it there, and a chain that shows changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import JsonText, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("dpq", sa.Column("rescue_owner", sa.Unicode(200), nullable=True))
    for column in (
        sa.Column("filter", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("options", JsonText(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.Unicode(64), server_default="", nullable=False),
        sa.Column("end_digest", sa.Unicode(64), server_default="", nullable=False),
    ):
        op.add_column("command", column)
    # What was open had no targets; another `owl dpq update` gives the priority anew.
    op.execute(
        "UPDATE command SET state = 'failed', result = 'OWL was upgraded' WHERE state IN ('queued', 'running')"
    )
    op.create_table(
        "command_target",
        sa.Column("command_id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Unicode(8), nullable=False),
        sa.Column("name", sa.Unicode(200), nullable=False),
        sa.Column("run_id", sa.Unicode(40), nullable=True),
        sa.Column("dataset", sa.Unicode(200), nullable=True),
        sa.Column("process_name", sa.Unicode(200), nullable=True),
        sa.Column("owner", sa.Unicode(200), nullable=True),
        sa.Column("schedd", sa.Unicode(200), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("taken_by", sa.Unicode(200), nullable=True),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("result", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["command_id"], ["command.id"], name=op.f("fk_command_target_command_id_command")),
        sa.PrimaryKeyConstraint("command_id", "id", name=op.f("pk_command_target")),
    )
    op.create_index("ix_command_target_state", "command_target", ["state", "schedd"])
    op.create_index("ix_command_target_run_id", "command_target", ["run_id", "command_id"])
    turn = sa.table("turn", sa.column("name", sa.Unicode), sa.column("taken_by", sa.Unicode))
    op.bulk_insert(turn, [{"name": "audit", "taken_by": ""}])


def downgrade() -> None:
    op.execute("DELETE FROM turn WHERE name = 'audit'")
    op.drop_table("command_target")
    for name in ("end_digest", "digest", "failed", "done", "total", "expires_at", "options", "filter"):
        op.drop_column("command", name, mssql_drop_default=True)  # a default is a constraint there
    op.drop_column("dpq", "rescue_owner")
