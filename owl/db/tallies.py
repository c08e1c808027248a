"""What is counted for the Dashboard and for History: by time, by cause, by what a run is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from owl.db.constructs import bucket, json_value, walked
from owl.db.look import failed
from owl.db.schema import blackboard, dpq, run
from owl.errors import InvalidFilter
from owl.model import ENTRY_ENDED, EntryState, RunState, State

DAY = 86_400
STEPS_COUNTED = 10_000  # of each state; beyond it the answer is "more than"
GROUPS = 100
SAMPLE = 50_000
_PARAMETER = "parameter:"
_BAD_RUN = (RunState.FAILED, RunState.ABORTED, RunState.LOST)
_OVER = (RunState.DONE, RunState.RESCUED)  # a failure of such a run is nobody's concern any more

_b, _r, _d = blackboard.c, run.c, dpq.c


@dataclass(frozen=True, kw_only=True)
class QueueCell:
    """How many entries of a state and a priority the queue has."""

    state: EntryState
    priority: int
    entries: int


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What ended in a stretch of time: runs and steps, and how many of each badly."""

    start: datetime
    done: int = 0
    failed: int = 0
    steps: int = 0
    steps_failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Runs that ended, by what they are counted by."""

    key: str
    done: int
    failed: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Failed steps of one kind whose runs haven't gone on well since."""

    process_name: str | None
    state: State
    exit_code: int | None
    exit_signal: int | None
    workflow: str | None
    number: int
    runs: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, kw_only=True)
class Lasted:
    """How long a step of a run took."""

    process_name: str
    run_id: str | None
    duration: float


def queue(connection: Connection) -> Sequence[QueueCell]:
    """Entries that haven't ended, by state and priority, the highest first."""
    open_ = [state for state in EntryState if state not in ENTRY_ENDED]
    query = (
        select(_d.state, _d.priority, func.count())
        .where(_d.state.in_(open_))
        .group_by(_d.state, _d.priority)
        .order_by(_d.priority.desc(), _d.state)
    )
    return [QueueCell(state=row[0], priority=row[1], entries=row[2]) for row in connection.execute(query)]


def steps(connection: Connection) -> Mapping[State, int]:
    """Executions by state; `STEPS_COUNTED` + 1 where there are more: millions have ended."""
    found = {}
    for state in State:
        rows = select(_b.state).where(_b.state == state).limit(STEPS_COUNTED + 1).subquery()
        found[state] = connection.execute(select(func.count()).select_from(rows)).scalar_one()
    return found


def throughput(
    connection: Connection, *, since: datetime, until: datetime | None, seconds: int
) -> Sequence[Bucket]:
    """What ended in each stretch of `seconds` that anything ended in."""
    found: dict[int, dict[str, int]] = {}
    which = bucket(_r.ended_at, seconds)
    bad = func.sum(case((_r.state.in_(_BAD_RUN), 1), else_=0))
    query = select(which, func.count(), bad).where(*_within(_r.ended_at, since, until)).group_by(which)
    for number, all_, badly in connection.execute(query):
        found[int(number)] = {"done": all_ - badly, "failed": badly}
    which = bucket(_b.completion_time, seconds)
    bad = func.sum(case((failed(), 1), else_=0))
    query = select(which, func.count(), bad).where(*_within(_b.completion_time, since, until)).group_by(which)
    for number, all_, badly in connection.execute(query):
        found.setdefault(int(number), {}).update(steps=all_, steps_failed=badly)
    return [Bucket(start=_time(number * seconds), **values) for number, values in sorted(found.items())]


def tallies(
    connection: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    by: str = "day",
    conditions: Sequence[ColumnElement[bool]] = (),
) -> Sequence[Tally]:
    """Runs that ended by `day`, `workflow`, `campaign`, `owner` or `parameter:NAME` (such as the instrument)."""
    key = _key(by)
    query = select(key, _r.state, func.count()).where(*_within(_r.ended_at, since, until), *conditions)
    found: dict[str, dict[RunState, int]] = {}
    for value, state, number in connection.execute(query.group_by(key, _r.state)):
        name = f"{_time(int(value) * DAY):%Y-%m-%d}" if by == "day" else str(value if value is not None else "")
        found.setdefault(name, {})[state] = number
    return [
        Tally(
            key=name,
            done=states.get(RunState.DONE, 0),
            failed=sum(states.get(state, 0) for state in _BAD_RUN),
            removed=states.get(RunState.REMOVED, 0),
        )
        for name, states in sorted(found.items())
    ]


