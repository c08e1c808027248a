"""Verbs that write file events down with their requests, and what becomes of their files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from owl.db import associations
from owl.db import dpq as queue
from owl.db.file_events import of_identities, parts
from owl.db.forms import among
from owl.db.schema import dpq, poller_event
from owl.intake import EVENT_FORWARD, Association, Event, EventState
from owl.model import EntryState

_ROWS = 5000


Group = tuple[Association, Sequence[str]]  # an association with its members


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file event that is to be written down, with the requests and the associations that it becomes."""

    poller: str
    path: str
    path_key: str
    size: int
    mtime_ns: int
    mark: str
    digest: str
    identity: str
    state: EventState
    destination: str = ""
    reason: str = ""
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    groups: Sequence[Group] = field(default_factory=tuple)


def record(connection: Connection, arrivals: Sequence[Arrival], *, now: datetime) -> list[Event]:
    """Write events down with their requests, all or none; returns the events as they stand now.

    An event that is known already is left as it is, and none of its requests is inserted, unless it is this
    poller's and may go on from the state that it is in.
    """
    known = {event.identity: event for event in of_identities(connection, [one.identity for one in arrivals])}
    fresh = [one for one in arrivals if one.identity not in known]
    ids = _insert_events(connection, fresh, now)
    taken = [(one, ids[one.identity]) for one in fresh]
    for one in arrivals:
        event = known.get(one.identity)
        if event is not None and event.poller == one.poller and _take(connection, event, one, now):
            taken.append((one, event.id))
    rows = [{**row, "event_id": event_id} for one, event_id in taken for row in one.rows]
    queue.add_all(connection, rows, _ROWS)
    for one, event_id in taken:
        for group, members in one.groups:
            associations.put(connection, dataclasses.replace(group, event_id=event_id), members, replace=True)
    return of_identities(connection, [one.identity for one in arrivals])


def settle(connection: Connection, ids: Sequence[int], state: EventState, *, now: datetime) -> None:
    """Files are where they shall be: their events have ended, and requests that waited for it wait no more."""
    for some in parts(ids):
        guard = among(connection, poller_event.c.id, some) & poller_event.c.state.in_(_origins(state))
        values: dict[str, Any] = {"state": state, "settled_at": now}
        if state is EventState.SETTLED:
            values["reason"] = ""
        connection.execute(update(poller_event).where(guard).values(values))
        held = (
            among(connection, dpq.c.event_id, some)
            & (dpq.c.state == EntryState.WAITING)
            & dpq.c.not_before.is_not(None)
        )
        connection.execute(update(dpq).where(held).values(not_before=None))


def note(connection: Connection, event_id: int, reason: str) -> None:
    """Write why an event's file isn't where it shall be yet."""
    connection.execute(update(poller_event).where(poller_event.c.id == event_id).values(reason=reason))


def retry(connection: Connection, ids: Sequence[int]) -> int:
    """Let rejected events be looked at again; returns how many."""
    number = 0
    for some in parts(ids):
        guard = among(connection, poller_event.c.id, some) & poller_event.c.state.in_(_origins(EventState.SEEN))
        values = {"state": EventState.SEEN, "settled_at": None}
        number += int(connection.execute(update(poller_event).where(guard).values(values)).rowcount)
    return number


def _insert_events(connection: Connection, fresh: Sequence[Arrival], now: datetime) -> dict[str, int]:
    if not fresh:
        return {}
    values = [
        {
            **{name: getattr(one, name) for name in one.__dataclass_fields__ if name not in ("rows", "groups")},
            **_times(one.state, now),
            "entries": len(one.rows) + len(one.groups),
            "seen_at": now,
        }
        for one in fresh
    ]
    statement = insert(poller_event).returning(poller_event.c.identity, poller_event.c.id)
    return {row[0]: row[1] for row in connection.execute(statement, values)}


def _take(connection: Connection, known: Event, one: Arrival, now: datetime) -> bool:
    """Move an event on that was rejected before; False where it may not, or another process was first."""
    if one.state not in EVENT_FORWARD[known.state]:
        return False
    values = {
        "state": one.state,
        "reason": one.reason,
        "destination": one.destination,
        "entries": len(one.rows) + len(one.groups),
        "mark": one.mark,
        **_times(one.state, now),
    }
    guard = (poller_event.c.id == known.id) & (poller_event.c.state == known.state)
    return bool(connection.execute(update(poller_event).where(guard).values(values)).rowcount)


def _times(state: EventState, now: datetime) -> dict[str, datetime | None]:
    inserted = state in (EventState.INSERTED, EventState.SETTLED)
    return {"inserted_at": now if inserted else None, "settled_at": now if state is EventState.SETTLED else None}


def _origins(state: EventState) -> list[EventState]:
    return [origin for origin, targets in EVENT_FORWARD.items() if state in targets]
