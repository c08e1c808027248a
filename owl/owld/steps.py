"""What the schedd tells of job steps, as reports on their executions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from owl.condor.classad import integer_of
from owl.condor.reports import SOURCE_HISTORY, current_state, from_epoch_history, from_schedd
from owl.condor.states import JobStatus
from owl.db import blackboard
from owl.model import ENDED, Execution, State

_log = logging.getLogger(__name__)

Ad = Mapping[str, Any]

_GOING = frozenset({State.STARTING, State.RUNNING, State.SUSPENDED})


def reports(ad: Ad, source: str, known: Sequence[Execution], now: datetime) -> list[Execution]:
    """What a step's ad in queue or history tells of its executions, given those on the blackboard."""
    state = current_state(ad)
    number = _start_number(ad, state, known)
    told = [from_schedd(ad, source=source, start_number=number, state=state, now=now)]
    for row in known:
        if row.start_number < number and row.state not in ENDED:
            why = row.hold_reason or "it was started again"
            told.append(_closed(row, State.EVICTED, source, now, why))
    return [report for report in told if not _known_already(report, known)]


def _known_already(report: Execution, known: Sequence[Execution]) -> bool:
    """Whether the blackboard says so already: what is looked at every second must not be written every second."""
    same = [row for row in known if row.start_number == report.start_number and row.state is report.state]
    if not same or report.state is State.HELD:
        return bool(same) and same[0].hold_reason == report.hold_reason
    if report.state in ENDED:
        return (same[0].exit_code, same[0].exit_signal) == (report.exit_code, report.exit_signal)
    return True


def _start_number(ad: Ad, state: State, known: Sequence[Execution]) -> int:
    """Which execution an ad speaks of: NumShadowStarts counts those that have begun."""
    begun = integer_of(ad, "NumShadowStarts") or 0
    last = integer_of(ad, "LastJobStatus") or JobStatus.IDLE
    if state is State.IDLE:
        return begun + 1
    if state in (State.HELD, State.REMOVED, State.ABORTED):
        if last == JobStatus.HELD:
            return known[-1].start_number if known else max(begun, 1)
        return begun + 1 if last == JobStatus.IDLE else max(begun, 1)
    return max(begun, 1)


def record(connection: Connection, jobs: Iterable[tuple[Ad, str]], now: datetime) -> Counter[str]:
    """Write what these jobs' ads (each with its source) tell; returns the repairs, counted by their cause."""
    jobs = list(jobs)
    known = blackboard.of_jobs(connection, [str(ad["globaljobid"]) for ad, _ in jobs])
    told: list[Execution] = []
    for ad, source in jobs:
        told += reports(ad, source, known.get(str(ad["globaljobid"]), ()), now)
    blackboard.record(connection, told)
    return _repairs(told, known)


def record_epochs(connection: Connection, ads: Sequence[Ad], now: datetime) -> Counter[str]:
    """Add the starts that ended unseen: too short for the queue's look, and no hook ran."""
    known = blackboard.of_jobs(connection, [str(ad["globaljobid"]) for ad in ads])
    told = []
    for ad in ads:
        report = from_epoch_history(ad, now=now)
        rows = [r for r in known.get(report.global_job_id, ()) if r.start_number == report.start_number]
        if not rows or rows[0].state in _GOING:
            told.append(report)
    blackboard.record(connection, told)
    return _repairs(told, known)


def lose(connection: Connection, jobs: Sequence[str], now: datetime) -> Counter[str]:
    """Write that the schedd knows nothing of these jobs any more; returns the repairs, counted by their cause."""
    known = blackboard.of_jobs(connection, jobs)
    rows = [row for several in known.values() for row in several]
    why = "the schedd knows nothing of it any more"
    told = [_closed(row, State.LOST, SOURCE_HISTORY, now, why) for row in rows if row.state not in ENDED]
    blackboard.record(connection, told)
    return _repairs(told, known)


def _repairs(told: Sequence[Execution], known: Mapping[str, Sequence[Execution]]) -> Counter[str]:
    """Ends that no hook had told, or had told otherwise: each is logged, and counted by its cause."""
    causes: Counter[str] = Counter()
    for report in told:
        if report.state not in ENDED:
            continue
        rows = [r for r in known.get(report.global_job_id, ()) if r.start_number == report.start_number]
        before = rows[0].state if rows else None
        if before is report.state:
            continue
        cause = "never seen" if before is None else f"was {before}"
        causes[f"{cause}, is {report.state}"] += 1
        _log.info(
            "blackboard repaired: %s, is %s",
            cause,
            report.state,
            extra={
                "action": "blackboard_repaired",
                "job": report.global_job_id,
                "start": report.start_number,
                "source": report.source,
            },
        )
    return causes


def _closed(row: Execution, state: State, source: str, now: datetime, reason: str) -> Execution:
    return Execution(
        global_job_id=row.global_job_id,
        start_number=row.start_number,
        state=state,
        source=source,
        observed_at=now,
        completion_time=now,
        exit_reason=row.exit_reason or reason,
    )
