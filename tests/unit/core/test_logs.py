"""Logs of a run's executions, of its rescues, of its bundle, and of what the blackboard has no rows of any more."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from owl.db import dpq
from owl.db.engine import Database
from owl.errors import NotFound
from owl.logs import find_logs, follow
from owl.model import Execution, State
from owl.ops import RunDetails
from tests.fixtures.database import add_entry, begin_run, report, submission

NAMES = {"dag": "pair_ds1.dag", "dagman": "pair_ds1.dag.dagman.out", "rescue": "pair_ds1.dag.rescue002"}
JOB = "executable = /bin/true\noutput = $(step)_$$(OpSys).out\nerror = a.err\nstep = a\nqueue\n"


@pytest.fixture
def found(sqlite: Database, tmp_path: Path) -> RunDetails:
    """A run that was rescued out of a bundle: A ran twice, the second time its log's name was filled in anew."""
    number = add_entry(sqlite)
    work = tmp_path / "work" / "pair" / "ds1" / "run-1"
    work.mkdir(parents=True)
    bundle = tmp_path / "work" / ".bundles" / "b1"
    bundle.mkdir(parents=True)
    (bundle / "bundle.dag.dagman.out").write_text("of the bundle\n")
    (work / NAMES["dag"]).write_text("JOB A a.job\n")
    (work / "a.job").write_text(JOB)
    for name in ("a_LINUX.out", "a_OTHER.out", "a.err", "ds1.log", f"{NAMES['dag']}.nodes.log", *NAMES.values()):
        if name != NAMES["dag"]:
            (work / name).write_text(f"{name} says\n")
    (work / f"{NAMES['dag']}.rescue001").write_text("older\n")
    run = dataclasses.replace(begin_run(sqlite, number), work_dir=str(work), dag_file=str(work / NAMES["dag"]))
    rows = [_row(1, "a_LINUX.out"), _row(2, "a_OTHER.out")]
    submissions = [submission(run.id, bundle_id="b1"), submission(run.id, 1)]
    return RunDetails(run=run, entry=sqlite.read(dpq.get, number), submissions=submissions, executions=rows)


def _row(start: int, out: str) -> Execution:
    return report(State.EXITED, start, job=f"s#{start}.0#1", process_name="A", out=out, err="a.err", log="ds1.log")


def _names(found: RunDetails, step: str | None = None, **given: object) -> list[str]:
    return [log.path.name for log in find_logs(found, step, **given)]  # type: ignore[arg-type]  # a test's keywords


def test_each_execution_has_its_own_and_the_last_is_shown_unless_another_is_asked_for(found: RunDetails) -> None:
    assert _names(found, "A") == ["a_OTHER.out", "a.err"]
    assert _names(found, "A", start=1, kinds=["out"]) == ["a_LINUX.out"]
    with pytest.raises(NotFound, match="A of run run-1 has 2 executions, not 3"):
        find_logs(found, "A", start=3)


def test_a_name_that_the_schedd_has_not_filled_in_is_looked_for_though_the_others_are_there(
    found: RunDetails,
) -> None:
    asked = dataclasses.replace(found, executions=[_row(1, "a_$$(OpSys).out")])
    [out] = _names(asked, "A", kinds=["out"])
    assert out in ("a_LINUX.out", "a_OTHER.out")
    assert _names(asked, "A", kinds=["err"]) == ["a.err"]


def test_a_run_has_dagmans_its_bundles_and_its_last_rescue_file(found: RunDetails) -> None:
    assert _names(found, kinds=["dagman"]) == [NAMES["dagman"], "bundle.dag.dagman.out"]
    assert _names(found, kinds=["rescue"]) == [NAMES["rescue"]]
    assert _names(found, kinds=["events"]) == [f"{NAMES['dag']}.nodes.log", "ds1.log"]


def test_of_an_archived_run_the_job_descriptions_tell_the_names(found: RunDetails) -> None:
    archived = dataclasses.replace(found, executions=[])
    [out] = _names(archived, "A", kinds=["out"])
    assert out in ("a_LINUX.out", "a_OTHER.out")
    assert _names(archived, "A", kinds=["err"]) == ["a.err"]
    with pytest.raises(NotFound, match="has no step B; its steps: A"):
        find_logs(archived, "B")


def test_what_is_followed_is_told_once_in_whole_lines_to_the_end_of_the_run(found: RunDetails) -> None:
    logs = find_logs(found, "A", kinds=["out"])
    path, looks = logs[0].path, iter([False, False, True])

    def over() -> bool:
        last = next(looks)
        with path.open("a") as log:
            log.write("no end yet" if last else "half a ")
            log.write("" if last else "line\n")
        return last

    told = [line for _, line in follow(lambda: logs, over, poll=0.0)]
    assert told == ["a_OTHER.out says", "half a line", "half a line", "no end yet"]