def failures(connection: Connection, *, since: datetime) -> Sequence[Failures]:
    """Failed steps by kind, the most frequent first; a step whose run has gone on well since doesn't count."""
    keys = (_b.process_name, _b.state, _b.exit_code, _b.exit_signal, _r.workflow)
    alive = and_(_b.state == State.HELD, _b.completion_time.is_(None), _b.observed_at >= since)
    found: list[Failures] = []
    # Two questions, each of which an index answers; together none would.
    for condition in (and_(_b.completion_time >= since, failed()), alive):
        query = (
            select(*keys, func.count(), func.count(_b.run_id.distinct()), *_first_and_last())
            .select_from(blackboard.outerjoin(run, _r.id == _b.run_id))
            .where(condition, _unsettled())
            .group_by(*keys)
            .order_by(func.count().desc())
            .limit(GROUPS)
        )
        names = ("process_name", "state", "exit_code", "exit_signal", "workflow", "number", "runs", "first", "last")
        found += [Failures(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]
    return sorted(found, key=lambda one: -one.number)


def example(connection: Connection, of: Failures, *, since: datetime) -> Sequence[tuple[str, int]]:
    """The key of the latest execution of such failures; nothing where it has gone meanwhile."""
    same = [_is(column, getattr(of, str(column.key))) for column in (_b.process_name, _b.exit_code, _b.exit_signal)]
    same += [_r.workflow.is_(None) if of.workflow is None else _r.workflow == of.workflow, _unsettled()]
    joined = blackboard.outerjoin(run, _r.id == _b.run_id)
    query = select(_b.global_job_id, _b.start_number).select_from(joined).where(*same)
    if of.state is State.HELD:
        query = query.where(_b.state == State.HELD, _b.observed_at >= since).order_by(_b.start_time.desc())
    else:
        query = query.where(_b.completion_time >= since, walked(_b.state) == of.state)
        query = query.order_by(_b.completion_time.desc())
    return [(row[0], row[1]) for row in connection.execute(query.limit(1))]


def lasted(
    connection: Connection,
    *,
    since: datetime,
    until: datetime | None = None,
    workflow: str | None = None,
    process_name: str | None = None,
) -> Sequence[Lasted]:
    """How long the latest `SAMPLE` steps took that ended within a time and exited with 0."""
    good = (_b.state == State.EXITED, _b.exit_code == 0, _b.duration.is_not(None))
    query = select(_b.process_name, _b.run_id, _b.duration).where(
        *_within(_b.completion_time, since, until), *good, _b.process_name.is_not(None)
    )
    if process_name is not None:
        query = query.where(_b.process_name == process_name)
    if workflow is not None:
        query = query.join(run, _r.id == _b.run_id).where(_r.workflow == workflow)
    query = query.order_by(_b.completion_time.desc()).limit(SAMPLE)
    return [Lasted(process_name=row[0], run_id=row[1], duration=row[2]) for row in connection.execute(query)]


def versions(connection: Connection, workflow: str) -> Sequence[tuple[str, int, datetime, datetime]]:
    """Which versions of a workflow's templates runs were made of: digest, runs, the first's and the last's time."""
    query = (
        select(_r.template_digest, func.count(), func.min(_r.created_at), func.max(_r.created_at))
        .where(_r.workflow == workflow, _r.template_digest.is_not(None))
        .group_by(_r.template_digest)
        .order_by(func.max(_r.created_at).desc())
        .limit(GROUPS)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def _unsettled() -> ColumnElement[bool]:
    """The run hasn't gone on well since; or there is none."""
    return func.coalesce(_r.state, RunState.FAILED.value).not_in([one.value for one in _OVER])


def _is(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    return walked(column).is_(None) if value is None else walked(column) == value


def _first_and_last() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    when = func.coalesce(_b.completion_time, _b.observed_at, type_=_b.observed_at.type)
    return func.min(when, type_=_b.observed_at.type), func.max(when, type_=_b.observed_at.type)


def _key(by: str) -> ColumnElement[Any]:
    columns = {"workflow": _r.workflow, "campaign": _r.campaign, "owner": _r.owner}
    if by == "day":
        return bucket(_r.ended_at, DAY)
    if by in columns:
        return columns[by]
    name = by.removeprefix(_PARAMETER)
    if name == by or not (name.isidentifier() and name.isascii()):
        raise InvalidFilter(
            f"runs can't be counted by {by!r}; give day, workflow, campaign, owner or parameter:NAME"
        )
    return json_value(_r.parameters, name)


def _within(column: ColumnElement[Any], since: datetime, until: datetime | None) -> list[ColumnElement[bool]]:
    return [column >= since, *([column < until] if until is not None else [])]


def _time(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
