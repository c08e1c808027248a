"""Verbs of pollers: their words about themselves, what operators want of them, and their file events."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from owl.db import associations
from owl.db import dpq as queue
from owl.db.dpq import like_pattern
from owl.db.forms import upsert
from owl.db.schema import dpq, poller, poller_event
from owl.errors import NotFound
from owl.intake import EVENT_FORWARD, Association, Event, EventState, PollerLook
from owl.model import Entry, EntryState

_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement
_ROWS = 5000
_WANTED = ("paused_by", "paused_at", "pause_reason", "scan_asked_at", "scan_asked_by")


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


def beat(connection: Connection, look: PollerLook) -> None:
    """Write that a poller looks, and what it has to say; what operators want of it stays."""
    values = {name: getattr(look, name) for name in look.__dataclass_fields__ if name not in _WANTED}
    upsert(connection, poller, values)


def stopped(connection: Connection, name: str, host: str, pid: int, *, now: datetime) -> None:
    """Write that a poller has ended as it should, unless another process of it looks by now."""
    mine = (poller.c.name == name) & (poller.c.host == host) & (poller.c.pid == pid)
    connection.execute(update(poller).where(mine).values(stopped_at=now))


def get(connection: Connection, name: str) -> PollerLook:
    """A poller's last words, or `NotFound`."""
    found = look(connection, name)
    if found is None:
        raise NotFound(f"no poller {name} has ever looked; `owl poller list` shows those there are")
    return found


def look(connection: Connection, name: str) -> PollerLook | None:
    """A poller's last words, if it ever ran."""
    row = connection.execute(select(poller).where(poller.c.name == name)).one_or_none()
    return None if row is None else PollerLook(**row._mapping)


def find(connection: Connection) -> Sequence[PollerLook]:
    """Every poller that ever ran, by name."""
    return [PollerLook(**row._mapping) for row in connection.execute(select(poller).order_by(poller.c.name))]


def want(connection: Connection, name: str, **values: Any) -> None:
    """Write what operators want of a poller: `paused_by`, `scan_asked_at`, …; `NotFound` where it never ran."""
    if not connection.execute(update(poller).where(poller.c.name == name).values(values)).rowcount:
        get(connection, name)


def scanned(connection: Connection, name: str, asked_at: datetime) -> None:
    """A scan that was asked for has been made, unless another was asked for meanwhile."""
    same = (poller.c.name == name) & (poller.c.scan_asked_at == asked_at)
    connection.execute(update(poller).where(same).values(scan_asked_at=None, scan_asked_by=None))


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


def of_identities(connection: Connection, identities: Sequence[str]) -> list[Event]:
    """Events by their identities."""
    return _some(connection, poller_event.c.identity, identities)


def of_paths(connection: Connection, keys: Sequence[str]) -> list[tuple[str, Event]]:
    """Events of some paths, by `owl.poller.paths.key`, each with its key."""
    found: list[tuple[str, Event]] = []
    for some in _parts(keys):
        rows = connection.execute(select(poller_event).where(poller_event.c.path_key.in_(some)))
        found += [(row.path_key, _event(row._mapping)) for row in rows]
    return found


def unsettled(
    connection: Connection, name: str, states: Iterable[EventState], *, after: int = 0, limit: int = 500
) -> list[Event]:
    """A poller's events in some states, the oldest first, from the one after number `after`."""
    query = select(poller_event).where(poller_event.c.poller == name, poller_event.c.state.in_(list(states)))
    query = query.where(poller_event.c.id > after).order_by(poller_event.c.id).limit(limit)
    return [_event(row._mapping) for row in connection.execute(query)]


def settle(connection: Connection, ids: Sequence[int], state: EventState, *, now: datetime) -> None:
    """Files are where they shall be: their events have ended, and requests that waited for it wait no more."""
    for some in _parts(ids):
        guard = poller_event.c.id.in_(some) & poller_event.c.state.in_(_origins(state))
        values: dict[str, Any] = {"state": state, "settled_at": now}
        if state is EventState.SETTLED:
            values["reason"] = ""
        connection.execute(update(poller_event).where(guard).values(values))
        held = dpq.c.event_id.in_(some) & (dpq.c.state == EntryState.WAITING) & dpq.c.not_before.is_not(None)
        connection.execute(update(dpq).where(held).values(not_before=None))


