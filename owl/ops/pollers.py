"""Pollers as people look at them, and what they may ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import arriving, control, file_events, pollers
from owl.db.engine import Database
from owl.errors import NotAllowed
from owl.intake import Event, EventState, PollerLook
from owl.model import Entry

SILENT_AFTER = 60.0  # seconds without a word
_ENTRIES = 1000


@dataclass(frozen=True, kw_only=True)
class PollerState:
    """A poller at one look. `waiting` files are there and not complete; `waiting_for` are the first of them.

    `entries_hour` and `entries_day` are requests that it has made in the last 60 minutes and 24 hours.
    """

    name: str
    kind: str
    directory: str
    host: str
    pid: int
    started_at: datetime
    looked_at: datetime
    stopped_at: datetime | None
    alive: bool
    message: str
    waiting: int
    waiting_for: Sequence[Mapping[str, Any]]
    paused_by: str | None
    paused_at: datetime | None
    pause_reason: str
    scan_asked_at: datetime | None
    counts: Mapping[EventState, int] = field(default_factory=dict)
    entries_hour: int = 0
    entries_day: int = 0
    last_event_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EventDetails:
    """A file event with the first of the requests that it became."""

    event: Event
    entries: Sequence[Entry]


@dataclass(frozen=True, kw_only=True)
class Pollers:
    """Calls for people and programs; each raises an `OwlError` that says what to do.

    They write what is wanted; the poller, wherever it runs, does it within about a second.
    """

    database: Database

    def list(self) -> Sequence[PollerState]:
        """Every poller that ever ran, by name."""
        return self.database.read(_states)

    def get(self, name: str) -> PollerState:
        """One poller, or `NotFound`."""
        self.database.read(pollers.get, name)
        (found,) = [one for one in self.list() if one.name == name]
        return found

    def events(
        self,
        *,
        poller: str | None = None,
        states: Iterable[EventState] = (),
        path: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Event]:
        """File events, the newest first; `path` may hold `*` and `?`."""
        wanted = list(states)
        return self.database.read(
            file_events.find, poller=poller, states=wanted, path=path, since=since, limit=limit, offset=offset
        )

    def count_events(
        self,
        *,
        poller: str | None = None,
        states: Iterable[EventState] = (),
        path: str | None = None,
        since: datetime | None = None,
    ) -> int:
        """How many file events there are of that kind."""
        return self.database.read(file_events.count, poller=poller, states=list(states), path=path, since=since)

    def event(self, event_id: int) -> EventDetails:
        """One file event with what it became, or `NotFound`."""

        def read(connection: Connection) -> EventDetails:
            event = file_events.get(connection, event_id)
            return EventDetails(event=event, entries=file_events.entries_of(connection, event_id, _ENTRIES))

        return self.database.read(read)

    def pause(self, name: str, *, reason: str, requested_by: str) -> None:
        """Let a poller look at nothing until it is resumed; what it has begun it ends."""
        self._want(
            "pause", name, requested_by, reason, paused_by=requested_by, paused_at=utc_now(), pause_reason=reason
        )

    def resume(self, name: str, *, requested_by: str) -> None:
        """Let a paused poller go on, or `NotAllowed`."""
        if self.database.read(pollers.get, name).paused_at is None:
            raise NotAllowed(f"the poller {name} isn't paused")
        self._want("resume", name, requested_by, "", paused_by=None, paused_at=None, pause_reason="")

    def scan(self, name: str, *, requested_by: str) -> None:
        """Let a poller scan its directory now."""
        self._want("scan", name, requested_by, "", scan_asked_at=utc_now(), scan_asked_by=requested_by)

    def retry(self, event_ids: Sequence[int], *, requested_by: str) -> int:
        """Let rejected events be looked at again, and carrying files be tried again; returns how many that are.

        Raises:
            NotFound: there is no such event.
            NotAllowed: none of them was rejected, or has a file that could not be put where it shall be.
        """

        def write(connection: Connection) -> int:
            events = [file_events.get(connection, number) for number in event_ids]
            again = [one for one in events if one.state in (EventState.REJECTED, EventState.QUARANTINED)]
            stuck = [one for one in events if one.state is EventState.INSERTED]
            if not again and not stuck:
                raise NotAllowed("nothing is to be tried again: the events' files are where they shall be")
            number = arriving.retry(connection, [one.id for one in again])
            for name in sorted({one.poller for one in (*again, *stuck)}):
                _write(
                    connection, "retry", name, requested_by, "", scan_asked_at=utc_now(), scan_asked_by=requested_by
                )
            return number + len(stuck)

        return self.database.write(write)

    def retry_all(self, name: str, *, requested_by: str) -> int:
        """Let all of a poller's rejected events be looked at again; returns how many that are."""

        def write(connection: Connection) -> int:
            number, after = 0, 0
            bad = (EventState.REJECTED, EventState.QUARANTINED)
            while some := file_events.unsettled(connection, name, bad, after=after):
                after = some[-1].id
                number += arriving.retry(connection, [one.id for one in some])
            _write(connection, "retry", name, requested_by, "", scan_asked_at=utc_now(), scan_asked_by=requested_by)
            return number

        return self.database.write(write)

    def _want(self, verb: str, name: str, requested_by: str, reason: str, **values: Any) -> None:
        self.database.write(lambda connection: _write(connection, verb, name, requested_by, reason, **values))


def _write(connection: Connection, verb: str, name: str, by: str, reason: str, /, **values: Any) -> None:
    """Write what is wanted of a poller, and keep who wanted it."""
    pollers.want(connection, name, **values)
    control.order(connection, f"poller {verb}", scope=name, requested_by=by, now=utc_now(), reason=reason)


def _states(connection: Connection) -> list[PollerState]:
    now = utc_now()
    counts = file_events.counts(connection)
    hour = file_events.inserted_since(connection, now - timedelta(hours=1))
    day = file_events.inserted_since(connection, now - timedelta(days=1))
    return [_state(look, counts, hour, day, now) for look in pollers.find(connection)]


def _state(
    look: PollerLook,
    counts: Mapping[str, Mapping[EventState, int]],
    hour: Mapping[str, tuple[int, datetime]],
    day: Mapping[str, tuple[int, datetime]],
    now: datetime,
) -> PollerState:
    silent = abs((now - look.looked_at).total_seconds())
    return PollerState(
        name=look.name,
        kind=look.kind,
        directory=look.directory,
        host=look.host,
        pid=look.pid,
        started_at=look.started_at,
        looked_at=look.looked_at,
        stopped_at=look.stopped_at,
        alive=look.stopped_at is None and silent < SILENT_AFTER,
        message=look.message,
        waiting=look.facts.get("waiting", 0),
        waiting_for=look.facts.get("waiting_for", ()),
        paused_by=look.paused_by,
        paused_at=look.paused_at,
        pause_reason=look.pause_reason,
        scan_asked_at=look.scan_asked_at,
        counts=counts.get(look.name, {}),
        entries_hour=hour[look.name][0] if look.name in hour else 0,
        entries_day=day[look.name][0] if look.name in day else 0,
        last_event_at=day[look.name][1] if look.name in day else None,
    )
