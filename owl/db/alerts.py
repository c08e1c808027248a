"""Verbs of alerts beyond raising and ending them: each is told once, and what is over ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select, update

from owl.db import control
from owl.db.control import Alert
from owl.db.forms import locked
from owl.db.schema import alert, campaign, dpq
from owl.model import EntryState

UNTOLD_FOR = timedelta(hours=1)  # who configures notices today wants none of last year's
_OPEN = (EntryState.WAITING, EntryState.CLAIMED, EntryState.ACTIVE)
_MOST = 50


def raise_once(connection: Connection, kind: str, scope: str, text: str, by: str, *, now: datetime) -> bool:
    """Tell operators of something unless that is open already; whether it was new."""
    if _is_open(connection, kind, scope):
        return False
    control.take_turn(connection, "claim", by, now=now)  # another daemon sees the same
    if _is_open(connection, kind, scope):
        return False
    control.raise_alert(connection, kind, scope, text, {}, now=now)
    return True


def end_if_open(connection: Connection, kind: str, scope: str, by: str, *, now: datetime) -> None:
    """What was told of is over, if it was told."""
    if _is_open(connection, kind, scope):
        control.end_alerts(connection, kind, scope, by, now=now)


def take_untold(connection: Connection, *, now: datetime) -> Sequence[Alert]:
    """The alerts that nobody has been told of, which are this caller's to tell from now on."""
    young = (alert.c.told_at.is_(None)) & (alert.c.raised_at >= now - UNTOLD_FOR)
    query = select(*[alert.c[name] for name in Alert.__dataclass_fields__]).where(young).order_by(alert.c.id)
    found = [Alert(**row._mapping) for row in connection.execute(locked(query.limit(_MOST), alert, pass_over=True))]
    mine = []
    for one in found:
        taken = update(alert).where(alert.c.id == one.id, alert.c.told_at.is_(None)).values(told_at=now)
        mine += [one] if connection.execute(taken).rowcount else []
    return mine


def untold(connection: Connection, alert_id: int) -> None:
    """It couldn't be told: the next one tries."""
    connection.execute(update(alert).where(alert.c.id == alert_id).values(told_at=None))


def finish_campaigns(connection: Connection, *, now: datetime) -> list[str]:
    """Tell of each campaign whose last entry has ended, and open again one that has got new entries."""
    going = exists().where(dpq.c.campaign == campaign.c.name, dpq.c.state.in_(_OPEN))
    any_of_it = exists().where(dpq.c.campaign == campaign.c.name)
    connection.execute(update(campaign).where(campaign.c.finished_at.is_not(None), going).values(finished_at=None))
    over = (campaign.c.finished_at.is_(None)) & campaign.c.cancelled_at.is_(None) & ~going & any_of_it
    found = []
    for name in connection.execute(select(campaign.c.name).where(over)).scalars().all():
        guard = (campaign.c.name == name) & campaign.c.finished_at.is_(None)
        if connection.execute(update(campaign).where(guard).values(finished_at=now)).rowcount:
            found.append(name)
            _tell_finished(connection, name, now)
    return found


def _tell_finished(connection: Connection, name: str, now: datetime) -> None:
    query = select(dpq.c.state, func.count()).where(dpq.c.campaign == name).group_by(dpq.c.state)
    counts = {str(state): number for state, number in connection.execute(query)}
    words = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    text = f"campaign {name} has finished: {words}"
    control.raise_alert(connection, "campaign", name, text, {"entries": counts}, now=now)
    control.end_alerts(connection, "campaign", name, "owl", now=now)  # nothing is to be done


def _is_open(connection: Connection, kind: str, scope: str) -> bool:
    same = (alert.c.kind == kind) & (alert.c.scope == scope) & alert.c.ended_at.is_(None)
    return connection.execute(select(alert.c.id).where(same).limit(1)).first() is not None
