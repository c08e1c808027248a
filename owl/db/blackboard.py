"""Verbs of the blackboard: reports go in, in any order and any number of times; executions come out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from owl.db.dpq import like_pattern
from owl.db.schema import blackboard, run
from owl.db.types import NAME_LENGTH
from owl.model import ENDED, Execution, State, may_follow

Key = tuple[str, int]

_KEY = ("global_job_id", "start_number")
_GUARDED = frozenset({*_KEY, "state", "source", "observed_at", "classad"})
_COLUMNS = tuple(field.name for field in dataclasses.fields(Execution))
_PLAIN = tuple(name for name in _COLUMNS if name not in _GUARDED)
_SHORT = tuple(column.name for column in blackboard.columns if getattr(column.type, "length", None) == NAME_LENGTH)
_KEYS_AT_A_TIME = 400  # SQLite takes 32,766 parameters in a statement, SQL Server 2,100


def record(connection: Connection, reports: Iterable[Execution]) -> int:
    """Write reports on executions; returns how many rows are new or changed.

    Late, repeated and out-of-order reports end in the same rows: see `merge`.
    """
    incoming: dict[Key, list[Execution]] = {}
    for report in reports:
        incoming.setdefault((report.global_job_id, report.start_number), []).append(report)
    known = _locked(connection, list(incoming))
    fresh, changed = [], []
    for key, several in incoming.items():
        before = known.get(key)
        after = before
        for report in several:
            after = merge(after, report)
        if before is None:
            fresh.append(after)
        elif after != before:
            changed.append(after)
    if fresh:
        connection.execute(insert(blackboard), [_values(row) for row in fresh if row is not None])
    if changed:
        _update(connection, [row for row in changed if row is not None])
    return len(fresh) + len(changed)


def merge(known: Execution | None, report: Execution) -> Execution:
    """What is known after a report: the state moves forward only, newer fields replace older ones."""
    if known is None:
        return _complete(report)
    newer = report.observed_at >= known.observed_at
    fields: dict[str, Any] = {}
    for name in _PLAIN:
        old, new = getattr(known, name), getattr(report, name)
        fields[name] = (new if new is not None else old) if newer else (old if old is not None else new)
    if may_follow(known.state, report.state, newer=report.observed_at > known.observed_at):
        fields |= {"state": report.state, "source": report.source}
    if report.classad is not None:
        first, last = (known.classad, report.classad) if newer else (report.classad, known.classad)
        fields["classad"] = {**(first or {}), **(last or {})}
    fields["observed_at"] = max(known.observed_at, report.observed_at)
    return _complete(dataclasses.replace(known, **fields))


def find(
    connection: Connection,
    *,
    dataset: str | None = None,
    workflow: str | None = None,
    process_name: str | None = None,
    owner: str | None = None,
    run_id: str | None = None,
    states: Iterable[State] = (),
    failed: bool = False,
    limit: int = 50,
    offset: int = 0,
    with_classad: bool = False,
) -> Sequence[Execution]:
    """Executions, the latest start first. `dataset` and `process_name` may hold `*` and `?`."""
    conditions = [
        _like(blackboard.c.dataset, dataset),
        _like(blackboard.c.process_name, process_name),
        None if owner is None else blackboard.c.owner == owner,
        None if run_id is None else blackboard.c.run_id == run_id,
        _any_state(states),
        _failed() if failed else None,
        None if workflow is None else blackboard.c.run_id.in_(select(run.c.id).where(run.c.workflow == workflow)),
    ]
    query = (
        _select(with_classad)
        .where(*(condition for condition in conditions if condition is not None))
        .order_by(blackboard.c.start_time.desc(), blackboard.c.global_job_id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_execution(row) for row in connection.execute(query)]


def of_runs(connection: Connection, run_ids: Sequence[str]) -> Sequence[Execution]:
    """Every execution of some runs, in the order in which they started."""
    rows: list[Execution] = []
    for start in range(0, len(run_ids), _KEYS_AT_A_TIME):
        some = run_ids[start : start + _KEYS_AT_A_TIME]
        query = _select(False).where(blackboard.c.run_id.in_(some))
        rows += [_execution(row) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: (row.start_time or row.observed_at, row.cluster or 0, row.start_number))


def of_jobs(connection: Connection, global_job_ids: Sequence[str]) -> Mapping[str, Sequence[Execution]]:
    """Every execution of some jobs by job, in the order of their start numbers."""
    found: dict[str, list[Execution]] = {}
    for start in range(0, len(global_job_ids), _KEYS_AT_A_TIME):
        some = global_job_ids[start : start + _KEYS_AT_A_TIME]
        query = _select(False).where(blackboard.c.global_job_id.in_(some)).order_by(blackboard.c.start_number)
        for row in connection.execute(query):
            found.setdefault(row.global_job_id, []).append(_execution(row))
    return found


def not_ended(connection: Connection, *, schedd: str) -> Sequence[Execution]:
    """Executions of a schedd's jobs that are still open."""
    alive = [state for state in State if state not in ENDED]
    query = _select(False).where(blackboard.c.schedd == schedd, blackboard.c.state.in_(alive))
    return [_execution(row) for row in connection.execute(query)]


