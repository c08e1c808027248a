"""Verbs on many entries of the DPQ that still wait: hold, release, another priority, out of the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, or_, update

from owl.db.dpq import STILL_WAITS
from owl.db.schema import dpq
from owl.model import EntryState

# A held entry waits until then: no shoveler takes what isn't due, and none needs to know of holds.
HELD_UNTIL = datetime(9999, 12, 31, tzinfo=UTC)
_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement


def hold(connection: Connection, ids: Sequence[int], *, words: str) -> int:
    """Keep waiting entries from being taken; `words` say who did it and why. Returns how many that were."""
    return _change(connection, ids, {"not_before": HELD_UNTIL, "error": words}, held=False)


def release(connection: Connection, ids: Sequence[int]) -> int:
    """Let held entries go again; returns how many that were."""
    return _change(connection, ids, {"not_before": None, "error": None}, held=True)


def set_priority(connection: Connection, ids: Sequence[int], priority: int) -> int:
    """Give waiting entries another priority; returns how many that were."""
    return _change(connection, ids, {"priority": priority})


def remove(connection: Connection, ids: Sequence[int], *, words: str, now: datetime) -> int:
    """Take waiting entries out of the queue; they stay on record. Returns how many that were."""
    return _change(connection, ids, {"state": EntryState.REMOVED, "ended_at": now, "error": words})


def _change(
    connection: Connection, ids: Sequence[int], values: Mapping[str, Any], *, held: bool | None = None
) -> int:
    changed = 0
    for start in range(0, len(ids), _AT_A_TIME):
        mine = update(dpq).where(dpq.c.id.in_(ids[start : start + _AT_A_TIME]), STILL_WAITS)
        if held is True:
            mine = mine.where(dpq.c.not_before == HELD_UNTIL)
        if held is False:
            mine = mine.where(or_(dpq.c.not_before.is_(None), dpq.c.not_before != HELD_UNTIL))
        changed += connection.execute(mine.values(dict(values))).rowcount
    return changed
