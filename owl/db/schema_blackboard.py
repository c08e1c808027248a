"""The blackboard's table, and the indexes that people look at it by."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Unicode, UnicodeText

from owl.db.metadata import metadata
from owl.db.types import NAME_LENGTH, CompressedJson, Name, StateText, UtcDateTime, empty_first
from owl.model import State

blackboard = Table(
    "blackboard",
    metadata,
    Column("global_job_id", Name(), primary_key=True),
    Column("start_number", Integer, primary_key=True, autoincrement=False),
    Column("state", StateText(State), nullable=False),
    Column("source", Unicode(16), nullable=False),
    Column("observed_at", UtcDateTime, nullable=False),
    Column("run_id", Unicode(40)),
    Column("dataset", Name()),
    Column("owner", Name()),
    Column("process_name", Name()),
    Column("parent_name", UnicodeText),
    Column("schedd", Unicode(NAME_LENGTH)),
    Column("cluster", Integer),
    Column("proc", Integer),
    Column("dagman_cluster", Integer),
    Column("host", Name()),
    Column("start_time", UtcDateTime),
    Column("completion_time", UtcDateTime),
    Column("duration", Float),
    Column("exit_code", Integer),
    Column("exit_signal", Integer),
    Column("exit_reason", UnicodeText),
    Column("hold_code", Integer),
    Column("hold_subcode", Integer),
    Column("hold_reason", UnicodeText),
    Column("work_dir", UnicodeText),
    Column("out", UnicodeText),
    Column("err", UnicodeText),
    Column("log", UnicodeText),
    # 1 or nothing: what an operator looks at has an index of its own, in which the others aren't.
    Column("failed", Integer),
    Column("classad", CompressedJson),
    Column("told_at", CompressedJson),
)
Index("ix_blackboard_run_id", blackboard.c.run_id, blackboard.c.process_name)
Index("ix_blackboard_dataset", blackboard.c.dataset, empty_first(blackboard.c.start_time))
Index("ix_blackboard_state", blackboard.c.state, empty_first(blackboard.c.start_time))
Index("ix_blackboard_owner", blackboard.c.owner, empty_first(blackboard.c.start_time))
Index("ix_blackboard_host", blackboard.c.host, empty_first(blackboard.c.start_time))
# The latest start first, which row it is, and what is filtered by most.
_LATEST = (
    empty_first(blackboard.c.start_time),
    *(
        blackboard.c[name]
        for name in ("global_job_id", "start_number", "dataset", "process_name", "state", "owner")
    ),
)
# What the Monitor walks along: the latest start first, with all that it filters and searches by. The ClassAds make
# the table's own rows many times as large; SQL Server's longest key (1,700 bytes) leaves no room for more.
Index(
    "ix_blackboard_look",
    *_LATEST,
    blackboard.c.exit_code,
    blackboard.c.duration,
    blackboard.c.completion_time,
)
# What failed, the latest start first: a few of a hundred rows, with what is filtered by most.
_FAILED = blackboard.c.failed.is_not(None)
Index(
    "ix_blackboard_failed",
    *_LATEST,
    blackboard.c.failed,
    sqlite_where=_FAILED,
    postgresql_where=_FAILED,
    mssql_where=_FAILED,
)
# What ended when, and how: failures of the last hours, throughput, durations.
Index(
    "ix_blackboard_completion_time",
    empty_first(blackboard.c.completion_time),
    blackboard.c.state,
    blackboard.c.exit_code,
    blackboard.c.exit_signal,
    blackboard.c.process_name,
    blackboard.c.duration,
    blackboard.c.run_id,
)