def counts(connection: Connection) -> Mapping[State, int]:
    """How many executions are in each state."""
    query = select(blackboard.c.state, func.count()).group_by(blackboard.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def _select(with_classad: bool) -> Select[Any]:
    return select(*(column for column in blackboard.columns if with_classad or column.name != "classad"))


def _locked(connection: Connection, keys: Sequence[Key]) -> dict[Key, Execution]:
    """The rows of these keys, locked where the database locks rows (SQLite's writer is alone anyway)."""
    found: dict[Key, Execution] = {}
    for start in range(0, len(keys), _KEYS_AT_A_TIME):
        some = keys[start : start + _KEYS_AT_A_TIME]
        query = select(blackboard).where(_has_key(connection, some)).with_for_update()
        for row in connection.execute(query):
            found[(row.global_job_id, row.start_number)] = _execution(row)
    return found


def _has_key(connection: Connection, keys: Sequence[Key]) -> ColumnElement[bool]:
    if connection.dialect.name == "mssql":  # T-SQL has no row values
        return or_(
            *(and_(blackboard.c.global_job_id == job, blackboard.c.start_number == number) for job, number in keys)
        )
    return tuple_(blackboard.c.global_job_id, blackboard.c.start_number).in_(keys)


def _update(connection: Connection, rows: Sequence[Execution]) -> None:
    names = [name for name in _COLUMNS if name not in _KEY]
    statement = (
        update(blackboard)
        .where(blackboard.c.global_job_id == bindparam("key_job"))
        .where(blackboard.c.start_number == bindparam("key_number"))
        .values({name: bindparam(name) for name in names})
    )
    values = []
    for row in rows:
        given = _values(row)
        values.append({"key_job": given.pop("global_job_id"), "key_number": given.pop("start_number"), **given})
    connection.execute(statement, values)


def _complete(row: Execution) -> Execution:
    """Fill in what follows from the rest: a duration from two times."""
    if row.duration is None and row.start_time is not None and row.completion_time is not None:
        seconds = max(0.0, (row.completion_time - row.start_time).total_seconds())
        return dataclasses.replace(row, duration=seconds)
    return row


def _like(column: ColumnElement[Any], text: str | None) -> ColumnElement[bool] | None:
    if text is None:
        return None
    if "*" not in text and "?" not in text:
        return column == text
    return column.like(like_pattern(text), escape="\\")


def _any_state(states: Iterable[State]) -> ColumnElement[bool] | None:
    wanted = list(states)
    return blackboard.c.state.in_(wanted) if wanted else None


def _failed() -> ColumnElement[bool]:
    bad_exit = and_(
        blackboard.c.state == State.EXITED,
        or_(blackboard.c.exit_code != 0, blackboard.c.exit_signal.is_not(None)),
    )
    return or_(bad_exit, blackboard.c.state.in_([State.HELD, State.LOST, State.ABORTED]))


def _values(row: Execution) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    for name in _SHORT:  # ads are hostile: a name longer than its column must not stop the batch
        if values[name] is not None:
            values[name] = values[name][:NAME_LENGTH]
    return values


def _execution(row: Row[Any]) -> Execution:
    return Execution(**row._mapping)
