"""The interface library: every request is checked once, and each refusal says what to do."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from owl.db import blackboard, commands, daemons, dpq, runs
from owl.db.engine import Database
from owl.errors import DuplicateRequest, InvalidName, NotAllowed, NotFound, UnknownWorkflow
from owl.intent import CommandState
from owl.logs import find_logs, tail
from owl.model import Daemon, EntryState, RunState, State
from owl.ops import Operations, latest_of_steps
from owl.workflow.catalog import Catalog
from tests.fixtures.database import START, at, begin_run, follow, report, submission

TOML = "[parameters.pathname]\ntype = 'path'\nrequired = true\n[parameters.level]\ntype = 'integer'\ndefault = 1\n"


@pytest.fixture
def ops(sqlite: Database, tmp_path: Path) -> Operations:
    """Operations on an empty database, with the workflows `pair` and `needy`."""
    for name, toml in (("pair", ""), ("needy", TOML)):
        folder = tmp_path / "templates" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.dag").write_text("JOB A a_{{ dataset }}.job\n")
        (folder / "a.job").write_text("executable = /bin/true\nqueue\n")
        (folder / "workflow.toml").write_text(toml)
    return Operations(database=sqlite, catalog=Catalog(tmp_path / "templates"))


def add(ops: Operations, dataset: str = "ds1", workflow: str = "pair", **given: Any) -> int:
    """A request of alice's."""
    return ops.add(dataset, workflow, requested_by="alice", **given)


def failed_run(ops: Operations, *states: RunState) -> int:
    """An entry whose run has gone through these states."""
    number = add(ops)
    begin_run(ops.database, number)
    follow(ops.database, "run-1", *states)
    return number


def test_a_request_is_kept_as_it_was_asked(ops: Operations) -> None:
    number = add(ops, "ds1", "needy", priority=7, parameters={"pathname": "/x"}, campaign="2026A")
    entry = ops.entry(number)
    assert (entry.dataset, entry.workflow, entry.priority, entry.campaign) == ("ds1", "needy", 7, "2026A")
    assert (entry.parameters, entry.created_by, entry.state) == ({"pathname": "/x"}, "alice", EntryState.WAITING)


