"""Verbs of the daemons' heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from owl.db.forms import upsert
from owl.db.schema import daemon
from owl.model import Daemon


def beat(connection: Connection, alive: Daemon) -> None:
    """Write that a daemon is alive, and what it has to say."""
    values = {name: getattr(alive, name) for name in alive.__dataclass_fields__}
    upsert(connection, daemon, values)


def stopped(connection: Connection, name: str, host: str, pid: int, *, now: datetime) -> None:
    """Write that a daemon has ended as it should; one that has another pid by now is left alone."""
    key = (daemon.c.name == name) & (daemon.c.host == host) & (daemon.c.pid == pid)
    connection.execute(update(daemon).where(key).values(stopped_at=now))


def find(connection: Connection) -> Sequence[Daemon]:
    """Every daemon that ever ran, by name and host."""
    query = select(daemon).order_by(daemon.c.name, daemon.c.host)
    return [Daemon(**row._mapping) for row in connection.execute(query)]
