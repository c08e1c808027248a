"""Many entries at once: held, released, hurried, deleted, asked for again; each with its row in the audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.config import load_settings
from owl.db import dpq
from owl.db.engine import Database
from owl.errors import InvalidName, NotAllowed
from owl.model import EntryState, RunState
from owl.ops import Operations, View
from owl.workflow.catalog import Catalog
from tests.fixtures.database import add_entry, at, begin_run, follow

WORKFLOWS = Path(__file__).resolve().parents[2] / "data" / "workflows"


@pytest.fixture
def ops(sqlite: Database) -> Operations:
    """Operations with five waiting entries and one that has run."""
    for number in range(6):
        add_entry(sqlite, f"ds{number}", priority=number)
    begin_run(sqlite, 6)
    follow(sqlite, "run-1", RunState.RUNNING, RunState.FAILED)
    return Operations(database=sqlite, catalog=Catalog(WORKFLOWS))


def claimable(ops: Operations) -> list[int]:
    """The numbers of what a shoveler might take."""
    return [one.id for one in ops.database.read(dpq.candidates, limit=100, now=at(10))]


def test_what_is_held_is_not_taken_until_it_is_released(ops: Operations) -> None:
    assert ops.hold_entries([1, 2, 6, 99], requested_by="mary", reason="calibration is wrong") == 2
    assert ops.hold_entries([1], requested_by="john") == 0
    assert claimable(ops) == [5, 4, 3]
    assert (
        ops.governance(load_settings({})).explain(entry_id=1)[0].reasons[0] == "held by mary: calibration is wrong"
    )
    assert ops.entry(1).error == "held by mary: calibration is wrong"
    assert ops.release_entries([1, 3], requested_by="john") == 1
    assert claimable(ops) == [5, 4, 3, 1]
    assert (ops.entry(1).error, ops.entry(1).not_before) == (None, None)
    rows = ops.look.commands(View()).rows
    assert [(row.verb, row.requested_by) for row in rows] == [("dpq release", "john"), ("dpq hold", "mary")]


def test_priorities_change_and_entries_go_only_while_they_wait(ops: Operations) -> None:
    assert ops.set_priority([1, 2, 6], 500, requested_by="mary") == 2
    assert claimable(ops)[:2] == [1, 2]
    with pytest.raises(InvalidName):
        ops.set_priority([1], 10_000_000, requested_by="mary")
    assert ops.delete_entries([1, 6], requested_by="mary", reason="not wanted") == 1
    assert (ops.entry(1).state, ops.entry(1).error) == (EntryState.REMOVED, "deleted by mary: not wanted")
    assert ops.entry(6).state is EntryState.FAILED
    with pytest.raises(NotAllowed):
        ops.delete_entries([], requested_by="mary")
    with pytest.raises(NotAllowed):
        ops.delete_entries(list(range(20_000)), requested_by="mary")


def test_runs_are_asked_for_again_once(ops: Operations) -> None:
    loaded = ops.resubmit(["run-1", "run-1", "run-none"], requested_by="mary", priority=7)
    assert (loaded.added, list(loaded.refused)) == (1, [])
    [new] = ops.entries(dataset="ds5", states=[EntryState.WAITING])
    assert (new.priority, new.workflow, new.created_by) == (7, "pair", "mary")
    again = ops.resubmit(["run-1"], requested_by="mary")
    assert again.added == 0
    assert "waits" in again.refused[0].reason