@pytest.mark.parametrize(
    ("request_", "error", "why"),
    [
        ({"dataset": "../x"}, InvalidName, "the dataset name"),
        ({"dataset": "a\nb"}, InvalidName, "the dataset name"),
        ({"workflow": "unknown"}, UnknownWorkflow, "no workflow unknown"),
        ({"workflow": "a/b"}, InvalidName, "the workflow name"),
        ({"priority": 10**9}, InvalidName, "the priority"),
        ({"campaign": "a b"}, InvalidName, "the campaign name"),
        ({"workflow": "needy"}, InvalidName, "needs the parameter pathname"),
        ({"workflow": "needy", "parameters": {"pathname": "$(x)"}}, InvalidName, "the parameter pathname"),
        (
            {"workflow": "needy", "parameters": {"pathname": "/x", "level": "?"}},
            InvalidName,
            "isn't a whole number",
        ),
        ({"parameters": {"colour": "red"}}, InvalidName, "no parameter 'colour'"),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_refused_and_leaves_nothing(
    ops: Operations, request_: dict[str, Any], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        add(ops, **request_)
    assert ops.entries() == []


def test_the_same_request_is_refused_while_it_waits_and_welcome_afterwards(ops: Operations) -> None:
    number = add(ops)
    with pytest.raises(DuplicateRequest, match=f"as DPQ entry {number}"):
        add(ops)
    assert add(ops, again=True) == number + 1
    for waiting in (number, number + 1):
        ops.delete(waiting)
    assert add(ops) == number + 2


def test_a_waiting_request_can_be_changed_and_deleted_and_a_claimed_one_cannot(ops: Operations) -> None:
    number = add(ops)
    assert (ops.update(number, priority=3).priority, ops.update(number, campaign="c").campaign) == (3, "c")
    with pytest.raises(InvalidName, match="out of range"):
        ops.update(number, priority=10**9)
    begin_run(ops.database, number)
    with pytest.raises(NotAllowed, match="can't be changed: it is Claimed"):
        ops.update(number, priority=1)
    with pytest.raises(NotAllowed, match="can't be deleted: it is Claimed"):
        ops.delete(number)
    with pytest.raises(NotFound, match="no DPQ entry 99"):
        ops.delete(99)


def test_a_deleted_request_stays_on_record_and_is_not_deleted_twice(ops: Operations) -> None:
    number = add(ops)
    ops.delete(number)
    assert ops.entry(number).state is EntryState.REMOVED
    with pytest.raises(NotAllowed, match="it is Removed"):
        ops.delete(number)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.ABORTED, RunState.REMOVED, RunState.LOST])
def test_a_failed_run_can_be_rescued_once(ops: Operations, state: RunState) -> None:
    failed_run(ops, RunState.RUNNING, state)
    assert ops.rescue("ds1", requested_by="bob", reason="file delivered").id == "run-1"
    [command] = ops.commands.list()
    assert (command.verb, command.requested_by, command.reason) == ("rescue", "bob", "file delivered")
    [target] = ops.commands.targets(command.id)
    assert (target.name, target.number, target.owner) == ("run-1", 1, "owl")
    with pytest.raises(NotAllowed, match="is being rescued already"):
        ops.rescue("run-1", requested_by="carol")


@pytest.mark.parametrize("state", [RunState.IDLE, RunState.RUNNING, RunState.FUTILE, RunState.HELD, RunState.DONE])
def test_a_run_that_has_not_failed_cannot_be_rescued(ops: Operations, state: RunState) -> None:
    failed_run(ops, state)
    with pytest.raises(NotAllowed, match=f"can't be rescued: it is {state}, not failed"):
        ops.rescue("ds1", requested_by="bob")


def test_a_rescue_that_has_failed_can_be_rescued_again(ops: Operations) -> None:
    number = failed_run(ops, RunState.RUNNING, RunState.FAILED)
    for attempt in (1, 2):
        ops.rescue("ds1", requested_by="bob")
        [target] = ops.commands.targets(ops.commands.list()[0].id)
        ops.database.write(commands.report, [(target, CommandState.DONE, "submitted")], now=at(1))
        assert ops.database.write(dpq.ask_rescue, number, requested_by="bob", reason="", owner="owl")
        ops.database.write(dpq.mark_claimed, number, "run-1")
        ops.database.write(runs.create_rescue, submission("run-1", attempt))
        follow(ops.database, "run-1", RunState.RUNNING, RunState.FAILED, number=attempt)
    found = ops.run("ds1")
    assert [one.state for one in found.submissions] == [RunState.RESCUED, RunState.RESCUED, RunState.FAILED]
    assert (found.run.submission, found.entry.state, found.entry.attempts) == (2, EntryState.FAILED, 3)


def test_a_rescue_of_nothing_is_told(ops: Operations) -> None:
    with pytest.raises(NotFound, match="there is no run or dataset 'nowhere'"):
        ops.rescue("nowhere", requested_by="bob")


def test_a_run_is_found_with_everything_that_belongs_to_it(ops: Operations) -> None:
    failed_run(ops, RunState.RUNNING)
    told = [
        report(State.EXITED, 5, job="s#2.0#1", run_id="run-1", process_name="A", start_time=at(1), exit_code=1),
        report(State.EXITED, 9, job="s#3.0#1", run_id="run-1", process_name="A", start_time=at(7), exit_code=0),
        report(State.RUNNING, 9, job="s#4.0#1", run_id="other", process_name="B"),
    ]
    ops.database.write(blackboard.record, told)
    found = ops.run("run-1")
    assert found == ops.run("ds1")
    assert [row.exit_code for row in found.executions] == [1, 0]
    assert {name: row.exit_code for name, row in latest_of_steps(found.executions).items()} == {"A": 0}
    assert (found.entry.dataset, len(found.submissions)) == ("ds1", 1)


def test_logs_are_read_from_the_work_directory_and_from_nowhere_else(ops: Operations, tmp_path: Path) -> None:
    number = add(ops)
    run = begin_run(ops.database, number)
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.out").write_text("".join(f"line {n}\n" for n in range(100)))
    (tmp_path / "secret").write_text("secret")
    (work / "link.err").symlink_to(tmp_path / "secret")
    outside = {"B": "../secret", "C": str(tmp_path / "secret"), "D": "link.err", "E": "/etc/passwd", "F": "."}
    told = [
        report(
            State.EXITED,
            5,
            job=f"s#{n}.0#1",
            run_id=run.id,
            process_name=name,
            out="a.out" if n == 0 else None,
            err=err,
        )
        for n, (name, err) in enumerate({"A": None, **outside}.items())
    ]
    ops.database.write(blackboard.record, told)
    with ops.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE run SET work_dir = ?", (str(work),))
    found = ops.run("ds1")
    assert [log.path.name for log in find_logs(found, None)] == ["a.out"]
    assert list(tail(work / "a.out", 2)) == ["line 98", "line 99"]
    for step in outside:
        with pytest.raises(NotFound, match="has no log in"):
            find_logs(found, step)
    with pytest.raises(NotFound, match="has no step Z; its steps: A, B"):
        find_logs(found, "Z")


def test_the_status_counts_everything_and_knows_who_is_alive(ops: Operations) -> None:
    failed_run(ops, RunState.RUNNING)
    add(ops, "ds2")
    status = ops.status()
    assert status.entries == {EntryState.ACTIVE: 1, EntryState.WAITING: 1}
    assert status.runs == {RunState.RUNNING: 1}
    alive = Daemon(
        name="owld",
        host="h",
        pid=1,
        version="1",
        started_at=START,
        heartbeat=status.at,
        facts={"slots": 24, "busy": 3},
    )
    ops.database.write(daemons.beat, alive)
    silent = dataclasses.replace(alive, name="shoveler", heartbeat=START, facts={})
    ops.database.write(daemons.beat, silent)
    later = ops.status()
    assert [later.alive(one) for one in later.daemons] == [True, False]
    assert later.pool["busy"] == 3
    ops.database.write(daemons.stopped, "owld", "h", 1, now=later.at)
    assert not any(map(later.alive, ops.status().daemons))


def test_rendering_shows_what_would_be_submitted_and_writes_nothing(ops: Operations, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    rendered = ops.render("pair", "ds1", parameters={})
    assert set(rendered.files) == {"pair_ds1.dag", "a_ds1.job"}
    with pytest.raises(InvalidName, match="the dataset name"):
        ops.render("pair", "a/b", parameters={})
    assert sorted(tmp_path.rglob("*")) == before
    assert [one.name for one in ops.workflows()] == ["needy", "pair"]
