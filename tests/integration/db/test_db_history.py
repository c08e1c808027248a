"""What the Dashboard and History count: the same on every database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from owl.daemon import utc_now
from owl.db import blackboard, runs
from owl.db.engine import Database
from owl.errors import InvalidFilter, NotFound
from owl.model import RunState, State
from owl.ops import Look, View
from tests.fixtures.database import add_entry, begin_run, report


@pytest.fixture
def now() -> datetime:
    """When the test begins: questions about the last half hour are among what follows."""
    return utc_now().replace(microsecond=0)


@pytest.fixture
def look(database: Database, now: datetime) -> Look:
    """Twelve runs that ended in the last twelve hours, every third badly, and one whose last step is held."""
    for number in range(13):
        _run(database, number, now)
    return Look(database=database)


def _run(database: Database, number: int, now: datetime) -> None:
    ended = now - timedelta(hours=number, minutes=1)
    parameters = {"instrument": "NIRCAM" if number % 2 else "MIRI"}
    entry = add_entry(
        database,
        f"ds{number}",
        workflow="pair" if number % 4 else "imaging",
        campaign="spring",
        parameters=parameters,
    )
    begin_run(database, entry, f"run-{number}")
    bad, held = number % 3 == 0, number == 12
    steps = [_step(number, "FIRST", ended - timedelta(minutes=2), State.EXITED, 0)]
    steps.append(_step(number, "SECOND", ended, State.HELD if held else State.EXITED, int(bad)))
    database.write(blackboard.record, steps)
    if not held:
        state = RunState.FAILED if bad else RunState.DONE
        database.write(runs.follow, f"run-{number}", 0, state, now=ended)


def _step(number: int, name: str, ended: datetime, state: State, code: int) -> Any:
    over = state is State.EXITED
    made = report(
        state,
        0,
        job=f"s#{number}.{len(name)}#1",
        dataset=f"ds{number}",
        run_id=f"run-{number}",
        owner="mary",
        process_name=name,
        parent_name="" if name == "FIRST" else "FIRST",
        start_time=ended - timedelta(seconds=60 + number),
        completion_time=ended if over else None,
        duration=60.0 + number if over else None,
        exit_code=code if over else None,
        hold_code=None if over else 12,
    )
    return replace(made, observed_at=ended)


def test_throughput_counts_runs_and_steps_in_each_stretch_of_time(look: Look, now: datetime) -> None:
    rows = look.throughput(now - timedelta(hours=13), now, bucket_seconds=3600)
    assert len(rows) == 14
    assert (sum(row.done for row in rows), sum(row.failed for row in rows)) == (8, 4)
    assert (sum(row.steps for row in rows), sum(row.steps_failed for row in rows)) == (25, 4)
    assert all(row.start.minute == 0 and row.start.tzinfo is not None for row in rows)
    with pytest.raises(InvalidFilter):
        look.throughput(now - timedelta(days=3650), bucket_seconds=60)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("workflow", {"imaging": (2, 1), "pair": (6, 3)}),
        ("campaign", {"spring": (8, 4)}),
        ("owner", {"owl": (8, 4)}),
        ("parameter:instrument", {"MIRI": (4, 2), "NIRCAM": (4, 2)}),
        ("parameter:nothing", {"": (8, 4)}),
    ],
)
def test_runs_are_counted_by_what_they_are_of(
    look: Look, by: str, expected: dict[str, tuple[int, int]], now: datetime
) -> None:
    rows = look.tallies(now - timedelta(days=2), by=by)
    campaigns = {"spring": ""} if by == "campaign" else {}
    assert {row.key: (row.done, row.failed) for row in rows} == {
        campaigns.get(key, key): value for key, value in expected.items()
    }


def test_days_are_utc_days_and_runs_can_be_filtered(look: Look, now: datetime) -> None:
    rows = look.tallies(now - timedelta(days=2))
    assert sum(row.done + row.failed for row in rows) == 12
    days = {(now - timedelta(hours=number, minutes=1)).strftime("%Y-%m-%d") for number in range(12)}
    assert {row.key for row in rows} == days
    rows = look.tallies(now - timedelta(days=2), view=View(filters={"workflow": "=imaging", "state": "Done"}))
    assert sum(row.done for row in rows) == 2


@pytest.mark.parametrize("by", ["exit_code", "parameter:", "parameter:a b", "parameter:x'||'"])
def test_runs_are_counted_by_nothing_else(look: Look, by: str, now: datetime) -> None:
    with pytest.raises(InvalidFilter):
        look.tallies(now, by=by)


def test_failures_are_grouped_and_lead_to_their_rows(look: Look) -> None:
    groups = look.failures(24)
    found = {(one.process_name, one.state, one.exit_code, one.workflow): one for one in groups}
    assert {key: (one.number, one.runs) for key, one in found.items()} == {
        ("SECOND", State.EXITED, 1, "pair"): (3, 3),
        ("SECOND", State.EXITED, 1, "imaging"): (1, 1),
        ("SECOND", State.HELD, None, "imaging"): (1, 1),
    }
    for one in groups:
        rows = look.executions(View(filters=one.filters)).rows
        assert len(rows) == one.number
        assert one.example is not None
        assert one.example.global_job_id in {row.global_job_id for row in rows}
        assert one.first is not None
        assert one.last is not None
        assert one.first <= one.last
    assert look.failures(0.5)[0].number == 1


def test_durations_have_their_distribution_and_outliers(look: Look, database: Database, now: datetime) -> None:
    far = report(
        State.EXITED,
        0,
        job="s#99.0#1",
        process_name="FIRST",
        run_id="run-1",
        dataset="ds1",
        completion_time=now,
        duration=5000.0,
        exit_code=0,
    )
    database.write(blackboard.record, [far])
    first, second = look.durations(now - timedelta(days=1))
    assert (first.process_name, first.n, first.minimum, first.maximum) == ("FIRST", 14, 60.0, 5000.0)
    assert (second.process_name, second.n, second.outliers) == ("SECOND", 8, [])
    assert sum(count for _, _, count in first.histogram) == 14
    assert [(one.global_job_id, one.duration) for one in first.outliers] == [("s#99.0#1", 5000.0)]
    assert 60 <= first.p5 <= first.p50 <= first.p95 <= first.maximum
    assert not first.sampled
    [imaging] = look.durations(now - timedelta(days=1), workflow="imaging", process_name="SECOND")
    assert imaging.n == 2


def test_the_dashboard_has_everything_and_is_made_once_for_all_who_look(
    look: Look, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look.dashboard()
    assert {(cell.state.value, cell.entries) for cell in found.queue} == {("Claimed", 1)}
    assert found.steps[State.EXITED].number == 25
    assert found.steps[State.HELD].exact
    assert found.runs[RunState.FAILED] == 4
    assert sum(one.number for one in found.failures) == 5
    assert sum(bucket.steps for bucket in found.throughput) == 25
    monkeypatch.setattr("owl.ops.look.FRESH", 86400)
    monkeypatch.setattr(type(database), "read", lambda *_: pytest.fail("the database was asked again"))
    assert look.dashboard().queue == found.queue


def test_a_run_without_its_file_is_drawn_from_the_blackboard(look: Look) -> None:
    dag = look.dag("run-0")
    assert dag.source == "blackboard"
    assert [(node.name, node.state, node.exit_code) for node in dag.nodes] == [
        ("FIRST", State.EXITED, 0),
        ("SECOND", State.EXITED, 1),
    ]
    assert list(dag.edges) == [("FIRST", "SECOND")]
    with pytest.raises(NotFound):
        look.dag("run-none")


def test_a_run_is_drawn_from_its_file_with_what_has_not_begun(
    look: Look, database: Database, tmp_path: Path
) -> None:
    from sqlalchemy import update

    from owl.db import schema

    text = (
        "JOB FIRST a.job\nJOB SECOND b.job\nJOB THIRD c.job\nPARENT FIRST CHILD SECOND\nPARENT SECOND CHILD THIRD\n"
    )
    (tmp_path / "x.dag").write_text(text, encoding="utf-8")
    (tmp_path / "away.dag").symlink_to("/etc/passwd")
    for file, source, names in (
        (str(tmp_path / "x.dag"), "file", ["FIRST", "SECOND", "THIRD"]),
        ("away.dag", "blackboard", ["FIRST", "SECOND"]),
        ("../../etc/passwd", "blackboard", ["FIRST", "SECOND"]),
    ):
        values = {"work_dir": str(tmp_path), "dag_file": file}
        database.write(
            lambda c, v: c.execute(update(schema.run).where(schema.run.c.id == "run-1").values(v)), values
        )
        dag = look.dag("run-1")
        assert (dag.source, [node.name for node in dag.nodes]) == (source, names)
    assert dag.nodes[-1].state is State.EXITED


def test_everything_that_matches_is_exported_and_no_spreadsheet_runs_it(
    look: Look, database: Database, now: datetime
) -> None:
    hostile = '=HYPERLINK("http://x")'
    row = report(
        State.RUNNING, 0, job="s#77.0#1", dataset=hostile, owner="eve", start_time=now, hold_reason='a,"b"\nc'
    )
    database.write(blackboard.record, [row])
    view = View(filters={"owner": "eve"}, limit=1)
    [line] = look.json_lines(look.export("executions", view))
    assert json.loads(line)["dataset"] == hostile
    table = list(csv.reader(io.StringIO("".join(look.csv(look.export("executions", view))))))
    cells = dict(zip(table[0], table[1], strict=True))
    assert (cells["dataset"], cells["hold_reason"], cells["exit_code"]) == (f"'{hostile}", 'a,"b"\nc', "")
    assert sum(1 for _ in look.export("executions", View(limit=1))) == 27
    assert sum(1 for _ in look.export("runs", View(filters={"state": "failed"}))) == 4
    assert json.loads(next(iter(look.json_lines(look.export("entries", View())))))["campaign"] == "spring"
    with pytest.raises(InvalidFilter):
        look.export("accounts", View())
    with pytest.raises(InvalidFilter):
        look.export("runs", View(filters={"nothing": "x"}))


def test_an_export_goes_on_while_rows_come(look: Look, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("owl.ops.export.AT_A_TIME", 5)
    rows: Iterator[Any] = look.export("executions", View())
    seen = [next(rows)["global_job_id"] for _ in range(5)]
    late = report(State.RUNNING, 0, job="s#88.0#1", start_time=datetime(2099, 1, 1, tzinfo=UTC))
    database.write(blackboard.record, [late])
    seen += [row["global_job_id"] for row in rows]
    assert len(seen) == 26 == len(set(seen))
