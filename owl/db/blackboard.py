"""Verbs of the blackboard: reports go in, in any order and any number of times; executions come out."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Unicode,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from owl.db.forms import like_pattern, locked
from owl.db.knowledge import merge
from owl.db.schema import blackboard, run
from owl.db.types import Name, PackedJson
from owl.model import ENDED, Execution, State

_log = logging.getLogger(__name__)

Key = tuple[str, int]
HOOK = "hook"  # the source of reports that anybody on an execute host can write

_KEY = ("global_job_id", "start_number")
_LARGE = frozenset({"classad", "told_at"})
_COLUMNS = tuple(field.name for field in dataclasses.fields(Execution))
WHOLE = tuple(column for column in blackboard.columns if column.name in _COLUMNS)  # an Execution, with its ad
# The same: an ad that is there already is looked into only where two were told at the same time.
_PACKED = tuple(
    type_coerce(column, PackedJson()).label(column.name) if column is blackboard.c.classad else column
    for column in WHOLE
)
_BAD = frozenset({State.HELD, State.LOST, State.ABORTED})
_LONGEST = {
    column.name: column.type.length for column in blackboard.columns if isinstance(column.type, Unicode | Name)
}
_KEYS_AT_A_TIME = 400  # SQLite takes 32,766 parameters in a statement, SQL Server 2,100


def record(connection: Connection, reports: Iterable[Execution]) -> int:
    """Write reports on executions; returns how many rows are new or changed.

    Late, repeated and out-of-order reports end in the same rows: see `owl.db.knowledge`.
    """
    incoming: dict[Key, list[Execution]] = {}
    for report in map(_fitting, reports):
        incoming.setdefault((report.global_job_id, report.start_number), []).append(report)
    known = _locked(connection, sorted(incoming))
    fresh, changed = [], []
    for key, several in incoming.items():
        before = known.get(key)
        after = before
        for report in several:
            after = _believed(after, report)
        if before is None:
            fresh.append(after)
        elif after != before:
            changed.append(after)
    if fresh:
        connection.execute(insert(blackboard), [_values(row) for row in fresh if row is not None])
    if changed:
        _update(connection, [row for row in changed if row is not None])
    return len(fresh) + len(changed)


def _believed(known: Execution | None, report: Execution) -> Execution:
    """What is known after a report. Who owns a job the schedd knows: a record that says otherwise is forged.

    The spool's owner check shows whose record it is, but a stranger's record of his own may name another's job.
    """
    if known is None or None in (known.owner, report.owner) or known.owner == report.owner:
        return merge(known, report)
    _log.warning(
        "two owners of one job",
        extra={"action": "forged_record", "job": report.global_job_id, "owners": f"{known.owner}, {report.owner}"},
    )
    return known if report.source == HOOK else merge(None, report)


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
        blackboard.c.failed.is_not(None) if failed else None,
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


def with_classads(connection: Connection, run_id: str) -> Sequence[Execution]:
    """Every execution of a run with its ClassAd."""
    query = _select(True).where(blackboard.c.run_id == run_id).order_by(blackboard.c.global_job_id)
    return [_execution(row) for row in connection.execute(query)]


def of_jobs(connection: Connection, global_job_ids: Sequence[str]) -> Mapping[str, Sequence[Execution]]:
    """Every execution of some jobs by job, in the order of their start numbers."""
    found: dict[str, list[Execution]] = {}
    for start in range(0, len(global_job_ids), _KEYS_AT_A_TIME):
        some = global_job_ids[start : start + _KEYS_AT_A_TIME]
        query = _select(False).where(blackboard.c.global_job_id.in_(some)).order_by(blackboard.c.start_number)
        for row in connection.execute(query):
            found.setdefault(row.global_job_id, []).append(_execution(row))
    return found


def bare(connection: Connection, global_job_ids: Sequence[str]) -> Sequence[Execution]:
    """Those executions of some jobs that have ended and have no ClassAd: no hook has told of them."""
    found: list[Execution] = []
    for start in range(0, len(global_job_ids), _KEYS_AT_A_TIME):
        some = global_job_ids[start : start + _KEYS_AT_A_TIME]
        query = _select(False).where(
            blackboard.c.global_job_id.in_(some),
            blackboard.c.classad.is_(None),
            blackboard.c.state.in_(list(ENDED)),
        )
        found += [_execution(row) for row in connection.execute(query)]
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
    left_out = _LARGE - ({"classad"} if with_classad else set())
    return select(*(column for column in WHOLE if column.name not in left_out))


def _locked(connection: Connection, keys: Sequence[Key]) -> dict[Key, Execution]:
    """The rows of these keys, locked where the database locks rows (SQLite's writer is alone anyway)."""
    found: dict[Key, Execution] = {}
    for start in range(0, len(keys), _KEYS_AT_A_TIME):
        some = keys[start : start + _KEYS_AT_A_TIME]
        # In the order of their keys, so that two that write the same rows don't wait for each other in a circle.
        query = (
            select(*_PACKED)
            .where(_has_key(connection, some))
            .order_by(blackboard.c.global_job_id, blackboard.c.start_number)
        )
        for row in connection.execute(locked(query, blackboard)):
            found[(row.global_job_id, row.start_number)] = _execution(row)
    return found


def _has_key(connection: Connection, keys: Sequence[Key]) -> ColumnElement[bool]:
    if connection.dialect.name == "mssql":  # T-SQL has no row values
        return or_(
            *(and_(blackboard.c.global_job_id == job, blackboard.c.start_number == number) for job, number in keys)
        )
    return tuple_(blackboard.c.global_job_id, blackboard.c.start_number).in_(keys)


def _update(connection: Connection, rows: Sequence[Execution]) -> None:
    names = [name for name in (*_COLUMNS, "failed") if name not in _KEY]
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


def _like(column: ColumnElement[Any], text: str | None) -> ColumnElement[bool] | None:
    if text is None:
        return None
    if "*" not in text and "?" not in text:
        return column == text
    return column.like(like_pattern(text), escape="\\")


def _any_state(states: Iterable[State]) -> ColumnElement[bool] | None:
    wanted = list(states)
    return blackboard.c.state.in_(wanted) if wanted else None


def _fitting(report: Execution) -> Execution:
    """A report that fits its columns: ads are hostile, and one long name must not stop the batch."""
    cut: dict[str, Any] = {}
    for name, longest in _LONGEST.items():
        value = getattr(report, name)
        if value is not None and longest is not None and len(value) > longest:
            cut[name] = value[:longest]
    return dataclasses.replace(report, **cut) if cut else report


def _values(row: Execution) -> dict[str, Any]:
    return {**vars(row), "failed": 1 if _has_failed(row) else None}


def _has_failed(row: Execution) -> bool:
    """What an operator looks at, as `owl.db.look.failed` says it to a database."""
    return row.state in _BAD or (row.state is State.EXITED and row.exit_code != 0)


def _execution(row: Row[Any]) -> Execution:
    return Execution(**row._mapping)
