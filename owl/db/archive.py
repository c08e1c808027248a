"""Verbs that move old executions out of the blackboard and back, and that look over all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select

from owl.db.blackboard import WHOLE, Key
from owl.db.schema import blackboard, run
from owl.db.types import empty_first
from owl.model import ENDED, RUN_ENDED, Execution, State

_DATES = frozenset(field.name for field in dataclasses.fields(Execution) if "datetime" in str(field.type))


def finished_before(connection: Connection, time: datetime, *, limit: int) -> Sequence[Execution]:
    """Some executions that ended before a time, and whose run (where they have one) has ended too."""
    alive = select(run.c.id).where(run.c.state.not_in(list(RUN_ENDED)))
    query = (
        select(*WHOLE)
        .where(blackboard.c.state.in_(list(ENDED)), blackboard.c.completion_time < time)
        .where(or_(blackboard.c.run_id.is_(None), blackboard.c.run_id.not_in(alive)))
        .order_by(empty_first(blackboard.c.completion_time))  # as the index has it
        .limit(limit)
    )
    return [Execution(**row._mapping) for row in connection.execute(query)]


def remove(connection: Connection, keys: Sequence[Key]) -> int:
    """Take executions off the blackboard; returns how many were there."""
    removed = 0
    for job, number in keys:
        mine = and_(blackboard.c.global_job_id == job, blackboard.c.start_number == number)
        removed += connection.execute(delete(blackboard).where(mine)).rowcount
    return removed


def ends(connection: Connection) -> Mapping[Key, tuple[State, int | None, int | None]]:
    """State, exit code and signal of every execution."""
    columns = (
        blackboard.c.global_job_id,
        blackboard.c.start_number,
        blackboard.c.state,
        blackboard.c.exit_code,
        blackboard.c.exit_signal,
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(select(*columns))}


def run_states(connection: Connection) -> Mapping[str, str]:
    """The state of every run."""
    return {row[0]: str(row[1]) for row in connection.execute(select(run.c.id, run.c.state))}


def to_json(row: Execution) -> dict[str, Any]:
    """An execution as a JSON object; what isn't known is left out."""
    found = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in found.items()
        if value is not None
    }


def from_json(found: Mapping[str, Any]) -> Execution:
    """The execution that `to_json` made an object of; `TypeError` or `ValueError` where it made none."""
    values: dict[str, Any] = dict(found)
    for name in _DATES & values.keys():
        values[name] = datetime.fromisoformat(values[name])
    values["state"] = State(values["state"])
    return Execution(**values)


def batches(rows: Iterator[Execution], size: int) -> Iterator[list[Execution]]:
    """Rows in lists of at most `size`."""
    batch: list[Execution] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
