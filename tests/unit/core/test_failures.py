"""Failures: each gets its cause once, groups count them, a group is rescued, a bad machine is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from owl.daemon import utc_now
from owl.db import blackboard
from owl.db.engine import Database
from owl.db.schema import run
from owl.errors import NotFound
from owl.model import RunState, State
from owl.ops import Operations
from owl.owld.triage import Triage, machine
from owl.workflow.catalog import Catalog
from tests.fixtures.database import START, add_entry, begin_run, follow, report

TEMPLATES = Path(__file__).resolve().parents[2] / "data" / "workflows"


@pytest.fixture
def ops(sqlite: Database, tmp_path: Path) -> Operations:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    return Operations(database=sqlite, catalog=Catalog(tmp_path / "templates"))


def fail(
    ops: Operations, place: Path, dataset: str, says: str, *, step: str = "A", host: str = "slot1@node7"
) -> None:
    """A run of that dataset whose step has failed with these last words."""
    run_id = f"run-{dataset}"
    begin_run(ops.database, add_entry(ops.database, dataset), run_id)
    (place / run_id).mkdir()
    (place / run_id / "a.err").write_text(says, encoding="utf-8")
    change(ops, run_id, work_dir=str(place / run_id))
    row = report(
        State.EXITED,
        5,
        job=f"s#{dataset}.0#1",
        run_id=run_id,
        dataset=dataset,
        process_name=step,
        exit_code=1,
        host=host,
        err="a.err",
        start_time=utc_now(),
        completion_time=utc_now(),
    )
    ops.database.write(blackboard.record, [row])
    follow(ops.database, run_id, RunState.RUNNING, RunState.FAILED)


def change(ops: Operations, run_id: str, **values: Any) -> None:
    """Change a run's row past the verbs."""

    def write(connection: Connection) -> None:
        connection.execute(update(run).where(run.c.id == run_id).values(values))

    ops.database.write(write)


def look(ops: Operations) -> int:
    return Triage(ops.database).step()


def test_failures_of_one_cause_are_one_group_and_are_looked_at_once(ops: Operations, tmp_path: Path) -> None:
    for n in range(3):
        fail(
            ops,
            tmp_path,
            f"ds{n}",
            f"OSError: /data/{n}/flat.fits: No such file or directory\n",
            host=f"s@n{n % 2}",
        )
    fail(ops, tmp_path, "other", "ValueError: no header\n")
    assert look(ops) == 4
    assert look(ops) == 0
    first, second = ops.failures.groups()
    assert (first.count, first.runs, first.step, first.exit_code) == (3, 3, "A", 1)
    assert first.says == "OSError: NAME: No such file or directory"
    assert first.machines == {"n0": 2, "n1": 1}
    assert first.example is not None and first.example.line.startswith("OSError: /data/")
    assert (second.count, second.says) == (1, "ValueError: no header")
    assert [one.dataset for one in ops.failures.group(second.id)] == ["other"]

    made = ops.failures.rescue(first.id, requested_by="alice", reason="flats are there")
    assert (made.total, made.verb) == (3, "rescue")
    with pytest.raises(NotFound, match="nothing that can be rescued"):
        ops.failures.rescue(first.id, requested_by="bob")
    with pytest.raises(NotFound, match="there are no failures"):
        ops.failures.rescue("nonsense", requested_by="bob")


def test_a_run_that_failed_before_it_had_a_step_has_its_error_for_a_cause(ops: Operations) -> None:
    begin_run(ops.database, add_entry(ops.database, "ds1"))
    follow(ops.database, "run-1", RunState.FAILED, error="/t/x.job:3: 'key' is undefined")
    change(ops, "run-1", ended_at=utc_now())
    assert look(ops) == 1
    [group] = ops.failures.groups()
    assert (group.step, group.exit_code, group.says) == ("", None, "NAME is undefined")


def test_a_hold_has_no_cause_before_the_queue_has_told_why(ops: Operations) -> None:
    """A starter that holds a job for its memory has the hook called with "hold", and with no code or reason."""
    begin_run(ops.database, add_entry(ops.database, "ds1"))
    follow(ops.database, "run-1", RunState.RUNNING)
    held: dict[str, Any] = {"job": "s#1.0#1", "run_id": "run-1", "dataset": "ds1", "process_name": "A"}
    reason = "Job has gone over cgroup memory limit of 64 megabytes"
    ops.database.write(blackboard.record, [report(State.HELD, 5, source="hook", exit_reason="hold", **held)])
    assert look(ops) == 0
    ops.database.write(blackboard.record, [report(State.HELD, 6, hold_code=34, hold_reason=reason, **held)])
    assert look(ops) == 1
    [group] = ops.failures.groups()
    assert (group.hold_code, group.says) == (34, "Job has gone over cgroup memory limit of N megabytes")


def test_what_was_rescued_since_is_told_of_only_where_all_is_asked_for(ops: Operations, tmp_path: Path) -> None:
    fail(ops, tmp_path, "ds1", "boom\n")
    look(ops)
    follow(ops.database, "run-ds1", RunState.RESCUED)
    assert ops.failures.groups() == []
    assert [group.count for group in ops.failures.groups(everything=True)] == [1]
    assert ops.failures.groups(everything=True, workflow="gate") == []


def test_a_machine_on_which_many_different_steps_fail_is_named(ops: Operations, tmp_path: Path) -> None:
    for n in range(6):
        fail(ops, tmp_path, f"ds{n}", "boom\n", step=f"STEP_{n % 3}", host="slot1_1@bad")
    fail(ops, tmp_path, "good", "boom\n", host="slot1@fine")
    look(ops)
    [bad] = ops.failures.bad_nodes(since=START)
    assert (bad.host, bad.failed, bad.steps, bad.runs) == ("bad", 6, 3, 6)


def test_a_log_that_lies_elsewhere_or_is_no_file_is_not_read(ops: Operations, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    fail(ops, tmp_path, "ds1", "boom\n")
    (tmp_path / "run-ds1" / "a.err").unlink()
    (tmp_path / "run-ds1" / "a.err").symlink_to(tmp_path / "secret")
    look(ops)
    [group] = ops.failures.groups()
    assert group.says == ""


def test_the_machine_of_a_slot() -> None:
    assert [machine(name) for name in ("slot1_2@node7.x", "node7", None)] == ["node7.x", "node7", None]
