"""Pollers: their words about themselves, their file events, and which request came of which event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import JsonText, Name, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("dpq", sa.Column("event_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_dpq_event_id", "dpq", ["event_id"])
    op.create_table(
        "poller",
        sa.Column("name", Name(), nullable=False),
        sa.Column("kind", sa.Unicode(60), nullable=False),
        sa.Column("directory", sa.UnicodeText(), nullable=False),
        sa.Column("host", sa.Unicode(200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("message", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("facts", JsonText(), nullable=False),
        sa.Column("paused_by", sa.Unicode(200), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("pause_reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("scan_asked_at", UtcDateTime(), nullable=True),
        sa.Column("scan_asked_by", sa.Unicode(200), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_poller")),
    )
    _events()


def _events() -> None:
    op.create_table(
        "poller_event",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("poller", Name(), nullable=False),
        sa.Column("path", sa.UnicodeText(), nullable=False),
        sa.Column("path_key", sa.Unicode(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Unicode(64), nullable=False),
        sa.Column("digest", sa.Unicode(64), nullable=False),
        sa.Column("identity", sa.Unicode(64), nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("destination", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("inserted_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poller_event")),
    )
    op.create_index("uq_poller_event_identity", "poller_event", ["identity"], unique=True)
    op.create_index("ix_poller_event_path_key", "poller_event", ["path_key"])
    op.create_index("ix_poller_event_poller", "poller_event", ["poller", "state", "id"])


def downgrade() -> None:
    op.drop_table("poller_event")
    op.drop_table("poller")
    op.drop_index("ix_dpq_event_id", "dpq")
    op.drop_column("dpq", "event_id")
