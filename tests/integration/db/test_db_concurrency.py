"""Several processes work on one database at a time, each with a connection of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError

from owl.db import blackboard, dpq, runs, schema
from owl.db.engine import Database
from owl.db.knowledge import merge
from owl.errors import DatabaseAway, NotAllowed
from owl.model import Entry, EntryState, Execution, RunState, State
from tests.fixtures.database import START, add_entry, at, hook_report, report, sqlite_copy, submission
from tests.fixtures.database import begin_run as begin

T = TypeVar("T")

CLAIMANTS = 4
ENTRIES = 200


@contextmanager
def others(database: Database, count: int) -> Iterator[list[Database]]:
    """That database as some other processes see it: each with an engine of its own."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            other = Database(database.url.render_as_string(hide_password=False), patience=600)
            stack.callback(other.close)
            opened.append(other)
        yield opened


def together(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of this at the same time; what one raises is raised here."""
    barrier = threading.Barrier(len(works))

    def begin_together(work: Callable[[], T]) -> T:
        barrier.wait(600)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(1200) for future in [pool.submit(begin_together, work) for work in works]]


def claim_some(connection: Connection, name: str, size: int) -> list[Entry]:
    """What a shoveler does in one transaction."""
    taken = []
    for entry in dpq.claimable(connection, limit=size, now=at(1)):
        if dpq.mark_claimed(connection, entry.id, f"{name}-{entry.id}"):
            taken.append(entry)
    return taken


def claim_chosen(connection: Connection, name: str, size: int) -> list[Entry]:
    """What a shoveler does that has looked at the queue before it locks."""
    chosen = dpq.candidates(connection, limit=size, now=at(1))
    entries = dpq.lock(connection, [one.id for one in chosen])
    taken = dpq.claim(connection, {entry.id: f"{name}-{entry.id}" for entry in entries})
    return [entry for entry in entries if entry.id in taken]


@pytest.mark.parametrize("claim", [claim_some, claim_chosen])
def test_four_shovelers_take_each_entry_once_and_the_urgent_ones_first(
    database: Database, claim: Callable[[Connection, str, int], list[Entry]]
) -> None:
    rows = [
        {
            "dataset": f"ds{number}",
            "workflow": "pair",
            "priority": number % 5,
            "parameters": {},
            "campaign": "",
            "state": EntryState.WAITING,
            "created_at": START,
            "created_by": "tester",
            "attempts": 0,
        }
        for number in range(ENTRIES)
    ]
    database.write(lambda connection: connection.execute(insert(schema.dpq), rows))

    def shovel(mine: Database, name: str) -> list[Entry]:
        taken: list[Entry] = []
        while mine.read(dpq.counts).get(EntryState.WAITING):
            taken += mine.write(claim, name, 5)
        return taken

    with others(database, CLAIMANTS) as mine:
        works = [partial(shovel, one, f"s{number}") for number, one in enumerate(mine)]
        shovels = together(works)

    taken = [entry for shovel in shovels for entry in shovel]
    assert len(taken) == ENTRIES == len({entry.id for entry in taken})
    assert all(entry.attempts == 1 for entry in database.read(dpq.find, limit=ENTRIES))
    # What one passes over, another holds: so nobody ever comes back to something more urgent.
    for shovel_full in shovels:
        keys = [(-entry.priority, entry.id) for entry in shovel_full]
        assert keys == sorted(keys)


def test_reports_of_the_same_executions_from_two_processes_end_in_the_same_rows(
    database: Database, request: pytest.FixtureRequest
) -> None:
    lives = {
        f"s#{number}.0#1": [
            report(State.IDLE, 1, job=f"s#{number}.0#1", dataset="ds"),
            report(State.RUNNING, 10, job=f"s#{number}.0#1", host="a"),
            report(State.EXITED, 20, job=f"s#{number}.0#1", exit_code=number),
            report(State.HELD, 21, job=f"s#{number}.0#1", hold_code=12),
        ]
        for number in range(40)
    }
    forwards = [one for life in lives.values() for one in life]

    def write(mine: Database, reports: list[Execution]) -> None:
        for start in range(0, len(reports), 10):
            mine.write(blackboard.record, reports[start : start + 10])

    with others(database, 2) as (first, second):
        together([lambda: write(first, forwards), lambda: write(second, forwards[::-1])])

    with database.engine.connect() as connection:
        rows = [Execution(**row._mapping) for row in connection.execute(select(*blackboard.WHOLE))]
    assert len(rows) == len(lives) == len({row.global_job_id for row in rows})
    if "forgetful" in request.node.callspec.id:
        return  # no row twice; but of two tellings that are merged at the same time one may be lost without locks
    for row in rows:
        expected: Execution | None = None
        for one in lives[row.global_job_id]:
            expected = merge(expected, one)
        assert row == expected


def test_two_operators_cannot_both_rescue_a_run(database: Database) -> None:
    number = add_entry(database)
    begin(database, number)
    database.write(runs.follow, "run-1", 0, RunState.FAILED, now=at(1))
    with others(database, 4) as mine:
        answers = together(
            [partial(one.write, dpq.ask_rescue, number, requested_by="x", reason="") for one in mine]
        )
    assert sorted(answers) == [False, False, False, True]


def test_an_entry_is_either_deleted_or_claimed(database: Database) -> None:
    numbers = [add_entry(database, f"ds{index}") for index in range(30)]

    def delete_all(mine: Database) -> set[int]:
        gone = set()
        for number in numbers:
            try:
                mine.write(dpq.delete, number, now=at(1))
                gone.add(number)
            except NotAllowed:
                continue
        return gone

    def claim_all(mine: Database) -> set[int]:
        taken: set[int] = set()
        for _ in numbers:
            taken |= {entry.id for entry in mine.write(claim_some, "s", 1)}
        return taken

    with others(database, 2) as (first, second):
        gone, taken = together([lambda: delete_all(first), lambda: claim_all(second)])
    assert not gone & taken
    states = {entry.id: entry.state for entry in database.read(dpq.find)}
    assert {number for number, state in states.items() if state is EntryState.REMOVED} == gone
    assert {number for number, state in states.items() if state is EntryState.CLAIMED} == taken


@pytest.mark.postgresql
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_claim_passes_over_what_another_shoveler_holds(database: Database) -> None:
    for name, priority in (("high", 9), ("low", 1)):
        add_entry(database, name, priority=priority)
    with database.engine.connect() as held, held.begin():
        [first] = dpq.claimable(held, limit=1, now=at(1))
        [second] = database.write(dpq.claimable, limit=1, now=at(1))
    assert (first.dataset, second.dataset) == ("high", "low")


@pytest.mark.postgresql
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_deadlocks_victim_tries_again(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    numbers = [add_entry(database, name) for name in ("a", "b")]
    barrier = threading.Barrier(2)

    def touch(order: list[int]) -> None:
        waited: list[bool] = []

        def verb(connection: Connection) -> None:
            dpq.change(connection, order[0], priority=order[0])
            if not waited:  # only the first try runs into the other one
                waited.append(True)
                barrier.wait(600)
            dpq.change(connection, order[1], campaign=f"c{order[0]}")

        database.write(verb)

    together([lambda: touch(numbers), lambda: touch(numbers[::-1])])
    assert "deadlock detected" in caplog.text
    assert all(entry.campaign for entry in database.read(dpq.find))


def test_a_sqlite_file_that_somebody_else_has_locked_is_waited_for(sqlite_template: Path, tmp_path: Path) -> None:
    with sqlite_copy(sqlite_template, tmp_path / "owl.db", patience=300) as database:
        other = sqlite3.connect(tmp_path / "owl.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
        timer.start()
        number = add_entry(database)
        timer.join()
        other.close()
        assert database.read(dpq.get, number).dataset == "ds1"


def test_a_reader_does_not_wait_for_a_sqlite_writer(sqlite_template: Path, tmp_path: Path) -> None:
    with sqlite_copy(sqlite_template, tmp_path / "owl.db", patience=0) as database:
        number = add_entry(database)
        other = sqlite3.connect(tmp_path / "owl.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert database.read(dpq.get, number).id == number
        other.close()


def test_a_sqlite_file_that_stays_locked_is_told_plainly(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_copy(sqlite_template, tmp_path / "owl.db", patience=0.2) as database:
        # The driver's own five seconds of patience would only make this test long.
        database.read(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout=10"))
        other = sqlite3.connect(tmp_path / "owl.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseAway, match="database is locked") as caught:
            add_entry(database)
        assert isinstance(caught.value.__cause__, OperationalError)
        other.close()


def test_the_same_key_from_two_is_no_error_but_a_wrong_statement_is(database: Database) -> None:
    number = add_entry(database)
    begin(database, number)
    again = submission("run-1")
    values = {name: getattr(again, name) for name in again.__dataclass_fields__}
    tries = []

    def wrong(connection: Connection) -> None:
        tries.append(1)
        connection.execute(insert(schema.submission).values(values))

    with pytest.raises(Exception, match="refused a statement"):
        database.write(wrong)
    assert len(tries) == 5
    assert database.write(blackboard.record, [hook_report(State.RUNNING, 1)]) == 1
