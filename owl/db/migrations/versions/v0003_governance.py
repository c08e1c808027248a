"""What governs the shoveler: knobs, pauses, commands, alerts, campaigns, and indexes for a million entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import JsonText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_index("ix_dpq_lane", "dpq", ["state", "workflow", "campaign", sa.text("priority DESC"), "id"])
    op.create_index("ix_dpq_campaign", "dpq", ["campaign", "state"])
    op.create_index("ix_run_workflow", "run", ["workflow", "ended_at"])
    op.create_index("ix_run_campaign", "run", ["campaign", "ended_at"])
    op.create_table(
        "campaign",
        sa.Column("name", sa.Unicode(200), nullable=False),
        sa.Column("description", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("created_by", sa.Unicode(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("cancelled_by", sa.Unicode(200), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaign")),
    )
    op.create_table(
        "knob",
        sa.Column("name", sa.Unicode(40), nullable=False),
        sa.Column("kind", sa.Unicode(16), nullable=False),
        sa.Column("scope", sa.Unicode(200), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("set_by", sa.Unicode(200), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "kind", "scope", name=op.f("pk_knob")),
    )
    op.create_table(
        "pause",
        sa.Column("kind", sa.Unicode(16), nullable=False),
        sa.Column("scope", sa.Unicode(200), nullable=False),
        sa.Column("paused_by", sa.Unicode(200), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("probe_run", sa.Unicode(40), nullable=True),
        sa.Column("probed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "scope", name=op.f("pk_pause")),
    )
    _commands_and_alerts()
    turn = op.create_table(
        "turn",
        sa.Column("name", sa.Unicode(40), nullable=False),
        sa.Column("taken_by", sa.Unicode(200), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_turn")),
    )
    op.bulk_insert(turn, [{"name": "claim", "taken_by": ""}])


def _commands_and_alerts() -> None:
    op.create_table(
        "command",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("verb", sa.Unicode(40), nullable=False),
        sa.Column("kind", sa.Unicode(16), server_default="", nullable=False),
        sa.Column("scope", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("run_id", sa.Unicode(40), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("requested_by", sa.Unicode(200), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("result", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    op.create_index("ix_command_state", "command", ["state", "id"])
    op.create_table(
        "alert",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Unicode(16), nullable=False),
        sa.Column("scope", sa.Unicode(200), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.UnicodeText(), nullable=False),
        sa.Column("details", JsonText(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Unicode(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index("ix_alert_ended_at", "alert", ["ended_at", "id"])


def downgrade() -> None:
    for table in ("turn", "alert", "command", "pause", "knob", "campaign"):
        op.drop_table(table)
    op.drop_index("ix_run_campaign", table_name="run")
    op.drop_index("ix_run_workflow", table_name="run")
    op.drop_index("ix_dpq_campaign", table_name="dpq")
    op.drop_index("ix_dpq_lane", table_name="dpq")
