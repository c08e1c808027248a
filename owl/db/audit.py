"""The audit: rows of `command` are only ever added and ended, and a chain of digests shows where one was changed.

Each row's digest is made from the digest of the row before and from who wanted what, when and why; the digest of
its end from that and from what came of it. Nothing in OWL changes or takes out a row. Whoever can write to the
database past OWL can; the chain then no longer fits, unless he makes all later digests anew: keep a copy of the
latest digest elsewhere (`owl audit` prints it) where that is feared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from owl.db.schema import command, turn

TURN = "audit"
_WANTED = (
    "verb",
    "kind",
    "scope",
    "run_id",
    "value",
    "requested_by",
    "requested_at",
    "reason",
    "filter",
    "options",
    "expires_at",
    "total",
)
_CAME = ("state", "result", "ended_at")


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a row to the audit; returns its number."""
    taken = {"taken_by": values["requested_by"], "taken_at": values["requested_at"]}
    connection.execute(update(turn).where(turn.c.name == TURN).values(taken))  # one after the other, to the commit
    before = connection.execute(select(command.c.digest).order_by(command.c.id.desc()).limit(1)).scalar() or ""
    whole = {**{name: None for name in _WANTED}, "kind": "", "scope": "", "reason": "", "filter": "", "total": 0}
    whole |= values
    digest = _digest(before, whole, _WANTED)
    key = connection.execute(insert(command).values({**values, "digest": digest})).inserted_primary_key
    number = int(key[0]) if key is not None else 0
    if whole.get("ended_at") is not None:
        seal(connection, number)
    return number


def seal(connection: Connection, number: int) -> None:
    """Add the digest of how a row ended."""
    row = connection.execute(select(command).where(command.c.id == number)).one()
    digest = _digest(row.digest, dict(row._mapping), _CAME)
    connection.execute(update(command).where(command.c.id == number).values(end_digest=digest))


def broken(connection: Connection) -> Iterator[tuple[int, str]]:
    """Rows that don't fit the chain: number, and what is wrong. Rows older than the chain are passed over."""
    before = ""
    for row in connection.execute(select(command).order_by(command.c.id)):
        if not row.digest and not before:
            continue
        if row.digest != _digest(before, dict(row._mapping), _WANTED):
            yield row.id, "what was wanted was changed, or a row before it was taken out"
        elif row.end_digest and row.end_digest != _digest(row.digest, dict(row._mapping), _CAME):
            yield row.id, "what came of it was changed"
        before = row.digest


def latest(connection: Connection) -> str:
    """The last digest of the chain."""
    found = connection.execute(select(command.c.digest).order_by(command.c.id.desc()).limit(1)).scalar()
    return str(found or "")


def _digest(before: str, values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    told = json.dumps([before, *(_plain(values[name]) for name in names)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return dict(value)
    return None if value is None else value if isinstance(value, int) else str(value)
