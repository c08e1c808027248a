"""Work that is put in again: a selection on a catalogue, and what is unfinished."""

from __future__ import annotations

import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from owl.db import blackboard, dpq, runs
from owl.db.catalogue import SelectionFailed
from owl.db.engine import Database
from owl.errors import DatabaseAway, InvalidName, InvalidSetting, UnknownWorkflow
from owl.model import EntryState, RunState, State
from owl.ops import Operations, Plan, Unfinished, named_selection, sql_selection, time_of
from tests.fixtures.database import add_entry, at, begin_run, follow, report
from tests.fixtures.pollers import make_catalog


@pytest.fixture
def ops(sqlite: Database, tmp_path: Path) -> Operations:
    """Operations on an empty database, with the workflow `pair`."""
    return Operations(database=sqlite, catalog=make_catalog(tmp_path))


def archive(path: Path, rows: list[tuple[Any, ...]]) -> str:
    """A catalogue as an archive has one; returns its URL."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE science (name TEXT, inst TEXT, exptime REAL, mode TEXT)")
        connection.executemany("INSERT INTO science VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{path}"


def plan(tmp_path: Path, url: str, query: str, **given: Any) -> Plan:
    """A plan whose query stands in a file."""
    (tmp_path / "select.sql").write_text(query)
    values: dict[str, Any] = {"workflow": "pair", "campaign": "spring", "priority": -5}
    return Plan(catalog=url, selection=sql_selection(tmp_path / "select.sql"), **{**values, **given})


QUERY = "SELECT name AS dataset, inst AS instrument, mode FROM science WHERE exptime > :least ORDER BY name;\n"
ROWS = [
    ("w1", "WFC3", 10.0, "IMG"),
    ("w2", "WFC3", 0.5, None),
    ("a1", "ACS", 20.0, None),
    ("w1", "WFC3", 10.0, "IMG"),
]


def test_a_selection_becomes_requests_counted_by_instrument(ops: Operations, tmp_path: Path) -> None:
    wanted = plan(tmp_path, archive(tmp_path / "a.db", ROWS), QUERY, options={"least": "0"})
    dry = ops.resubmissions.reprocess(wanted, requested_by="mary", dry_run=True)
    assert (dry.added, ops.entries()) == ({"WFC3": 2, "ACS": 1}, [])
    done = ops.resubmissions.reprocess(wanted, requested_by="mary")
    assert done.added == dry.added
    assert [(e.dataset, e.priority, e.parameters, e.campaign) for e in ops.entries()] == [
        ("a1", -5, {}, "spring"),
        ("w1", -5, {"mode": "IMG"}, "spring"),
        ("w2", -5, {}, "spring"),
    ]


def test_what_waits_and_what_the_campaign_has_had_is_left_out(ops: Operations, tmp_path: Path) -> None:
    wanted = plan(tmp_path, archive(tmp_path / "a.db", ROWS), QUERY, options={"least": "0"})
    ops.add("a1", "pair", requested_by="x")
    had = ops.add("w1", "pair", campaign="spring", requested_by="x")
    ops.database.write(dpq.move, had, EntryState.REMOVED, now=at(1))
    found = ops.resubmissions.reprocess(wanted, requested_by="mary")
    assert (found.added, found.waiting) == ({"WFC3": 1}, {"WFC3": 1, "ACS": 1})
    assert ops.resubmissions.reprocess(wanted, requested_by="mary").added == {}


@pytest.mark.parametrize(
    ("query", "error", "says"),
    [
        ("SELECT name FROM science", InvalidName, "row 1: it has no dataset"),
        ("SELECT name AS dataset, exptime FROM science", InvalidName, "has no parameter 'exptime'"),
        ("SELECT 'a b' AS dataset", InvalidName, "row 1: the dataset name 'a b' isn't valid"),
        ("SELECT 'a' AS dataset, 'high' AS priority", InvalidName, "row 1: invalid literal"),
        ("SELECT nonsense FROM science", SelectionFailed, "no such column: nonsense"),
        ("SELECT name AS dataset FROM science WHERE mode = :mode", InvalidSetting, "give it as --option mode"),
        ("DELETE FROM science", SelectionFailed, "attempt to write a readonly database"),
        ("", SelectionFailed, "the query gives no rows: it must be a SELECT"),
    ],
)
def test_a_selection_that_is_wrong(
    ops: Operations, tmp_path: Path, query: str, error: type[Exception], says: str
) -> None:
    url = archive(tmp_path / "a.db", ROWS)
    with pytest.raises(error, match=says):
        ops.resubmissions.reprocess(plan(tmp_path, url, query), requested_by="mary")
    assert ops.entries() == []
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT count(*) FROM science").fetchone() == (4,)
    connection.close()


def test_bad_rows_may_be_left_out(ops: Operations, tmp_path: Path) -> None:
    query = "SELECT 'good' AS dataset UNION ALL SELECT 'not good' UNION ALL SELECT NULL"
    wanted = plan(tmp_path, archive(tmp_path / "a.db", []), query, skip_bad=True)
    found = ops.resubmissions.reprocess(wanted, requested_by="mary")
    assert (found.added, found.refused, len(found.reasons)) == ({"": 1}, 2, 2)


def test_a_catalogue_that_is_away_and_a_workflow_that_is_not(ops: Operations, tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway, match=r"the catalogue sqlite:////nowhere/x can't be reached"):
        ops.resubmissions.reprocess(plan(tmp_path, "sqlite:////nowhere/x", "SELECT 1"), requested_by="m")
    with pytest.raises(UnknownWorkflow):
        ops.resubmissions.reprocess(plan(tmp_path, "sqlite://", "SELECT 1", workflow="par"), requested_by="m")
    with pytest.raises(InvalidSetting, match="there is no selection 'none'"):
        named_selection("none")


def test_memory_does_not_grow_with_the_selection(ops: Operations, tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST(:rows AS INTEGER)) "
        query += "SELECT 'ds' || i AS dataset FROM n"
        wanted = plan(tmp_path, "sqlite://", query, campaign=f"c{rows}", options={"rows": str(rows)})
        tracemalloc.start()
        ops.resubmissions.reprocess(wanted, requested_by="mary")
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small = peak(4_000)
    assert peak(16_000) < 1.5 * small


def failed(ops: Operations, dataset: str, step: str, code: int, *, campaign: str = "spring") -> int:
    """A request that has failed at a step."""
    number = add_entry(ops.database, dataset, campaign=campaign, priority=3)
    run = begin_run(ops.database, number, f"run-{dataset}-{number}")
    follow(ops.database, run.id, RunState.RUNNING, RunState.FAILED)
    execution = report(State.EXITED, 5, job=f"s#{number}.0#1", run_id=run.id, process_name=step, exit_code=code)
    ops.database.write(blackboard.record, [execution])
    return number


def test_what_is_unfinished_is_asked_for_again_once(ops: Operations) -> None:
    failed(ops, "ds1", "LEVEL_2A", 5)
    failed(ops, "ds2", "LEVEL_1", 3)
    failed(ops, "ds3", "LEVEL_2A", 5, campaign="autumn")
    add_entry(ops.database, "ds4", campaign="spring")
    which = Unfinished(campaign="spring")
    assert ops.resubmissions.preview(which) == {("pair", EntryState.FAILED): 2}
    assert ops.resubmissions.resubmit(which, requested_by="mary", priority=9) == 2
    assert ops.resubmissions.resubmit(which, requested_by="mary") == 0
    new = [entry for entry in ops.entries(states=[EntryState.WAITING]) if entry.created_by == "mary"]
    assert [(e.dataset, e.priority, e.campaign, e.attempts) for e in new] == [
        ("ds1", 9, "spring", 0),
        ("ds2", 9, "spring", 0),
    ]
    assert ops.database.read(runs.counts)[RunState.FAILED] == 3


@pytest.mark.parametrize(
    ("given", "datasets"),
    [
        ({"step": "LEVEL_2A"}, ["ds1"]),
        ({"step": "LEVEL_2A", "exit_code": 7}, []),
        ({"exit_code": 3}, ["ds2"]),
        ({"since": at(1000)}, []),
        ({"states": (EntryState.REMOVED,)}, []),
        ({"workflow": "other"}, []),
        ({"says": "no such words"}, []),
        ({}, ["ds1", "ds2"]),
    ],
)
def test_by_state_time_and_cause(ops: Operations, given: dict[str, Any], datasets: list[str]) -> None:
    failed(ops, "ds1", "LEVEL_2A", 5)
    failed(ops, "ds2", "LEVEL_1", 3)
    ops.resubmissions.resubmit(Unfinished(**given), requested_by="mary", campaign="again")
    assert [entry.dataset for entry in ops.entries(campaign="again")] == datasets


@pytest.mark.parametrize("text", ["yesterday", "-3y", "", "2026-13-01"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(InvalidSetting, match="is no time"):
        time_of(text)
