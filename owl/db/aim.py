"""From what an operator selects to the targets of a command: steps, or runs with their DAGs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from owl.db.forms import like_pattern
from owl.db.schema import blackboard, run, submission
from owl.errors import NotFound
from owl.intent import OF_RUNS, STEPS_FOR, CommandState, Filter, Selection, Target, TargetKind, Verb
from owl.model import RESCUABLE, RUN_ENDED, RunState, State

MOST = 200_000  # targets of one command
_AT_A_TIME = 500
_ALIVE_RUNS = tuple(state for state in RunState if state not in RUN_ENDED)
_STEP = (
    blackboard.c.global_job_id,
    blackboard.c.run_id,
    blackboard.c.dataset,
    blackboard.c.process_name,
    blackboard.c.owner,
    blackboard.c.schedd,
)
_RUN = (run.c.id, run.c.dataset, run.c.owner, run.c.submission, submission.c.schedd)


def targets(connection: Connection, verb: Verb, selection: Selection) -> list[Target]:
    """What a verb is aimed at.

    Raises:
        NotFound: what is named isn't there. A filter may match nothing: that is no error here.
    """
    found = _named_runs(connection, selection.runs)
    found += _named_jobs(connection, selection.jobs)
    if selection.filter is not None:
        if selection.filter.of_steps and verb not in OF_RUNS:
            found += _steps(connection, verb, selection.filter)
        else:
            found += _runs(connection, verb, selection.filter)
    return list({(one.kind, one.name): one for one in found}.values())


def _steps(connection: Connection, verb: Verb, wanted: Filter) -> list[Target]:
    """The steps of a filter that are in a state for the verb, or in those that it names."""
    states = wanted.states or tuple(STEPS_FOR[verb])
    conditions = [*of_steps(wanted), blackboard.c.state.in_(states)]
    query = select(*_STEP).where(*conditions).distinct().order_by(blackboard.c.global_job_id).limit(MOST)
    return [_step(row) for row in connection.execute(query)]


def _runs(connection: Connection, verb: Verb, wanted: Filter) -> list[Target]:
    states = tuple(RESCUABLE) if verb is Verb.RESCUE else _ALIVE_RUNS
    if wanted.run_states:
        states = tuple(state for state in states if state in wanted.run_states)
    query = _select_runs().where(run.c.state.in_(states), *_of_runs(wanted)).order_by(run.c.created_at, run.c.id)
    return [_run(row) for row in connection.execute(query.limit(MOST))]


def of_steps(wanted: Filter) -> list[ColumnElement[bool]]:
    """Conditions on the blackboard; the states apart."""
    conditions = [
        like(blackboard.c.dataset, wanted.dataset),
        like(blackboard.c.process_name, wanted.process_name),
        like(blackboard.c.host, wanted.host),
        like(blackboard.c.owner, wanted.owner),
        like(blackboard.c.run_id, wanted.run_id),
        failed() if wanted.failed else None,
    ]
    narrow = [one for one in (like(run.c.workflow, wanted.workflow), like(run.c.campaign, wanted.campaign))]
    narrow += [run.c.state.in_(wanted.run_states)] if wanted.run_states else []
    if any(one is not None for one in narrow):
        mine = select(run.c.id).where(*(one for one in narrow if one is not None))
        conditions.append(blackboard.c.run_id.in_(mine))
    return [one for one in conditions if one is not None]


def like(column: ColumnElement[Any], text: str | None) -> ColumnElement[bool] | None:
    """A column is that text, or like it where the text holds `*` or `?`."""
    if text is None or not text.strip("*"):
        return None
    if "*" not in text and "?" not in text:
        return column == text
    return column.like(like_pattern(text), escape="\\")


def failed() -> ColumnElement[bool]:
    """An execution has failed, is held or is lost."""
    bad_exit = and_(
        blackboard.c.state == State.EXITED,
        or_(blackboard.c.exit_code != 0, blackboard.c.exit_signal.is_not(None)),
    )
    return or_(bad_exit, blackboard.c.state.in_([State.HELD, State.LOST, State.ABORTED]))


def _of_runs(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions = [
        like(run.c.dataset, wanted.dataset),
        like(run.c.workflow, wanted.workflow),
        like(run.c.campaign, wanted.campaign),
        like(run.c.owner, wanted.owner),
        like(run.c.id, wanted.run_id),
    ]
    if wanted.of_steps:
        some = select(blackboard.c.run_id).where(
            *of_steps(wanted), *([blackboard.c.state.in_(wanted.states)] if wanted.states else [])
        )
        conditions.append(run.c.id.in_(some))
    return [one for one in conditions if one is not None]


def _named_runs(connection: Connection, names: Sequence[str]) -> list[Target]:
    """Runs by id, else the newest of a dataset of that name."""
    found: dict[str, Target] = {}
    for some in _chunks(names):
        for row in connection.execute(_select_runs().where(run.c.id.in_(some))):
            found[row.id] = _run(row)
        for row in connection.execute(_newest(some)):
            found.setdefault(row.dataset, _run(row))
    for name in names:
        if name not in found:
            there = "`owl jobs` shows those there are, `owl dpq list` what still waits"
            raise NotFound(f"there is no run or dataset {ascii(name)[:80]}; {there}")
    return [found[name] for name in names]


def _newest(datasets: Sequence[str]) -> Select[Any]:
    latest = (
        select(run.c.id, func.row_number().over(partition_by=run.c.dataset, order_by=_NEWEST).label("age"))
        .where(run.c.dataset.in_(datasets))
        .subquery()
    )
    return _select_runs().where(run.c.id.in_(select(latest.c.id).where(latest.c.age == 1)))


_NEWEST = (run.c.created_at.desc(), run.c.id.desc())


def _named_jobs(connection: Connection, names: Sequence[str]) -> list[Target]:
    found: dict[str, Target] = {}
    for some in _chunks(names):
        query = select(*_STEP).where(blackboard.c.global_job_id.in_(some)).order_by(blackboard.c.start_number)
        found |= {row.global_job_id: _step(row) for row in connection.execute(query)}
    for name in names:
        if name not in found:
            raise NotFound(f"there is no job {ascii(name)[:80]}; `owl jobs` shows those there are")
    return [found[name] for name in names]


def states_of(connection: Connection, run_ids: Sequence[str]) -> Mapping[str, RunState]:
    """The states of some runs."""
    found: dict[str, RunState] = {}
    for some in _chunks(run_ids):
        query = select(run.c.id, run.c.state).where(run.c.id.in_(some))
        found |= {row.id: row.state for row in connection.execute(query)}
    return found


def _select_runs() -> Select[Any]:
    last = and_(submission.c.run_id == run.c.id, submission.c.number == run.c.submission)
    return select(*_RUN).outerjoin(submission, last)


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _AT_A_TIME] for start in range(0, len(names), _AT_A_TIME))


def _run(row: Any) -> Target:
    return Target(
        command_id=0,
        id=0,
        kind=TargetKind.RUN,
        name=row.id,
        run_id=row.id,
        dataset=row.dataset,
        owner=row.owner,
        schedd=row.schedd,
        number=row.submission,
        state=CommandState.QUEUED,
    )


def _step(row: Any) -> Target:
    return Target(
        command_id=0,
        id=0,
        kind=TargetKind.STEP,
        name=row.global_job_id,
        run_id=row.run_id,
        dataset=row.dataset,
        process_name=row.process_name,
        owner=row.owner,
        schedd=row.schedd or row.global_job_id.partition("#")[0],
        state=CommandState.QUEUED,
    )
