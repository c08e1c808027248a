"""The first schema: DPQ, runs, submissions, blackboard, daemons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from owl.db.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "blackboard",
        sa.Column("global_job_id", sa.Unicode(200), nullable=False),
        sa.Column("start_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("source", sa.Unicode(16), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("run_id", sa.Unicode(40), nullable=True),
        sa.Column("dataset", sa.Unicode(200), nullable=True),
        sa.Column("owner", sa.Unicode(200), nullable=True),
        sa.Column("process_name", sa.Unicode(200), nullable=True),
        sa.Column("parent_name", sa.UnicodeText(), nullable=True),
        sa.Column("schedd", sa.Unicode(200), nullable=True),
        sa.Column("cluster", sa.Integer(), nullable=True),
        sa.Column("proc", sa.Integer(), nullable=True),
        sa.Column("dagman_cluster", sa.Integer(), nullable=True),
        sa.Column("host", sa.Unicode(200), nullable=True),
        sa.Column("start_time", UtcDateTime(), nullable=True),
        sa.Column("completion_time", UtcDateTime(), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("exit_signal", sa.Integer(), nullable=True),
        sa.Column("exit_reason", sa.UnicodeText(), nullable=True),
        sa.Column("hold_code", sa.Integer(), nullable=True),
        sa.Column("hold_subcode", sa.Integer(), nullable=True),
        sa.Column("hold_reason", sa.UnicodeText(), nullable=True),
        sa.Column("work_dir", sa.UnicodeText(), nullable=True),
        sa.Column("out", sa.UnicodeText(), nullable=True),
        sa.Column("err", sa.UnicodeText(), nullable=True),
        sa.Column("log", sa.UnicodeText(), nullable=True),
        sa.Column("classad", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("global_job_id", "start_number", name=op.f("pk_blackboard")),
    )
    op.create_index("ix_blackboard_dataset", "blackboard", ["dataset", "start_time"])
    op.create_index("ix_blackboard_owner", "blackboard", ["owner", "start_time"])
    op.create_index("ix_blackboard_run_id", "blackboard", ["run_id", "process_name"])
    op.create_index("ix_blackboard_start_time", "blackboard", ["start_time"])
    op.create_index("ix_blackboard_state", "blackboard", ["state", "start_time"])
    op.create_table(
        "daemon",
        sa.Column("name", sa.Unicode(40), nullable=False),
        sa.Column("host", sa.Unicode(200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Unicode(40), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeat", UtcDateTime(), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("message", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("facts", sa.UnicodeText(), nullable=False),
        sa.PrimaryKeyConstraint("name", "host", name=op.f("pk_daemon")),
    )
    op.create_table(
        "dpq",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("dataset", sa.Unicode(200), nullable=False),
        sa.Column("workflow", sa.Unicode(200), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("parameters", sa.UnicodeText(), nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Unicode(200), nullable=False),
        sa.Column("run_id", sa.Unicode(40), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.UnicodeText(), nullable=True),
        sa.Column("rescue_by", sa.Unicode(200), nullable=True),
        sa.Column("rescue_reason", sa.UnicodeText(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dpq")),
    )
    op.create_index("ix_dpq_claim", "dpq", ["state", sa.text("priority DESC"), "id"])
    op.create_index("ix_dpq_dataset_workflow", "dpq", ["dataset", "workflow"])
    op.create_table(
        "run",
        sa.Column("id", sa.Unicode(40), nullable=False),
        sa.Column("entry_id", SERIAL, nullable=False),
        sa.Column("dataset", sa.Unicode(200), nullable=False),
        sa.Column("workflow", sa.Unicode(200), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Unicode(200), server_default="", nullable=False),
        sa.Column("owner", sa.Unicode(200), nullable=False),
        sa.Column("parameters", sa.UnicodeText(), nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("work_dir", sa.UnicodeText(), nullable=False),
        sa.Column("dag_file", sa.UnicodeText(), nullable=True),
        sa.Column("template_digest", sa.Unicode(64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.UnicodeText(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["dpq.id"], name=op.f("fk_run_entry_id_dpq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_dataset", "run", ["dataset", "created_at"])
    op.create_index("ix_run_entry_id", "run", ["entry_id"])
    op.create_index("ix_run_state", "run", ["state", "created_at"])
    op.create_table(
        "submission",
        sa.Column("run_id", sa.Unicode(40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Unicode(16), nullable=False),
        sa.Column("claimed_by", sa.Unicode(200), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by", sa.Unicode(200), nullable=False),
        sa.Column("reason", sa.UnicodeText(), server_default="", nullable=False),
        sa.Column("schedd", sa.Unicode(200), nullable=True),
        sa.Column("cluster", sa.Integer(), nullable=True),
        sa.Column("global_job_id", sa.Unicode(200), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("hold_reason", sa.UnicodeText(), nullable=True),
        sa.Column("nodes_total", sa.Integer(), nullable=True),
        sa.Column("nodes_done", sa.Integer(), nullable=True),
        sa.Column("nodes_failed", sa.Integer(), nullable=True),
        sa.Column("nodes_futile", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_submission_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_submission")),
    )
    op.create_index("ix_submission_schedd_cluster", "submission", ["schedd", "cluster"])
    op.create_index("ix_submission_state", "submission", ["state", "claimed_by"])


def downgrade() -> None:
    op.drop_index("ix_submission_state", table_name="submission")
    op.drop_index("ix_submission_schedd_cluster", table_name="submission")
    op.drop_table("submission")
    op.drop_index("ix_run_state", table_name="run")
    op.drop_index("ix_run_entry_id", table_name="run")
    op.drop_index("ix_run_dataset", table_name="run")
    op.drop_table("run")
    op.drop_index("ix_dpq_dataset_workflow", table_name="dpq")
    op.drop_index("ix_dpq_claim", table_name="dpq")
    op.drop_table("dpq")
    op.drop_table("daemon")
    op.drop_index("ix_blackboard_state", table_name="blackboard")
    op.drop_index("ix_blackboard_start_time", table_name="blackboard")
    op.drop_index("ix_blackboard_run_id", table_name="blackboard")
    op.drop_index("ix_blackboard_owner", table_name="blackboard")
    op.drop_index("ix_blackboard_dataset", table_name="blackboard")
    op.drop_table("blackboard")
