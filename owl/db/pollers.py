"""Verbs of pollers: their words about themselves, and what operators want of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from owl.db.forms import upsert
from owl.db.schema import poller
from owl.errors import NotFound
from owl.intake import PollerLook

_WANTED = ("paused_by", "paused_at", "pause_reason", "scan_asked_at", "scan_asked_by")


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
