"""What the GUI and the command line page through: executions, runs, entries, commands, the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, func, or_, select

from owl.db.constructs import walked
from owl.db.paging import Field, Source, Special
from owl.db.schema import audit, blackboard, command, dpq, run
from owl.db.words import Kind, Words
from owl.errors import NotFound
from owl.model import ENDED, ENTRY_ENDED, RUN_ENDED, Entry, EntryState, Execution, Run, RunState, State

_AT_A_TIME = 400
_LEFT_OUT = frozenset({"classad", "told_at", "failed"})  # large, or for its index alone
NARROW = tuple(column for column in blackboard.columns if column.name not in _LEFT_OUT)

_b, _r, _d, _c, _a = blackboard.c, run.c, dpq.c, command.c, audit.c


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """What somebody did that is no command: a login, an account that was changed, a token that was made."""

    id: int
    at: datetime
    actor: str
    verb: str
    scope: str
    reason: str
    result: str


def _named(states: type[StrEnum], **groups: Sequence[StrEnum]) -> Mapping[str, Sequence[StrEnum]]:
    return {**{state.value.lower(): [state] for state in states}, **groups, "all": list(states)}


def _text(column: Column[Any], **given: Any) -> Field:
    return Field(column=column, kind=Kind.TEXT, **given)


def _number(column: Column[Any], **given: Any) -> Field:
    return Field(column=column, kind=Kind.NUMBER, **given)


def _time(column: Column[Any], **given: Any) -> Field:
    return Field(column=column, kind=Kind.TIME, **given)


def _of_runs(column: ColumnElement[Any]) -> tuple[str, Any]:
    """A filter on a column of the run that an execution is of."""

    def transform(words: Words) -> Words:
        wanted = select(_r.id).where(words.build(column))
        return replace(words, build=lambda run_id: run_id.in_(wanted), exact=False)

    return "run_id", transform


def failed(column: Any = walked) -> ColumnElement[bool]:
    """What an operator looks at: it ended badly, is held, or is lost. A signal leaves no exit code."""
    bad = and_(column(_b.state) == State.EXITED, or_(column(_b.exit_code) != 0, column(_b.exit_code).is_(None)))
    return or_(bad, column(_b.state).in_([State.HELD, State.LOST, State.ABORTED]))


EXECUTIONS = Source(
    table=blackboard,
    key=(_b.global_job_id, _b.start_number),
    fields={
        "dataset": _text(_b.dataset, indexed=True, then="start_time"),
        "state": Field(column=_b.state, kind=Kind.STATE, indexed=True, then="start_time"),
        "owner": _text(_b.owner, indexed=True, then="start_time"),
        "start_time": _time(_b.start_time),
        "process_name": _text(_b.process_name),
        "parent_name": _text(_b.parent_name, sortable=False),
        "duration": _number(_b.duration),
        "completion_time": _time(_b.completion_time),
        "exit_code": _number(_b.exit_code),
        "exit_signal": _number(_b.exit_signal, sortable=False),
        "hold_code": _number(_b.hold_code, sortable=False),
        "global_job_id": _text(_b.global_job_id, indexed=True),
        "host": _text(_b.host, indexed=True, then="start_time"),
        "cluster": _number(_b.cluster, sortable=False),
        "run_id": _text(_b.run_id, indexed=True, sortable=False),
    },
    search=(_b.dataset, _b.process_name, _b.global_job_id),
    sort=(("start_time", True),),
    states=_named(State, active=[one for one in State if one not in ENDED], ended=sorted(ENDED)),
    by_state=frozenset({"start_time"}),
    through={"workflow": _of_runs(_r.workflow), "campaign": _of_runs(_r.campaign), "run_state": _of_runs(_r.state)},
    special={"failed": Special(field=_number(_b.failed, indexed=True, then="start_time"), walked=failed)},
)

RUNS = Source(
    table=run,
    key=(_r.id,),
    fields={
        "dataset": _text(_r.dataset, indexed=True, then="created_at"),
        "workflow": _text(_r.workflow, indexed=True),
        "campaign": _text(_r.campaign, indexed=True),
        "owner": _text(_r.owner),
        "state": Field(column=_r.state, kind=Kind.STATE, indexed=True, then="created_at"),
        "priority": _number(_r.priority),
        "submission": _number(_r.submission),
        "created_at": _time(_r.created_at),
        "ended_at": _time(_r.ended_at, indexed=True),
        "template_digest": _text(_r.template_digest, sortable=False),
        "id": _text(_r.id, indexed=True),
        "entry_id": _number(_r.entry_id, indexed=True),
        "error": _text(_r.error, sortable=False),
    },
    search=(_r.dataset, _r.workflow, _r.campaign, _r.id),
    sort=(("created_at", True),),
    states=_named(
        RunState,
        active=[one for one in RunState if one not in RUN_ENDED],
        ended=sorted(RUN_ENDED),
        failed=[RunState.FAILED, RunState.ABORTED, RunState.LOST],
    ),
    walks=False,
    by_state=frozenset({"created_at"}),
)

ENTRIES = Source(
    table=dpq,
    key=(_d.id,),
    fields={
        "id": _number(_d.id, indexed=True),
        "dataset": _text(_d.dataset, indexed=True),
        "workflow": _text(_d.workflow),
        "priority": _number(_d.priority),
        "campaign": _text(_d.campaign, indexed=True),
        "state": Field(column=_d.state, kind=Kind.STATE, indexed=True, then="priority"),
        "created_at": _time(_d.created_at),
        "created_by": _text(_d.created_by),
        "attempts": _number(_d.attempts),
        "not_before": _time(_d.not_before),
        "ended_at": _time(_d.ended_at),
        "run_id": _text(_d.run_id, sortable=False),
        "error": _text(_d.error, sortable=False),
    },
    search=(_d.dataset, _d.workflow, _d.campaign),
    sort=(("priority", True), ("id", False)),
    states=_named(
        EntryState,
        active=[one for one in EntryState if one not in ENTRY_ENDED],
        ended=sorted(ENTRY_ENDED),
        open=[one for one in EntryState if one not in ENTRY_ENDED],
    ),
    walks=False,
    by_state=frozenset({"priority"}),
)

COMMANDS = Source(
    table=command,
    key=(_c.id,),
    fields={
        "id": _number(_c.id, indexed=True),
        "verb": _text(_c.verb),
        "kind": _text(_c.kind),
        "scope": _text(_c.scope),
        "run_id": _text(_c.run_id),
        "requested_by": _text(_c.requested_by),
        "requested_at": _time(_c.requested_at),
        "reason": _text(_c.reason),
        "state": _text(_c.state),
        "result": _text(_c.result),
        "ended_at": _time(_c.ended_at),
    },
    search=(_c.scope, _c.run_id, _c.reason, _c.requested_by),
    sort=(("id", True),),
    states={},
)

AUDIT = Source(
    table=audit,
    key=(_a.id,),
    fields={
        "id": _number(_a.id, indexed=True),
        "at": _time(_a.at),
        "actor": _text(_a.actor),
        "verb": _text(_a.verb),
        "scope": _text(_a.scope),
        "reason": _text(_a.reason),
        "result": _text(_a.result),
    },
    search=(_a.actor, _a.scope, _a.result),
    sort=(("id", True),),
    states={},
)


def executions(connection: Connection, found: Sequence[Sequence[Any]]) -> Sequence[Execution]:
    """The executions of some keys, in their order, without their ads."""
    wanted = [(str(row[0]), int(row[1])) for row in found]
    jobs = list(dict.fromkeys(job for job, _ in wanted))
    # By the job alone: neither SQLite's planner nor T-SQL makes use of pairs. A job has few starts.
    rows = {
        (row.global_job_id, row.start_number): Execution(**row._mapping)
        for row in _by_key(connection, select(*NARROW), _b.global_job_id, jobs)
    }
    return [rows[key] for key in wanted if key in rows]


def execution(connection: Connection, global_job_id: str, start_number: int) -> Execution:
    """One execution with its ad, or `NotFound`."""
    query = select(*NARROW, _b.classad).where(_b.global_job_id == global_job_id, _b.start_number == start_number)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no execution {start_number} of {global_job_id!r} on the blackboard")
    return Execution(**row._mapping)


def runs(connection: Connection, ids: Sequence[str]) -> Mapping[str, Run]:
    """Some runs by their ids."""
    return {row.id: Run(**row._mapping) for row in _by_key(connection, select(run), _r.id, ids)}


def entries(connection: Connection, ids: Sequence[int]) -> Mapping[int, Entry]:
    """Some entries by their numbers."""
    return {row.id: Entry(**row._mapping) for row in _by_key(connection, select(dpq), _d.id, ids)}


def rows_of(connection: Connection, source: Source, ids: Sequence[Any]) -> Mapping[Any, Mapping[Any, Any]]:
    """Rows of a source whose key is one column, by that."""
    [key] = source.key
    return {row._mapping[key]: row._mapping for row in _by_key(connection, select(source.table), key, ids)}


def steps_of(connection: Connection, run_ids: Sequence[str]) -> Mapping[str, Sequence[Execution]]:
    """The executions of some runs by run, in the order in which they came."""
    found: dict[str, list[Execution]] = {one: [] for one in run_ids}
    for row in _by_key(connection, select(*NARROW), _b.run_id, run_ids):
        found[row.run_id].append(Execution(**row._mapping))
    for steps in found.values():
        steps.sort(key=lambda one: (one.start_time or one.observed_at, one.cluster or 0, one.start_number))
    return found


def run_ids(connection: Connection, keys: Sequence[tuple[str, int]]) -> Sequence[str]:
    """The runs of some executions, each once."""
    return list(dict.fromkeys(one.run_id for one in executions(connection, keys) if one.run_id))


def bounded(connection: Connection, condition: ColumnElement[bool], most: int) -> int:
    """How many executions meet a condition; `most` + 1 where there are more."""
    rows = select(_b.state).where(condition).limit(most + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(rows)).scalar_one())


def _by_key(
    connection: Connection, query: Select[Any], key: ColumnElement[Any], wanted: Sequence[Any]
) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), _AT_A_TIME):
        found += connection.execute(query.where(key.in_(wanted[start : start + _AT_A_TIME]))).all()
    return found
