"""The priority of a request in HTCondor: `JobPrio = 2000 * priority + 1000 + the step's own` (-999 to 999)."""

from __future__ import annotations

BAND = 2000
MIDDLE = 1000
STEP_LIMIT = 999


def base(priority: int) -> int:
    """The DAG's own priority, to which DAGMan adds each step's."""
    return BAND * priority + MIDDLE


def moved(job_prio: int, priority: int) -> int:
    """What a step's JobPrio becomes where its request gets another priority; the step's own part stays."""
    return BAND * priority + job_prio % BAND


def with_own(job_prio: int, own: int) -> int:
    """What a step's JobPrio becomes where it gets another priority of its own; its request's stays."""
    return job_prio - job_prio % BAND + MIDDLE + own
