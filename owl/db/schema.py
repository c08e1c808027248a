"""The tables. `migrations/` leads to exactly these; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Unicode,
    UnicodeText,
)

from owl.db.metadata import SERIAL
from owl.db.metadata import metadata as metadata
from owl.db.schema_blackboard import blackboard as blackboard
from owl.db.schema_intake import association as association
from owl.db.schema_intake import association_member as association_member
from owl.db.schema_intake import poller as poller
from owl.db.schema_intake import poller_event as poller_event
from owl.db.types import NAME_LENGTH, JsonText, Name, StateText, UtcDateTime
from owl.model import EntryState, Role, RunState

SCHEMA_VERSION = "0011"

dpq = Table(
    "dpq",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("dataset", Name(), nullable=False),
    Column("workflow", Unicode(NAME_LENGTH), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("campaign", Unicode(NAME_LENGTH), nullable=False, server_default=""),
    Column("parameters", JsonText, nullable=False),
    Column("state", StateText(EntryState), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Unicode(NAME_LENGTH), nullable=False),
    Column("run_id", Unicode(40)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("error", UnicodeText),
    # A waiting entry with these is a rescue of its run: it passes the same order and the same limits.
    Column("rescue_by", Unicode(NAME_LENGTH)),
    Column("rescue_reason", UnicodeText),
    # Only a shoveler of this account takes it: the run's files are its own.
    Column("rescue_owner", Unicode(NAME_LENGTH)),
    Column("event_id", BigInteger),
)
Index("ix_dpq_claim", dpq.c.state, dpq.c.priority.desc(), dpq.c.id)
Index("ix_dpq_dataset_workflow", dpq.c.dataset, dpq.c.workflow)
# Where a lane (a workflow's entries of one campaign) is closed, the others are read each by itself.
Index("ix_dpq_lane", dpq.c.state, dpq.c.workflow, dpq.c.campaign, dpq.c.priority.desc(), dpq.c.id)
Index("ix_dpq_campaign", dpq.c.campaign, dpq.c.state)
Index("ix_dpq_event_id", dpq.c.event_id)

run = Table(
    "run",
    metadata,
    Column("id", Unicode(40), primary_key=True),
    Column("entry_id", SERIAL, ForeignKey("dpq.id"), nullable=False),
    Column("dataset", Name(), nullable=False),
    Column("workflow", Unicode(NAME_LENGTH), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("campaign", Unicode(NAME_LENGTH), nullable=False, server_default=""),
    Column("owner", Unicode(NAME_LENGTH), nullable=False),
    Column("parameters", JsonText, nullable=False),
    Column("state", StateText(RunState), nullable=False),
    Column("submission", Integer, nullable=False),
    Column("work_dir", UnicodeText, nullable=False),
    Column("dag_file", UnicodeText),
    Column("template_digest", Unicode(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("error", UnicodeText),
)
Index("ix_run_state", run.c.state, run.c.created_at)
Index("ix_run_dataset", run.c.dataset, run.c.created_at)
Index("ix_run_entry_id", run.c.entry_id)
Index("ix_run_workflow", run.c.workflow, run.c.ended_at)
Index("ix_run_campaign", run.c.campaign, run.c.ended_at)
# What has ended, by day: with all that it is counted by, so that the table's rows aren't read.
Index("ix_run_ended_at", run.c.ended_at, run.c.state, run.c.workflow, run.c.campaign)

# Runs of one workflow and one priority that share a condor_dagman (a super-job).
bundle = Table(
    "bundle",
    metadata,
    Column("id", Unicode(40), primary_key=True),
    Column("workflow", Unicode(NAME_LENGTH), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("directory", UnicodeText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    Column("run_id", Unicode(40), ForeignKey("run.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", StateText(RunState), nullable=False),
    Column("claimed_by", Unicode(NAME_LENGTH), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("requested_by", Unicode(NAME_LENGTH), nullable=False),
    Column("reason", UnicodeText, nullable=False, server_default=""),
    Column("schedd", Unicode(NAME_LENGTH)),
    Column("cluster", Integer),
    Column("global_job_id", Unicode(NAME_LENGTH)),
    Column("submitted_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("exit_code", Integer),
    Column("hold_reason", UnicodeText),
    Column("nodes_total", Integer),
    Column("nodes_done", Integer),
    Column("nodes_failed", Integer),
    Column("nodes_futile", Integer),
    # Of `bundle`; where there is one, schedd, cluster and global_job_id are its DAGMan job's, shared with others.
    Column("bundle_id", Unicode(40)),
)
Index("ix_submission_bundle_id", submission.c.bundle_id)
Index("ix_submission_state", submission.c.state, submission.c.claimed_by)
Index("ix_submission_schedd_cluster", submission.c.schedd, submission.c.cluster)

failure = Table(
    "failure",
    metadata,
    Column("global_job_id", Unicode(NAME_LENGTH), primary_key=True),
    Column("start_number", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Unicode(40)),
    Column("dataset", Unicode(NAME_LENGTH)),
    Column("host", Unicode(NAME_LENGTH)),
    Column("failed_at", UtcDateTime, nullable=False),
    # What makes the failures of one cause: equal values of `cause`, which is made of the rest.
    Column("cause", Unicode(16), nullable=False),
    Column("step", Unicode(NAME_LENGTH), nullable=False, server_default=""),
    Column("exit_code", Integer),
    Column("exit_signal", Integer),
    Column("hold_code", Integer),
    Column("says", Unicode(200), nullable=False, server_default=""),
    Column("line", UnicodeText, nullable=False, server_default=""),
)
Index("ix_failure_run_id", failure.c.run_id)
Index("ix_failure_cause", failure.c.cause, failure.c.failed_at)
Index("ix_failure_failed_at", failure.c.failed_at)

daemon = Table(
    "daemon",
    metadata,
    Column("name", Unicode(40), primary_key=True),
    Column("host", Unicode(NAME_LENGTH), primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("version", Unicode(40), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("message", UnicodeText, nullable=False, server_default=""),
    Column("facts", JsonText, nullable=False),
)

campaign = Table(
    "campaign",
    metadata,
    Column("name", Unicode(NAME_LENGTH), primary_key=True),
    Column("description", UnicodeText, nullable=False, server_default=""),
    Column("created_by", Unicode(NAME_LENGTH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("cancelled_by", Unicode(NAME_LENGTH)),
    Column("cancelled_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
)

knob = Table(
    "knob",
    metadata,
    Column("name", Unicode(40), primary_key=True),
    Column("kind", Unicode(16), primary_key=True),
    Column("scope", Unicode(NAME_LENGTH), primary_key=True),
    Column("value", Float, nullable=False),
    Column("set_by", Unicode(NAME_LENGTH), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

pause = Table(
    "pause",
    metadata,
    Column("kind", Unicode(16), primary_key=True),
    Column("scope", Unicode(NAME_LENGTH), primary_key=True),
    Column("paused_by", Unicode(NAME_LENGTH), nullable=False),
    Column("paused_at", UtcDateTime, nullable=False),
    Column("reason", UnicodeText, nullable=False),
    Column("probe_run", Unicode(40)),
    Column("probed_at", UtcDateTime),
)

command = Table(
    "command",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("verb", Unicode(40), nullable=False),
    Column("kind", Unicode(16), nullable=False, server_default=""),
    Column("scope", Unicode(NAME_LENGTH), nullable=False, server_default=""),
    Column("run_id", Unicode(40)),
    Column("value", Float),
    Column("requested_by", Unicode(NAME_LENGTH), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("reason", UnicodeText, nullable=False, server_default=""),
    Column("state", Unicode(16), nullable=False),
    Column("result", UnicodeText, nullable=False, server_default=""),
    Column("ended_at", UtcDateTime),
    Column("filter", UnicodeText, nullable=False, server_default=""),
    Column("options", JsonText),
    Column("expires_at", UtcDateTime),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    # Each is made from the one before: a row that was changed or taken out shows (see owl.db.audit).
    Column("digest", Unicode(64), nullable=False, server_default=""),
    Column("end_digest", Unicode(64), nullable=False, server_default=""),
)
Index("ix_command_state", command.c.state, command.c.id)

command_target = Table(
    "command_target",
    metadata,
    Column("command_id", SERIAL, ForeignKey("command.id"), primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Unicode(8), nullable=False),
    Column("name", Unicode(NAME_LENGTH), nullable=False),
    Column("run_id", Unicode(40)),
    Column("dataset", Unicode(NAME_LENGTH)),
    Column("process_name", Unicode(NAME_LENGTH)),
    Column("owner", Unicode(NAME_LENGTH)),
    Column("schedd", Unicode(NAME_LENGTH)),
    Column("number", Integer),
    Column("taken_by", Unicode(NAME_LENGTH)),
    Column("state", Unicode(16), nullable=False),
    Column("result", UnicodeText, nullable=False, server_default=""),
    Column("ended_at", UtcDateTime),
)
Index("ix_command_target_state", command_target.c.state, command_target.c.schedd)
Index("ix_command_target_run_id", command_target.c.run_id, command_target.c.command_id)

alert = Table(
    "alert",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("kind", Unicode(16), nullable=False),
    Column("scope", Unicode(NAME_LENGTH), nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("text", UnicodeText, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", Unicode(NAME_LENGTH)),
    Column("told_at", UtcDateTime),
)
Index("ix_alert_ended_at", alert.c.ended_at, alert.c.id)

turn = Table(
    "turn",
    metadata,
    # Shovelers claim one after the other: limits that two read at the same time would both be exceeded.
    Column("name", Unicode(40), primary_key=True),
    Column("taken_by", Unicode(NAME_LENGTH), nullable=False),
    Column("taken_at", UtcDateTime),
)

account = Table(
    "account",
    metadata,
    Column("name", Unicode(NAME_LENGTH), primary_key=True),
    Column("role", StateText(Role), nullable=False),
    Column("password", UnicodeText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Unicode(NAME_LENGTH), nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("last_login", UtcDateTime),
    Column("preferences", JsonText, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("account", Unicode(NAME_LENGTH), ForeignKey("account.name"), nullable=False),
    Column("label", Unicode(NAME_LENGTH), nullable=False),
    Column("digest", Unicode(64), nullable=False),
    Column("role", StateText(Role), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Unicode(NAME_LENGTH), nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
Index("ix_token_digest", token.c.digest, unique=True)
Index("ix_token_account", token.c.account)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("account", Unicode(NAME_LENGTH), ForeignKey("account.name"), nullable=False),
    Column("page", Unicode(40), nullable=False),
    Column("title", Unicode(NAME_LENGTH), nullable=False),
    Column("query", UnicodeText, nullable=False),
    Column("shared", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
)
Index("ix_saved_view_account", saved_view.c.account, saved_view.c.page, saved_view.c.title, unique=True)
Index("ix_saved_view_page", saved_view.c.page, saved_view.c.shared)

audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Unicode(NAME_LENGTH), nullable=False),
    Column("verb", Unicode(40), nullable=False),
    Column("scope", Unicode(NAME_LENGTH), nullable=False, server_default=""),
    Column("reason", UnicodeText, nullable=False, server_default=""),
    Column("result", UnicodeText, nullable=False, server_default=""),
)
Index("ix_audit_at", audit.c.at, audit.c.id)
