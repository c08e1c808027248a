"""Every verb of `owl.db` means the same on each database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import update

from owl.db import blackboard, daemons, dpq, runs, schema
from owl.db.engine import Database
from owl.errors import DatabaseError, DuplicateRequest, NotAllowed, NotFound
from owl.model import Daemon, EntryState, RunState, State
from owl.shoveler.claim import Claimant, claim
from tests.fixtures.database import (
    JOB,
    START,
    add_entry,
    at,
    begin_run,
    follow,
    hook_report,
    report,
    submission,
)

HOSTILE = "O'Neil; DROP TABLE dpq;-- \" \\ % _ [a] \u202e\U0001f989 {x} :p ?"


def test_an_entry_comes_back_as_it_was_put_in(database: Database) -> None:
    number = add_entry(
        database, HOSTILE, priority=-7, parameters={"pathname": HOSTILE, "n": 1, "x": None}, campaign="c"
    )
    entry = database.read(dpq.get, number)
    assert (entry.dataset, entry.priority, entry.campaign) == (HOSTILE, -7, "c")
    assert entry.parameters == {"pathname": HOSTILE, "n": 1, "x": None}
    assert (entry.state, entry.created_at, entry.attempts, entry.run_id) == (EntryState.WAITING, START, 0, None)


def test_times_are_utc_whatever_zone_they_came_in(database: Database) -> None:
    local = datetime(2026, 3, 1, 17, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    number = add_entry(database, now=local)
    found = database.read(dpq.get, number).created_at
    assert found == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_numbers_grow_and_are_never_given_twice(database: Database) -> None:
    numbers = [add_entry(database, f"ds{index}") for index in range(5)]
    assert numbers == sorted(set(numbers))


def test_after_entries_that_were_put_back_the_numbers_go_on(database: Database) -> None:
    add_entry(database, "ds1")
    kept = database.read(dpq.get, 1)
    database.write(dpq.put, [dataclasses.replace(kept, id=number) for number in (2, 7)])
    assert add_entry(database, "ds2") == 8
    database.write(dpq.put, [])
    assert add_entry(database, "ds3") == 9


def test_a_request_that_waits_already_is_refused_by_its_number(database: Database) -> None:
    number = add_entry(database, "ds1")
    with pytest.raises(DuplicateRequest, match=f"DPQ entry {number}; --again"):
        add_entry(database, "ds1")
    assert add_entry(database, "ds1", workflow="other") != number
    assert add_entry(database, "ds1", again=True) != number
    begin_run(database, number)


def test_entries_are_found_by_pattern_workflow_campaign_and_state(database: Database) -> None:
    for index, name in enumerate(["jw_1", "jw_2", "jwx1", "hst%1"]):
        add_entry(database, name, priority=index, workflow="a" if index < 2 else "b", campaign="c" * index)
    database.write(dpq.delete, 1, now=at(1))

    def names(**filters: object) -> list[str]:
        return [entry.dataset for entry in database.read(dpq.find, **filters)]  # type: ignore[arg-type]  # any filter

    assert names() == ["hst%1", "jwx1", "jw_2", "jw_1"]
    assert names(dataset="jw_*") == ["jw_2", "jw_1"]
    assert names(dataset="jw?1") == ["jwx1", "jw_1"]
    assert names(dataset="hst%1") == ["hst%1"]
    assert names(dataset="h%") == []
    assert names(workflow="a") == ["jw_2", "jw_1"]
    assert names(campaign="c") == ["jw_2"]
    assert names(states=[EntryState.REMOVED]) == ["jw_1"]
    assert names(limit=2, offset=1) == ["jwx1", "jw_2"]
    assert database.read(dpq.counts) == {EntryState.WAITING: 3, EntryState.REMOVED: 1}


def test_only_a_waiting_entry_can_be_changed_or_deleted(database: Database) -> None:
    number = add_entry(database)
    assert database.write(dpq.change, number, priority=9, campaign="new").priority == 9
    assert database.write(dpq.change, number).campaign == "new"
    begin_run(database, number)
    with pytest.raises(NotAllowed, match="it is Claimed, only a waiting one can"):
        database.write(dpq.change, number, priority=1)
    with pytest.raises(NotAllowed, match="it is Claimed, only a waiting one can"):
        database.write(dpq.delete, number, now=at(1))
    with pytest.raises(NotFound, match="no DPQ entry 999"):
        database.write(dpq.delete, 999, now=at(1))


def test_claims_go_by_priority_then_by_age_and_leave_out_what_shall_wait(database: Database) -> None:
    for name, priority in (("low", 0), ("old", 5), ("young", 5), ("late", 9)):
        add_entry(database, name, priority=priority)
    with database.engine.begin() as connection:
        connection.execute(update(schema.dpq).where(schema.dpq.c.dataset == "late").values(not_before=at(100)))
    now = [entry.dataset for entry in database.write(dpq.claimable, limit=2, now=at(1))]
    then = [entry.dataset for entry in database.write(dpq.claimable, limit=9, now=at(100))]
    assert now == ["old", "young"]
    assert then == ["late", "old", "young", "low"]


def test_an_entry_is_claimed_once(database: Database) -> None:
    number = add_entry(database)
    assert database.write(dpq.mark_claimed, number, "r1")
    assert not database.write(dpq.mark_claimed, number, "r2")
    entry = database.read(dpq.get, number)
    assert (entry.state, entry.run_id, entry.attempts) == (EntryState.CLAIMED, "r1", 1)
    database.write(dpq.note, number, "the schedd is away")
    assert database.read(dpq.get, number).error == "the schedd is away"


def test_what_is_claimed_together_keeps_what_was_asked_for(database: Database) -> None:
    # Letters that mean something in a database's array, too.
    odd = [HOSTILE, "NULL", "{a,b}", '"', "\\", "a b", "1"]
    numbers = [add_entry(database, name, campaign=name, parameters={"p": name}) for name in odd]
    claimant = Claimant(identity="shoveler@here", owner="owl", schedd="schedd", work_root=Path("/nowhere"))
    limits = {"shovel_size": 9, "period": 1, "max_active_runs": 9}
    claimed = database.write(claim, claimant, limits, 9, START).runs
    assert [(run.entry_id, run.dataset, run.campaign) for run in claimed] == list(
        zip(numbers, odd, odd, strict=True)
    )
    for run in claimed:
        assert database.read(runs.get, run.id) == run
        assert run.parameters == {"p": run.dataset}
        [first] = database.read(runs.submissions, run.id)
        assert (first.number, first.state, first.claimed_at) == (0, RunState.CLAIMED, START)
        entry = database.read(dpq.get, run.entry_id)
        assert (entry.state, entry.run_id, entry.attempts) == (EntryState.CLAIMED, run.id, 1)
    assert not database.write(claim, claimant, limits, 9, START).runs


@pytest.mark.parametrize(
    ("states", "entry_state"),
    [
        ([RunState.IDLE], EntryState.ACTIVE),
        ([RunState.IDLE, RunState.RUNNING, RunState.HELD, RunState.RUNNING], EntryState.ACTIVE),
        ([RunState.RUNNING, RunState.FUTILE, RunState.FAILED], EntryState.FAILED),
        ([RunState.IDLE, RunState.RUNNING, RunState.DONE], EntryState.DONE),
        ([RunState.RUNNING, RunState.ABORTED], EntryState.FAILED),
        ([RunState.RUNNING, RunState.REMOVED], EntryState.REMOVED),
        ([RunState.IDLE, RunState.LOST], EntryState.FAILED),
        ([RunState.FAILED], EntryState.FAILED),
    ],
)
def test_a_run_and_its_entry_go_where_their_submission_goes(
    database: Database, states: list[RunState], entry_state: EntryState
) -> None:
    number = add_entry(database)
    begin_run(database, number)
    follow(database, "run-1", *states)
    ended = None if entry_state is EntryState.ACTIVE else at(len(states))
    run, entry = database.read(runs.get, "run-1"), database.read(dpq.get, number)
    [only] = database.read(runs.submissions, "run-1")
    assert (run.state, run.ended_at) == (states[-1], ended)
    assert (only.state, only.ended_at) == (states[-1], ended)
    assert (entry.state, entry.ended_at) == (entry_state, ended)


@pytest.mark.parametrize("ends", [RunState.DONE, RunState.FAILED, RunState.REMOVED, RunState.ABORTED])
def test_a_submission_that_has_ended_stays_as_it_is(database: Database, ends: RunState) -> None:
    begin_run(database, add_entry(database))
    follow(database, "run-1", RunState.RUNNING, ends)
    for state in set(RunState) - {ends, RunState.RESCUED}:
        assert not database.write(runs.follow, "run-1", 0, state, now=at(50))
    assert database.read(runs.get, "run-1").state is ends


def test_what_owld_saw_first_is_not_undone_by_a_late_shoveler(database: Database) -> None:
    begin_run(database, add_entry(database))
    follow(database, "run-1", RunState.RUNNING)
    assert not database.write(runs.mark_submitted, "run-1", 0, schedd="s", cluster=7, now=at(9))
    [only] = database.read(runs.submissions, "run-1")
    assert (only.state, only.schedd, only.cluster, only.submitted_at) == (RunState.RUNNING, "s", 7, at(9))


def test_facts_are_kept_and_nothing_unknown_wipes_them(database: Database) -> None:
    begin_run(database, add_entry(database))
    follow(database, "run-1", RunState.RUNNING, facts={"nodes_total": 2, "nodes_done": 1, "exit_code": None})
    follow(database, "run-1", RunState.FAILED, facts={"exit_code": 1, "nodes_done": None}, error="1 of 2 failed")
    [only] = database.read(runs.submissions, "run-1")
    assert (only.nodes_total, only.nodes_done, only.exit_code) == (2, 1, 1)
    assert database.read(runs.get, "run-1").error == "1 of 2 failed"


def test_a_rescue_is_a_second_submission_and_the_first_is_rescued(database: Database) -> None:
    number = add_entry(database)
    begin_run(database, number)
    follow(database, "run-1", RunState.RUNNING, RunState.FAILED, error="step 2 failed")
    assert database.write(dpq.ask_rescue, number, requested_by="alice", reason="file delivered")
    assert not database.write(dpq.ask_rescue, number, requested_by="bob", reason="me too")
    waiting = database.read(dpq.get, number)
    assert (waiting.state, waiting.rescue_by, waiting.run_id) == (EntryState.WAITING, "alice", "run-1")
    assert database.write(dpq.mark_claimed, number, "run-1")
    database.write(runs.create_rescue, submission("run-1", 1, requested_by="alice"))
    first, second = database.read(runs.submissions, "run-1")
    assert (first.state, first.ended_at) == (RunState.RESCUED, at(2))
    assert (second.state, second.number) == (RunState.CLAIMED, 1)
    # A late word on the first submission touches neither the run nor the entry.
    assert not database.write(runs.follow, "run-1", 0, RunState.FAILED, now=at(30))
    follow(database, "run-1", RunState.RUNNING, RunState.DONE, number=1)
    run, entry = database.read(runs.get, "run-1"), database.read(dpq.get, number)
    assert (run.state, run.submission, run.error) == (RunState.DONE, 1, None)
    assert (entry.state, entry.attempts, entry.rescue_by, entry.error) == (EntryState.DONE, 2, None, None)


def test_runs_are_found_by_id_dataset_state_and_age(database: Database) -> None:
    for index in range(3):
        number = add_entry(database, "ds1", again=True, campaign="c" if index else "")
        begin_run(database, number, f"run-{index}")
    follow(database, "run-0", RunState.RUNNING, RunState.DONE)
    assert database.read(runs.latest, "ds1").id == "run-2"
    assert database.read(runs.latest, "ds1", "pair").id == "run-2"
    assert [run.id for run in database.read(runs.find)] == ["run-2", "run-1", "run-0"]
    assert [run.id for run in database.read(runs.find, states=[RunState.DONE])] == ["run-0"]
    assert len(database.read(runs.find, limit=2)) == 2
    assert database.read(runs.counts) == {RunState.DONE: 1, RunState.CLAIMED: 2}
    assert database.read(runs.count_active) == 2
    with pytest.raises(NotFound, match="no run"):
        database.read(runs.get, HOSTILE)
    with pytest.raises(NotFound, match="no run"):
        database.read(runs.latest, HOSTILE)
    with pytest.raises(NotFound, match="no run"):
        database.read(runs.latest, "ds1", "other")


def test_open_submissions_are_those_of_one_submit_host_that_have_not_ended(database: Database) -> None:
    for index in range(3):
        begin_run(database, add_entry(database, f"ds{index}"), f"run-{index}")
    follow(database, "run-0", RunState.DONE)
    follow(database, "run-1", RunState.IDLE)
    me = "shoveler@submit.example"
    assert {one.run_id for one in database.read(runs.open_submissions)} == {"run-1", "run-2"}
    assert [one.run_id for one in database.read(runs.open_submissions, states=[RunState.CLAIMED])] == ["run-2"]
    assert len(database.read(runs.open_submissions, claimed_by=me)) == 2
    assert database.read(runs.open_submissions, claimed_by="shoveler@other") == []


def test_a_run_is_marked_with_what_it_was_made_from(database: Database) -> None:
    begin_run(database, add_entry(database))
    database.write(runs.mark_rendered, "run-1", dag_file="/w/x.dag", template_digest="d" * 64)
    run = database.read(runs.get, "run-1")
    assert (run.dag_file, run.template_digest) == ("/w/x.dag", "d" * 64)


def test_a_run_without_its_entry_is_refused(database: Database) -> None:
    number = add_entry(database)
    run = begin_run(database, number)
    orphan = type(run)(**{**{name: getattr(run, name) for name in run.__dataclass_fields__}, "entry_id": 999})
    with pytest.raises(DatabaseError, match="refused a statement"):
        database.write(runs.create, orphan, submission(run.id))


def test_executions_are_written_changed_and_found(database: Database) -> None:
    entry = add_entry(database, "ds1")
    begin_run(database, entry)
    reports = [
        hook_report(State.RUNNING, 10, dataset="ds1", process_name="LEVEL_1", run_id="run-1", owner="owl"),
        report(State.HELD, 5, job="s#2.0#1", dataset="ds2", process_name="LEVEL_2A", start_time=at(5)),
        report(State.EXITED, 6, job="s#3.0#1", dataset="ds3", exit_code=0, start_time=at(4)),
        report(State.EXITED, 6, job="s#4.0#1", dataset="ds_3", exit_code=1, start_time=at(3)),
        report(State.EXITED, 6, job="s#5.0#1", dataset="ds33", exit_signal=9, start_time=at(2)),
    ]
    assert database.write(blackboard.record, reports) == 5
    assert database.write(blackboard.record, reports) == 0
    assert database.write(blackboard.record, [hook_report(State.EXITED, 20, exit_code=0, start_time=at(9))]) == 1

    def jobs(**filters: object) -> list[str]:
        found = database.read(blackboard.find, **filters)  # type: ignore[arg-type]  # any filter
        return [str(row.dataset) for row in found]

    assert jobs() == ["ds1", "ds2", "ds3", "ds_3", "ds33"]
    assert jobs(dataset="ds_*") == ["ds_3"]
    assert jobs(dataset="ds3*") == ["ds3", "ds33"]
    assert jobs(process_name="LEVEL*") == ["ds1", "ds2"]
    assert jobs(owner="owl") == jobs(run_id="run-1") == jobs(workflow="pair") == ["ds1"]
    assert jobs(failed=True) == ["ds2", "ds_3", "ds33"]
    assert jobs(states=[State.HELD]) == ["ds2"]
    assert jobs(limit=2, offset=1) == ["ds2", "ds3"]
    assert database.read(blackboard.counts) == {State.HELD: 1, State.EXITED: 4}
    [mine] = database.read(blackboard.of_runs, ["run-1", *(f"r{number}" for number in range(900))])
    assert (mine.state, mine.classad) == (State.EXITED, None)
    [full] = database.read(blackboard.find, run_id="run-1", with_classad=True)
    assert full.classad == {"GlobalJobId": JOB, "JobStatus": 2, "Told": "Exited at 20"}


def test_open_executions_are_those_of_one_schedd(database: Database) -> None:
    reports = [
        report(State.RUNNING, 1, job="a#1.0#1", schedd="a"),
        report(State.HELD, 1, job="a#2.0#1", schedd="a"),
        report(State.EXITED, 1, job="a#3.0#1", schedd="a"),
        report(State.IDLE, 1, job="b#1.0#1", schedd="b"),
    ]
    database.write(blackboard.record, reports)
    assert {row.global_job_id for row in database.read(blackboard.not_ended, schedd="a")} == {"a#1.0#1", "a#2.0#1"}


def test_a_thousand_jobs_are_recorded_and_read_at_a_time(database: Database) -> None:
    reports = [
        report(State.RUNNING, 1, job=f"s#{number}.0#1", start_number=start, schedd="s")
        for number in range(500)
        for start in (2, 1)
    ]
    assert database.write(blackboard.record, reports) == 1000
    found = database.read(blackboard.of_jobs, [f"s#{number}.0#1" for number in range(500)])
    assert len(found) == 500
    assert all([row.start_number for row in rows] == [1, 2] for rows in found.values())


def test_names_that_are_too_long_are_cut_and_still_the_same_row(database: Database) -> None:
    long = report(State.RUNNING, 1, job="j" * 5000, run_id="r" * 5000, dataset=HOSTILE * 99, hold_reason="h" * 9000)
    assert database.write(blackboard.record, [long]) == 1
    assert database.write(blackboard.record, [long]) == 0
    [row] = database.read(blackboard.find)
    assert (len(row.global_job_id), len(row.run_id or ""), len(row.hold_reason or "")) == (200, 40, 9000)


def test_a_daemon_has_one_row_whose_heartbeat_moves_on(database: Database) -> None:
    alive = Daemon(
        name="owld", host="h", pid=7, version="1", started_at=START, heartbeat=START, facts={"slots": 24, "x": None}
    )
    database.write(daemons.beat, alive)
    database.write(daemons.stopped, "owld", "h", 8, now=at(1))
    assert database.read(daemons.find) == [alive]
    database.write(daemons.stopped, "owld", "h", 7, now=at(2))
    [row] = database.read(daemons.find)
    assert row.stopped_at == at(2)
    database.write(daemons.beat, alive)
    assert database.read(daemons.find) == [alive]
