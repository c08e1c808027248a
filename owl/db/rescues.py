"""Verbs of rescues: which runs, what was set before, and those that a workflow's policy may rescue by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from owl.db.schema import command, command_target, dpq, run
from owl.intent import CommandState, Verb
from owl.model import EntryState, Run, RunState

_AT_A_TIME = 1000


def states(connection: Connection, run_ids: Sequence[str]) -> Mapping[str, tuple[RunState, EntryState]]:
    """State of runs and of their DPQ entries."""
    found: dict[str, tuple[RunState, EntryState]] = {}
    for some in _chunks(run_ids):
        query = select(run.c.id, run.c.state, dpq.c.state).join(dpq, dpq.c.id == run.c.entry_id)
        found |= {row[0]: (row[1], row[2]) for row in connection.execute(query.where(run.c.id.in_(some)))}
    return found


def workflows(connection: Connection, run_ids: Sequence[str]) -> Sequence[str]:
    """The workflows of some runs, each once."""
    found: set[str] = set()
    for some in _chunks(run_ids):
        query = select(run.c.workflow).where(run.c.id.in_(some)).distinct()
        found |= set(connection.execute(query).scalars())
    return sorted(found)


def set_before(connection: Connection, run_id: str) -> dict[str, str]:
    """What earlier rescues of a run have set and still holds: the later ones win."""
    found: dict[str, str] = {}
    for options in _of(connection, run_id):
        found |= {name: str(value) for name, value in (options.get("set") or {}).items()}
    return found


def tries(connection: Connection, run_id: str, rule: str) -> int:
    """How many rescues of a run a rule of its workflow's policy has asked for."""
    return sum(options.get("rung", "").partition(": ")[0] == rule for options in _of(connection, run_id))


def failed_since(connection: Connection, owner: str, time: datetime, *, limit: int) -> Sequence[Run]:
    """Runs of an owner that have failed since then and whose entries wait for nothing, the oldest first."""
    query = (
        select(run)
        .join(dpq, and_(dpq.c.id == run.c.entry_id, dpq.c.run_id == run.c.id))
        .where(run.c.state == RunState.FAILED, run.c.ended_at >= time, run.c.owner == owner)
        .where(dpq.c.state == EntryState.FAILED)
        .order_by(run.c.ended_at, run.c.id)
        .limit(limit)
    )
    return [Run(**row._mapping) for row in connection.execute(query)]


def _of(connection: Connection, run_id: str) -> Iterator[Mapping[str, Any]]:
    """Options of every rescue of a run that came about or still may, the oldest first."""
    query = (
        select(command.c.options)
        .join(command_target, command_target.c.command_id == command.c.id)
        .where(command_target.c.run_id == run_id, command.c.verb == str(Verb.RESCUE))
        .where(command_target.c.state.not_in([str(CommandState.FAILED), str(CommandState.EXPIRED)]))
        .order_by(command.c.id)
    )
    return (row[0] or {} for row in connection.execute(query))


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + _AT_A_TIME] for start in range(0, len(names), _AT_A_TIME))
