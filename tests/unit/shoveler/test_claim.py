"""Claiming: the order of the queue, lanes, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from owl.db import control, dpq, runs
from owl.db.engine import Database
from owl.db.rules import BREAKER, Kind, Knob, Pause
from owl.model import EntryState, Run, RunState
from owl.shoveler.claim import Claimant, claim
from tests.fixtures.database import START, add_entry, at, follow

ME = Claimant(identity="shoveler@a/1", owner="owl", schedd="schedd.a", work_root=Path("/work"))
DEFAULTS: Mapping[str, float] = {"shovel_size": 25, "period": 1, "max_active_runs": 100}


def take(database: Database, limit: int = 10, seconds: float = 1) -> list[str]:
    """Claim; the datasets in the order in which they go."""
    return [run.dataset for run in claim_runs(database, limit, seconds)]


def claim_runs(database: Database, limit: int = 10, seconds: float = 1) -> list[Run]:
    """Claim; the runs."""
    return database.write(claim, ME, DEFAULTS, limit, at(seconds)).runs


def knob(database: Database, name: str, value: float, kind: Kind = Kind.ALL, scope: str = "") -> None:
    """Set a knob."""
    new = Knob(name=name, kind=kind, scope=scope, value=value, set_by="alice", set_at=START)
    database.write(control.set_knob, new)


def pause(database: Database, kind: Kind, scope: str, by: str = "alice") -> None:
    """Pause something."""
    database.write(control.set_pause, Pause(kind=kind, scope=scope, paused_by=by, paused_at=START, reason="why"))


def test_the_highest_priority_goes_first_and_the_oldest_within_one(sqlite: Database) -> None:
    for name, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5)):
        add_entry(sqlite, name, priority=priority)
    assert take(sqlite, 3) == ["b", "d", "a"]
    assert take(sqlite) == ["c"]


def test_a_claim_writes_entry_run_and_submission(sqlite: Database) -> None:
    number = add_entry(sqlite, "ds1", priority=7, campaign="c1", parameters={"x": "1"})
    [run] = claim_runs(sqlite)
    assert sqlite.read(runs.get, run.id) == run
    assert (run.priority, run.campaign, run.parameters, run.state) == (7, "c1", {"x": "1"}, RunState.CLAIMED)
    [submission] = sqlite.read(runs.submissions, run.id)
    assert (submission.claimed_by, submission.schedd) == ("shoveler@a/1", "schedd.a")
    entry = sqlite.read(dpq.get, number)
    assert (entry.state, entry.run_id, entry.attempts) == (EntryState.CLAIMED, run.id, 1)


def test_a_rescue_counts_against_the_same_limits(sqlite: Database) -> None:
    number = add_entry(sqlite, "old", priority=9)
    [run] = claim_runs(sqlite)
    follow(sqlite, run.id, RunState.FAILED)
    sqlite.write(dpq.ask_rescue, number, requested_by="alice", reason="why")
    add_entry(sqlite, "new")
    knob(sqlite, "max_active_runs", 1)
    [again] = claim_runs(sqlite)
    assert (again.id, again.submission) == (run.id, 1)
    assert take(sqlite) == []


def test_lanes_are_found_without_reading_what_waits_in_them(sqlite: Database) -> None:
    for workflow, campaign in (("b", "x"), ("a", ""), ("a", "z"), ("a", "y"), ("b", "x")):
        add_entry(sqlite, f"{workflow}{campaign}", workflow=workflow, campaign=campaign, again=True)
    assert sqlite.read(dpq.lanes) == [("a", ""), ("b", "x"), ("a", "y"), ("a", "z")]


@pytest.mark.parametrize(("kind", "scope"), [(Kind.WORKFLOW, "bulk"), (Kind.CAMPAIGN, "c1")])
def test_a_paused_lane_at_the_head_of_the_queue_holds_up_nothing(sqlite: Database, kind: Kind, scope: str) -> None:
    for number in range(50):
        add_entry(sqlite, f"b{number}", workflow="bulk", campaign="c1", priority=9)
    add_entry(sqlite, "n1")
    pause(sqlite, kind, scope)
    assert take(sqlite, 5) == ["n1"]


def test_a_floor_feeds_low_priorities_behind_any_number_of_higher_ones(sqlite: Database) -> None:
    for number in range(50):
        add_entry(sqlite, f"h{number}", priority=9)
    add_entry(sqlite, "low", priority=-5)
    knob(sqlite, "max_active_runs", 4)
    knob(sqlite, "floor", 1, Kind.BELOW, "0")
    taken = [dataset for step in range(5) for dataset in take(sqlite, 4, step)]
    assert sorted(taken) == ["h0", "h1", "h2", "low"]


def test_order_is_kept_over_lanes_of_which_only_the_beginning_was_read(sqlite: Database) -> None:
    for number in range(30):
        add_entry(sqlite, f"a{number:02d}", workflow="a", priority=5)
    for number in range(30):
        add_entry(sqlite, f"b{number:02d}", workflow="b", priority=4)
    pause(sqlite, Kind.WORKFLOW, "c")
    taken: list[str] = []
    while found := take(sqlite, 7):
        taken += found
    assert taken == sorted(taken)
    assert len(taken) == 60


def test_a_stopped_workflow_gets_one_probe_at_a_time(sqlite: Database) -> None:
    for number in range(3):
        add_entry(sqlite, f"b{number}", workflow="bulk")
    pause(sqlite, Kind.WORKFLOW, "bulk", BREAKER)
    assert take(sqlite, seconds=599) == []
    [probe] = claim_runs(sqlite, seconds=600)
    assert probe.dataset == "b0"
    [paused] = sqlite.read(control.pauses)
    assert paused.probe_run == probe.id
    assert take(sqlite, seconds=5000) == []
    follow(sqlite, probe.id, RunState.FAILED)
    assert take(sqlite, seconds=1100) == []
    assert take(sqlite, seconds=1300) == ["b1"]
