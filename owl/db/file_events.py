"""What is known of file events: looked up, searched and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select

from owl.db.forms import among, like_pattern
from owl.db.schema import dpq, poller_event
from owl.errors import NotFound
from owl.intake import Event, EventState
from owl.model import Entry

_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement


def of_identities(connection: Connection, identities: Sequence[str]) -> list[Event]:
    """Events by their identities."""
    return _some(connection, poller_event.c.identity, identities)


def of_paths(connection: Connection, keys: Sequence[str]) -> list[tuple[str, Event]]:
    """Events of some paths, by `owl.poller.paths.key`, each with its key."""
    found: list[tuple[str, Event]] = []
    for some in parts(keys):
        rows = connection.execute(select(poller_event).where(among(connection, poller_event.c.path_key, some)))
        found += [(row.path_key, _event(row._mapping)) for row in rows]
    return found


def unsettled(
    connection: Connection, name: str, states: Iterable[EventState], *, after: int = 0, limit: int = 500
) -> list[Event]:
    """A poller's events in some states, the oldest first, from the one after number `after`."""
    query = select(poller_event).where(poller_event.c.poller == name, poller_event.c.state.in_(list(states)))
    query = query.where(poller_event.c.id > after).order_by(poller_event.c.id).limit(limit)
    return [_event(row._mapping) for row in connection.execute(query)]


def get(connection: Connection, event_id: int) -> Event:
    """The event of that number, or `NotFound`."""
    found = _some(connection, poller_event.c.id, [event_id])
    if not found:
        raise NotFound(f"there is no file event {event_id}; `owl poller events` shows those there are")
    return found[0]


def entries_of(connection: Connection, event_id: int, limit: int) -> Sequence[Entry]:
    """The requests that an event became."""
    query = select(dpq).where(dpq.c.event_id == event_id).order_by(dpq.c.id).limit(limit)
    return [Entry(**row._mapping) for row in connection.execute(query)]


def find(
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


def count(
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


def parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """So many of them as a statement takes, one after the other."""
    return (values[start : start + _AT_A_TIME] for start in range(0, len(values), _AT_A_TIME))


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


def _some(connection: Connection, column: Column[Any], values: Sequence[Any]) -> list[Event]:
    found: list[Event] = []
    for some in parts(values):
        rows = connection.execute(
            select(poller_event).where(among(connection, column, some)).order_by(poller_event.c.id)
        )
        found += [_event(row._mapping) for row in rows]
    return found


def _event(row: Mapping[Any, Any]) -> Event:
    return Event(**{name: value for name, value in row.items() if name != "path_key"})
