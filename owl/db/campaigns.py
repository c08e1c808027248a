"""Verbs of campaigns: labelled batches of entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from owl.db.schema import blackboard, campaign, dpq, run
from owl.errors import DuplicateRequest, NotFound
from owl.model import EntryState, RunState, State

_FAILED = (RunState.FAILED, RunState.ABORTED, RunState.LOST)
_CAUSES = 20


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A labelled batch of entries."""

    name: str
    description: str
    created_by: str
    created_at: datetime
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Failures of one kind: the step, how it ended, how often."""

    step: str | None
    exit_code: int | None
    signal: int | None
    hold_code: int | None
    failures: int


def create(connection: Connection, new: Campaign) -> None:
    """Insert a campaign; `DuplicateRequest` where there is one of that name."""
    if connection.execute(select(campaign.c.name).where(campaign.c.name == new.name)).scalar() is not None:
        raise DuplicateRequest(f"there is a campaign {new.name} already; `owl campaign show {new.name}` shows it")
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    connection.execute(insert(campaign).values(values))


def get(connection: Connection, name: str) -> Campaign:
    """The campaign of that name, or `NotFound`."""
    row = connection.execute(select(campaign).where(campaign.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no campaign {name}; `owl campaign create {name}` makes it")
    return Campaign(**row._mapping)


def find(connection: Connection) -> Sequence[Campaign]:
    """Every campaign, the newest first."""
    query = select(campaign).order_by(campaign.c.created_at.desc(), campaign.c.name)
    return [Campaign(**row._mapping) for row in connection.execute(query)]


def counts(connection: Connection, name: str) -> Mapping[EntryState, int]:
    """How many of a campaign's entries are in each state."""
    query = select(dpq.c.state, func.count()).where(dpq.c.campaign == name).group_by(dpq.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def ended_since(connection: Connection, name: str, since: datetime) -> tuple[int, datetime | None]:
    """How many of a campaign's runs have ended since then, and when the first of them did."""
    query = select(func.count(), func.min(run.c.ended_at)).where(run.c.campaign == name, run.c.ended_at >= since)
    number, first = connection.execute(query).one()
    return number, first


def causes(connection: Connection, name: str) -> Sequence[Cause]:
    """The failures of a campaign's runs by cause, the most frequent first; a step that went on well counts too."""
    columns = (
        blackboard.c.process_name,
        blackboard.c.exit_code,
        blackboard.c.exit_signal,
        blackboard.c.hold_code,
    )
    bad = (blackboard.c.state == State.EXITED) & (func.coalesce(blackboard.c.exit_code, 1) != 0)
    bad |= blackboard.c.state.in_([State.HELD, State.LOST, State.ABORTED])
    query = (
        select(*columns, func.count())
        .join(run, run.c.id == blackboard.c.run_id)
        .where(run.c.campaign == name, run.c.state.in_(_FAILED), bad)
        .group_by(*columns)
        .order_by(func.count().desc())
        .limit(_CAUSES)
    )
    return [
        Cause(step=step, exit_code=code, signal=signal, hold_code=hold, failures=number)
        for step, code, signal, hold, number in connection.execute(query)
    ]


def cancel(connection: Connection, name: str, by: str, *, now: datetime) -> int:
    """Take what waits out of the queue; returns how many entries that were."""
    waiting = (dpq.c.campaign == name) & (dpq.c.state == EntryState.WAITING)
    values = {"state": EntryState.REMOVED, "ended_at": now, "error": f"its campaign was cancelled by {by}"}
    taken = connection.execute(update(dpq).where(waiting).values(values)).rowcount
    mine = campaign.c.name == name
    connection.execute(update(campaign).where(mine).values(cancelled_by=by, cancelled_at=now))
    return int(taken)