def note(connection: Connection, event_id: int, reason: str) -> None:
    """Write why an event's file isn't where it shall be yet."""
    connection.execute(update(poller_event).where(poller_event.c.id == event_id).values(reason=reason))


def retry(connection: Connection, ids: Sequence[int]) -> int:
    """Let rejected events be looked at again; returns how many."""
    number = 0
    for some in _parts(ids):
        guard = poller_event.c.id.in_(some) & poller_event.c.state.in_(_origins(EventState.SEEN))
        values = {"state": EventState.SEEN, "settled_at": None}
        number += int(connection.execute(update(poller_event).where(guard).values(values)).rowcount)
    return number


def event(connection: Connection, event_id: int) -> Event:
    """The event of that number, or `NotFound`."""
    found = _some(connection, poller_event.c.id, [event_id])
    if not found:
        raise NotFound(f"there is no file event {event_id}; `owl poller events` shows those there are")
    return found[0]


def entries_of(connection: Connection, event_id: int, limit: int) -> Sequence[Entry]:
    """The requests that an event became."""
    query = select(dpq).where(dpq.c.event_id == event_id).order_by(dpq.c.id).limit(limit)
    return [Entry(**row._mapping) for row in connection.execute(query)]


def events(
    connection: Connection,
    *,
    poller: str | None = None,
    states: Iterable[EventState] = (),
    path: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Event]:
    """Events, the newest first. `path` may hold `*` and `?`."""
    query = select(poller_event).where(*_filters(poller, states, path, since))
    query = query.order_by(poller_event.c.id.desc()).limit(limit).offset(offset)
    return [_event(row._mapping) for row in connection.execute(query)]


def count_events(
    connection: Connection,
    *,
    poller: str | None = None,
    states: Iterable[EventState] = (),
    path: str | None = None,
    since: datetime | None = None,
) -> int:
    """How many events there are of that kind."""
    query = select(func.count()).select_from(poller_event).where(*_filters(poller, states, path, since))
    return int(connection.execute(query).scalar_one())


def counts(connection: Connection) -> Mapping[str, Mapping[EventState, int]]:
    """How many events of each poller are in each state."""
    columns = (poller_event.c.poller, poller_event.c.state)
    found: dict[str, dict[EventState, int]] = {}
    for name, state, number in connection.execute(select(*columns, func.count()).group_by(*columns)):
        found.setdefault(name, {})[state] = number
    return found


def inserted_since(connection: Connection, since: datetime) -> Mapping[str, tuple[int, datetime]]:
    """Of each poller: how many requests it has made since then, and when its last event was."""
    query = select(poller_event.c.poller, func.sum(poller_event.c.entries), func.max(poller_event.c.seen_at)).where(
        poller_event.c.seen_at >= since
    )
    return {
        name: (int(number), last)
        for name, number, last in connection.execute(query.group_by(poller_event.c.poller))
    }


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


def _filters(
    name: str | None, states: Iterable[EventState], path: str | None, since: datetime | None
) -> list[ColumnElement[bool]]:
    wanted = list(states)
    found: list[ColumnElement[bool]] = []
    found += [poller_event.c.poller == name] if name is not None else []
    found += [poller_event.c.state.in_(wanted)] if wanted else []
    found += [poller_event.c.path.like(like_pattern(path), escape="\\")] if path is not None else []
    found += [poller_event.c.seen_at >= since] if since is not None else []
    return found


def _some(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> list[Event]:
    found: list[Event] = []
    for some in _parts(values):
        rows = connection.execute(select(poller_event).where(column.in_(some)).order_by(poller_event.c.id))
        found += [_event(row._mapping) for row in rows]
    return found


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _AT_A_TIME] for start in range(0, len(values), _AT_A_TIME))


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(**{name: value for name, value in row.items() if name != "path_key"})
