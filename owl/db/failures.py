"""Verbs of failures: those that owld hasn't looked at, those of one cause, and machines on which many fail."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from owl.db.aim import failed
from owl.db.look import NARROW
from owl.db.schema import blackboard, failure, run
from owl.model import RESCUABLE, Execution, Run, RunState, State

_AT_A_TIME = 200
# A run in one of these still has its failure: neither rescued nor done since.
STILL_FAILED = (*RESCUABLE, RunState.FUTILE, RunState.HELD, RunState.RUNNING, RunState.IDLE)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failed execution, or a run that failed without one, with its cause."""

    global_job_id: str
    start_number: int
    failed_at: datetime
    run_id: str | None = None
    dataset: str | None = None
    host: str | None = None
    step: str = ""
    exit_code: int | None = None
    exit_signal: int | None = None
    hold_code: int | None = None
    says: str = ""
    line: str = ""

    @property
    def cause(self) -> str:
        """The same for all failures of one cause."""
        parts = (self.step, self.exit_code, self.exit_signal, self.hold_code, self.says)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Failures of one cause. `id` is what `owl failures rescue` takes; `runs` can be rescued."""

    id: str
    step: str
    exit_code: int | None
    exit_signal: int | None
    hold_code: int | None
    says: str
    count: int
    runs: int
    first: datetime
    last: datetime
    machines: Mapping[str, int] = field(default_factory=dict)
    example: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class BadNode:
    """A machine on which many different steps failed: of `started` executions `failed`, of so many runs."""

    host: str
    failed: int
    started: int
    steps: int
    runs: int


def unseen(connection: Connection, since: datetime, *, limit: int) -> Sequence[tuple[Execution, Run | None]]:
    """Failed executions since a time (and those that are held) that have no failure yet, with their runs.

    Of a hold that a starter decides the hook tells first, and only the queue tells why: that is waited for.
    """
    known = exists().where(
        failure.c.global_job_id == blackboard.c.global_job_id, failure.c.start_number == blackboard.c.start_number
    )
    held = and_(blackboard.c.state == State.HELD, blackboard.c.hold_code.is_not(None))
    recent = or_(and_(blackboard.c.completion_time >= since, blackboard.c.state != State.HELD), held)
    mine = [column.label(f"of_run_{column.name}") for column in run.columns]
    query = (
        select(*NARROW, *mine)
        .outerjoin(run, run.c.id == blackboard.c.run_id)
        .where(recent, failed(), ~known)
        .order_by(blackboard.c.global_job_id)
        .limit(limit)
    )
    found = []
    for row in connection.execute(query):
        values = dict(row._mapping)
        execution = Execution(**{column.name: values[column.name] for column in NARROW})
        of = {column.name: values[f"of_run_{column.name}"] for column in run.columns}
        found.append((execution, Run(**of) if of["id"] is not None else None))
    return found


def unseen_runs(connection: Connection, since: datetime, *, limit: int) -> Sequence[Run]:
    """Runs that have failed since a time and have no failure of any step."""
    known = exists().where(failure.c.run_id == run.c.id)
    query = select(run).where(run.c.state.in_([RunState.FAILED, RunState.LOST]), run.c.ended_at >= since, ~known)
    return [Run(**row._mapping) for row in connection.execute(query.order_by(run.c.ended_at).limit(limit))]


def add(connection: Connection, new: Sequence[Failure]) -> None:
    """Write failures; those that are there already stay as they are."""
    for start in range(0, len(new), _AT_A_TIME):
        some = {(one.global_job_id, one.start_number): one for one in new[start : start + _AT_A_TIME]}
        jobs = [job for job, _ in some]
        query = select(failure.c.global_job_id, failure.c.start_number).where(failure.c.global_job_id.in_(jobs))
        there = {(row[0], row[1]) for row in connection.execute(query)}
        rows = [_values(one) for key, one in some.items() if key not in there]
        if rows:
            connection.execute(insert(failure), rows)


def groups(
    connection: Connection,
    *,
    since: datetime | None = None,
    workflow: str | None = None,
    campaign: str | None = None,
    everything: bool = False,
    limit: int = 50,
) -> Sequence[Group]:
    """Failures by cause, the most frequent first: of runs that are still failed, or of `everything`."""
    columns = (failure.c.cause, failure.c.step, failure.c.exit_code, failure.c.exit_signal, failure.c.hold_code)
    number = func.count().label("number")
    query = select(
        *columns,
        failure.c.says,
        number,
        func.count(failure.c.run_id.distinct()).label("runs"),
        func.min(failure.c.failed_at).label("first"),
        func.max(failure.c.failed_at).label("last"),
    ).group_by(*columns, failure.c.says)
    for condition in _conditions(since, workflow, campaign, everything):
        query = query.where(condition)
    rows = connection.execute(query.order_by(number.desc(), failure.c.cause).limit(limit)).all()
    machines = _machines(connection, [row.cause for row in rows], since)
    return [
        Group(
            id=row.cause,
            step=row.step,
            exit_code=row.exit_code,
            exit_signal=row.exit_signal,
            hold_code=row.hold_code,
            says=row.says,
            count=row.number,
            runs=row.runs,
            first=row.first,
            last=row.last,
            machines=machines.get(row.cause, {}),
            example=_example(connection, row.cause),
        )
        for row in rows
    ]


def runs_of(connection: Connection, cause: str) -> Sequence[str]:
    """The runs of a cause that are still failed."""
    query = (
        select(failure.c.run_id)
        .join(run, run.c.id == failure.c.run_id)
        .where(failure.c.cause == cause, run.c.state.in_(list(RESCUABLE)))
        .distinct()
        .order_by(failure.c.run_id)
    )
    return list(connection.execute(query).scalars())


def of_cause(connection: Connection, cause: str, *, limit: int = 20) -> Sequence[Failure]:
    """Failures of a cause, the latest first."""
    query = select(failure).where(failure.c.cause == cause).order_by(failure.c.failed_at.desc()).limit(limit)
    return [_failure(row._mapping) for row in connection.execute(query)]


def of_runs(connection: Connection, run_ids: Sequence[str]) -> Sequence[Failure]:
    """Every failure of some runs."""
    found: list[Failure] = []
    for start in range(0, len(run_ids), _AT_A_TIME):
        query = select(failure).where(failure.c.run_id.in_(run_ids[start : start + _AT_A_TIME]))
        found += [_failure(row._mapping) for row in connection.execute(query)]
    return found


def bad_nodes(connection: Connection, since: datetime, *, steps: int, failures: int) -> Sequence[BadNode]:
    """Machines on which, since a time, at least so many failures of so many different steps were."""
    number, kinds = func.count().label("number"), func.count(failure.c.step.distinct()).label("kinds")
    runs = func.count(failure.c.run_id.distinct()).label("runs")
    query = (
        select(failure.c.host, number, kinds, runs)
        .where(failure.c.failed_at >= since, failure.c.host.is_not(None))
        .group_by(failure.c.host)
        .having(number >= failures)
    )
    found = []
    for host, bad, different, of_runs_ in connection.execute(query):
        begun = select(func.count()).where(blackboard.c.host == host, blackboard.c.start_time >= since)
        started = int(connection.execute(begun).scalar_one())
        if different >= steps and of_runs_ > 1:
            found.append(BadNode(host=host, failed=bad, started=max(started, bad), steps=different, runs=of_runs_))
    return sorted(found, key=lambda one: -one.failed)


def _conditions(
    since: datetime | None, workflow: str | None, campaign: str | None, everything: bool
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [] if since is None else [failure.c.failed_at >= since]
    of_run: list[ColumnElement[bool]] = [] if everything else [run.c.state.in_(STILL_FAILED)]
    of_run += [] if workflow is None else [run.c.workflow == workflow]
    of_run += [] if campaign is None else [run.c.campaign == campaign]
    if of_run:
        found.append(failure.c.run_id.in_(select(run.c.id).where(and_(*of_run))))
    return found


def _machines(connection: Connection, causes: Sequence[str], since: datetime | None) -> dict[str, dict[str, int]]:
    number = func.count().label("number")
    query = select(failure.c.cause, failure.c.host, number).where(failure.c.cause.in_(causes))
    query = query.where(failure.c.host.is_not(None)).group_by(failure.c.cause, failure.c.host)
    if since is not None:
        query = query.where(failure.c.failed_at >= since)
    found: dict[str, dict[str, int]] = {}
    for cause, host, count in connection.execute(query.order_by(number.desc())):
        found.setdefault(cause, {})[host] = count
    return found


def _example(connection: Connection, cause: str) -> Failure | None:
    found = of_cause(connection, cause, limit=1)
    return found[0] if found else None


def _values(one: Failure) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__} | {"cause": one.cause}


def _failure(row: Any) -> Failure:
    return Failure(**{name: row[name] for name in Failure.__dataclass_fields__})
