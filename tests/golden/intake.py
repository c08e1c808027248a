"""Stories of what comes in: pollers, their events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from owl.db import arriving, associations, pollers, resubmit
from owl.intake import Association, AssociationState, EventState, PollerLook
from tests.fixtures.database import START, at

_ROW = {
    "dataset": "ds1",
    "workflow": "pair",
    "priority": 0,
    "parameters": {},
    "campaign": "",
    "created_at": START,
    "created_by": "x",
    "not_before": None,
}


def prepare(connection: Connection) -> None:
    """A poller, and a file that it has rejected."""
    look = PollerLook(
        name="spring", kind="file", directory="/in", host="h", pid=1, started_at=START, looked_at=START
    )
    pollers.beat(connection, look)
    arriving.record(connection, [_arrival("i1", EventState.REJECTED)], now=START)
    associations.put(connection, _association(), ["ds1", "ds2"], replace=False)


def _association() -> Association:
    return Association(
        name="spring",
        workflow="pair",
        member_workflow="pair",
        state=AssociationState.WAITING,
        created_at=START,
        created_by="x",
        changed_at=START,
    )


def _asked(connection: Connection) -> None:
    """Asked for, given other members, turned, noted."""
    entry = {name: value for name, value in _ROW.items() if name != "not_before"}
    associations.asked(connection, associations.get(connection, "spring"), entry, {"ds1": 1}, watched=True)
    associations.put(connection, _association(), ["ds1"], replace=True)
    one = associations.get(connection, "spring")
    associations.note(connection, one, "x")
    associations.turn(connection, one, AssociationState.OVERDUE, now=at(1), reason="x", watched=True)


def _arrival(identity: str, state: EventState) -> arriving.Arrival:
    return arriving.Arrival(
        poller="spring",
        path="/in/a",
        path_key="k",
        size=1,
        mtime_ns=1,
        mark="1:1",
        digest="d",
        identity=identity,
        state=state,
        rows=[_ROW],
    )


def _recorded(connection: Connection) -> None:
    """A file that is new, and one that was rejected and is good now."""
    arrivals = [_arrival("i2", EventState.SETTLED), _arrival("i1", EventState.SETTLED)]
    arriving.record(connection, arrivals, now=at(1))


ONLY_STORIES = {
    ("associations", "asked"),
    ("associations", "put"),
    ("associations", "turn"),
    ("associations", "note"),
    ("pollers", "want"),
    ("arriving", "record"),
}


def _again(connection: Connection) -> None:
    which = resubmit.Unfinished(campaign="spring", workflow="pair", since=START, step="A", exit_code=1, says="x")
    resubmit.resubmit(connection, which, requested_by="x", now=at(1), priority=1, campaign="c")
    resubmit.count(connection, resubmit.Unfinished(step="A"))


STORIES: list[tuple[str, str, Callable[[Connection], Any]]] = [
    ("pollers", "want", lambda connection: pollers.want(connection, "spring", paused_by="x")),
    ("arriving", "record", _recorded),
    ("resubmit", "resubmit", _again),
    ("associations", "asked", _asked),
]
