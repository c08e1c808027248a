"""Limits, pauses and reservations: which entries may go, and why others may not."""

from __future__ import annotations

from typing import Any

import pytest

from owl.db.rules import Active, Candidate, Kind, Pause, Rules, choose
from tests.fixtures.database import START


def rules(most: int = 10, active: int = 0, knobs: Any = None, pauses: Any = ()) -> Rules:
    """At most so many active runs, of which there are some of the workflow `bulk` at priority 0."""
    there = [Active(workflow="bulk", campaign="", priority=0, runs=active)] if active else []
    return Rules(knobs=knobs or {}, pauses=list(pauses), active=there, defaults={"max_active_runs": most})


def entry(number: int, workflow: str = "bulk", priority: int = 0, campaign: str = "") -> Candidate:
    """A waiting entry."""
    return Candidate(id=number, workflow=workflow, campaign=campaign, priority=priority)


def ids(chosen: list[Candidate]) -> list[int]:
    """Their numbers."""
    return [one.id for one in chosen]


def test_no_more_go_than_there_is_room_for() -> None:
    assert ids(choose(rules(10, 8), [entry(n) for n in range(1, 6)], 5)) == [1, 2]


def test_a_limit_of_one_workflow_lets_the_others_pass() -> None:
    limited = rules(knobs={("max_active_runs", Kind.WORKFLOW, "bulk"): 1})
    chosen = choose(limited, [entry(1), entry(2), entry(3, "new"), entry(4)], 9)
    assert ids(chosen) == [1, 3]
    assert limited.refusal(entry(5)) == "limit 1 active of workflow bulk reached"


def test_a_limit_of_one_campaign() -> None:
    limited = rules(knobs={("max_active_runs", Kind.CAMPAIGN, "c1"): 1})
    assert ids(choose(limited, [entry(1, campaign="c1"), entry(2, campaign="c1"), entry(3)], 9)) == [1, 3]


def test_nothing_else_takes_what_is_reserved_for_a_workflow() -> None:
    kept = rules(10, 7, knobs={("reserved", Kind.WORKFLOW, "wavefront"): 3})
    assert (
        kept.refusal(entry(1, priority=999)) == "limit 10 active reached: 7 are, 3 are kept for workflow wavefront"
    )
    assert ids(choose(kept, [entry(1), entry(2, "wavefront"), entry(3, "wavefront"), entry(4)], 9)) == [2, 3]


def test_a_reservation_for_high_priorities_that_is_used_up_keeps_nothing_more() -> None:
    kept = rules(10, 8, knobs={("reserved", Kind.AT_LEAST, "100"): 1})
    assert ids(choose(kept, [entry(1, priority=100), entry(2), entry(3)], 9)) == [1, 2]


def test_what_is_kept_is_told_with_whom_it_is_kept_for() -> None:
    knobs = {
        ("reserved", Kind.WORKFLOW, "wavefront"): 3,
        ("reserved", Kind.AT_LEAST, "100"): 2,
        ("floor", Kind.BELOW, "0"): 4,
        ("period", Kind.ALL, ""): 5,
    }
    kept = rules(10, 3, knobs=knobs)
    kept.take(entry(1, "wavefront"))
    told = [(one.name, one.whom, one.runs, one.used, one.kept) for one in kept.reserved]
    assert told == [
        ("reserved", "workflow wavefront", 3, 1, 2),
        ("reserved", "priorities of at least 100", 2, 0, 2),
        ("floor", "priorities below 0", 4, 0, 4),
    ]
    refused = kept.refusal(entry(2, priority=100))
    assert refused == (
        "limit 10 active reached: 4 are, 2 are kept for workflow wavefront, 4 are kept for priorities below 0"
    )


def test_a_floor_keeps_runs_for_low_priorities() -> None:
    kept = rules(10, 0, knobs={("floor", Kind.BELOW, "0"): 2})
    assert kept.floors == [0]
    high = [entry(n, priority=50) for n in range(1, 20)]
    assert len(choose(kept, high, 20)) == 8
    assert ids(choose(kept, [entry(30, priority=-1), entry(31, priority=-1), entry(32, priority=-1)], 9)) == [
        30,
        31,
    ]
    assert kept.floors == []


@pytest.mark.parametrize(
    ("kind", "scope", "goes"), [(Kind.ALL, "", []), (Kind.WORKFLOW, "bulk", [2, 3]), (Kind.CAMPAIGN, "c1", [1, 3])]
)
def test_what_is_paused_does_not_go(kind: Kind, scope: str, goes: list[int]) -> None:
    pause = Pause(kind=kind, scope=scope, paused_by="alice", paused_at=START, reason="a new calibration")
    paused = rules(pauses=[pause])
    assert ids(choose(paused, [entry(1), entry(2, "new", campaign="c1"), entry(3, "new")], 9)) == goes
    words = paused.refusal(entry(1, campaign="c1"))
    if 1 not in goes:
        assert words is not None
        assert "paused by alice since 2026-03-01 12:00:00: a new calibration" in words


def test_behind_the_last_entry_that_was_read_of_a_lane_nothing_goes() -> None:
    assert ids(choose(rules(), [entry(1), entry(2), entry(3, "new")], 9, last={2})) == [1, 2]
