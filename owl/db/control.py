"""Verbs of what governs the shoveler: knobs, pauses, alerts, and the turn to claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from owl.db import audit
from owl.db.forms import upsert
from owl.db.rules import Active, Kind, Knob, Pause, Rules
from owl.db.schema import alert, knob, pause, run, turn
from owl.intent import CommandState
from owl.model import RUN_ENDED, RunState

_ALIVE = tuple(state for state in RunState if state not in RUN_ENDED)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that an operator has to look at."""

    id: int
    kind: str
    scope: str
    raised_at: datetime
    text: str
    details: Mapping[str, Any]
    ended_at: datetime | None
    ended_by: str | None


def take_turn(connection: Connection, name: str, by: str, *, now: datetime) -> None:
    """Wait for the turn `name` and hold it until this transaction ends."""
    connection.execute(update(turn).where(turn.c.name == name).values(taken_by=by, taken_at=now))


def rules(connection: Connection, defaults: Mapping[str, float]) -> Rules:
    """What holds now."""
    found = knobs(connection)
    return Rules(
        knobs={(one.name, one.kind, one.scope): one.value for one in found},
        pauses=pauses(connection),
        active=active(connection),
        defaults=defaults,
    )


def active(connection: Connection) -> list[Active]:
    """Runs that haven't ended, counted by what limits look at."""
    columns = (run.c.workflow, run.c.campaign, run.c.priority)
    query = select(*columns, func.count()).where(run.c.state.in_(_ALIVE)).group_by(*columns)
    return [Active(workflow=w, campaign=c, priority=p, runs=n) for w, c, p, n in connection.execute(query)]


def knobs(connection: Connection) -> list[Knob]:
    """Every value that was set."""
    query = select(knob).order_by(knob.c.name, knob.c.kind, knob.c.scope)
    return [Knob(**{**row._mapping, "kind": Kind(row.kind)}) for row in connection.execute(query)]


def set_knob(connection: Connection, new: Knob) -> None:
    """Set a knob, and keep who did it."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    upsert(connection, knob, {**values, "kind": new.kind.value})


def reset_knob(connection: Connection, name: str, kind: Kind, scope: str) -> bool:
    """Take a knob's value back; False where it had none."""
    key = (knob.c.name == name) & (knob.c.kind == kind.value) & (knob.c.scope == scope)
    return bool(connection.execute(delete(knob).where(key)).rowcount)


def pauses(connection: Connection) -> list[Pause]:
    """Everything that is paused."""
    query = select(pause).order_by(pause.c.kind, pause.c.scope)
    return [Pause(**{**row._mapping, "kind": Kind(row.kind)}) for row in connection.execute(query)]


def set_pause(connection: Connection, new: Pause) -> None:
    """Pause something; what is paused already gets the new reason."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    upsert(connection, pause, {**values, "kind": new.kind.value})


def resume(connection: Connection, kind: Kind, scope: str) -> bool:
    """Take a pause back; False where there is none."""
    return bool(connection.execute(delete(pause).where(_paused(kind, scope))).rowcount)


def probing(connection: Connection, kind: Kind, scope: str, run_id: str, *, now: datetime) -> None:
    """Keep which run probes whether something that is paused works again."""
    values = {"probe_run": run_id, "probed_at": now}
    connection.execute(update(pause).where(_paused(kind, scope)).values(values))


def order(
    connection: Connection,
    verb: str,
    *,
    requested_by: str,
    now: datetime,
    kind: Kind = Kind.ALL,
    scope: str = "",
    value: float | None = None,
    reason: str = "",
) -> int:
    """Keep what an operator did that is done by the same transaction; returns its number in the audit."""
    values = {
        "verb": verb,
        "kind": kind.value,
        "scope": scope,
        "value": value,
        "requested_by": requested_by,
        "requested_at": now,
        "reason": reason,
        "state": str(CommandState.DONE),
        "result": "done",
        "ended_at": now,
    }
    return audit.add(connection, values)


def raise_alert(
    connection: Connection, kind: str, scope: str, text: str, details: Mapping[str, Any], *, now: datetime
) -> None:
    """Tell operators of something."""
    values = {"kind": kind, "scope": scope, "raised_at": now, "text": text, "details": dict(details)}
    connection.execute(insert(alert).values(values))


def end_alerts(connection: Connection, kind: str, scope: str, by: str, *, now: datetime) -> None:
    """What was told of is over."""
    same = (alert.c.kind == kind) & (alert.c.scope == scope) & alert.c.ended_at.is_(None)
    connection.execute(update(alert).where(same).values(ended_at=now, ended_by=by))


def last_ended(connection: Connection, kind: str, scope: str) -> datetime | None:
    """When what was told of ended last; None where it never was, or is still open."""
    query = select(func.max(alert.c.ended_at)).where(alert.c.kind == kind, alert.c.scope == scope)
    found: datetime | None = connection.execute(query).scalar()
    return found


def open_alerts(connection: Connection) -> Sequence[Alert]:
    """What operators have to look at, the oldest first."""
    columns = [alert.c[name] for name in Alert.__dataclass_fields__]
    query = select(*columns).where(alert.c.ended_at.is_(None)).order_by(alert.c.id)
    return [Alert(**row._mapping) for row in connection.execute(query)]


def _paused(kind: Kind, scope: str) -> Any:
    return (pause.c.kind == kind.value) & (pause.c.scope == scope)
