"""The roles that `owl db roles` prints, on a real server: each account can do its part and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from owl.db import accounts, blackboard, control, daemons, dpq, roles, runs
from owl.db.engine import Database
from owl.db.rules import Kind, Knob
from owl.db.schema import metadata
from owl.errors import DatabaseError
from owl.model import Daemon, Run, RunState, State
from tests.fixtures.database import START, add_entry, at, report, submission
from tests.fixtures.postgres import PostgresServer

pytestmark = pytest.mark.postgresql


@pytest.fixture
def granted(database: Database, postgres: PostgresServer) -> Iterator[Callable[[str], Database]]:
    """The database as a member of a role sees it."""
    opened = []
    with database.engine.begin() as connection:
        connection.exec_driver_sql(roles.sql("postgresql+psycopg://h/d"))
        connection.exec_driver_sql(roles.sql("postgresql+psycopg://h/d"))

    def member(role: str) -> Database:
        name = f"u{postgres.next_number()}_{role}"
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE USER {name} IN ROLE {role}")
        opened.append(Database(database.url.set(username=name), patience=1))
        return opened[-1]

    yield member
    for one in opened:
        one.close()


@contextmanager
def refused() -> Iterator[None]:
    """What stands below isn't allowed."""
    with pytest.raises(DatabaseError, match="permission denied"):
        yield


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_each_account_can_do_its_part_and_no_other(database: Database, granted: Callable[[str], Database]) -> None:
    shoveler, owld, gui, poller, reader = (
        granted(f"owl_{name}") for name in ("shoveler", "owld", "gui", "poller", "reader")
    )
    beat = Daemon(name="x", host="h", pid=1, version="1", started_at=START, heartbeat=START, facts={})
    knob = Knob(name="period", kind=Kind.ALL, scope="", value=1.0, set_by="x", set_at=START)

    number = add_entry(poller)
    add_entry(gui, "ds2")
    entry = reader.read(dpq.get, number)
    shoveler.write(control.take_turn, "claim", "me", now=at(1))
    assert shoveler.write(dpq.claim, {number: "run-1"}) == {number}
    new = Run(
        id="run-1",
        entry_id=number,
        dataset=entry.dataset,
        workflow=entry.workflow,
        priority=0,
        owner="owl",
        state=RunState.CLAIMED,
        work_dir="/w",
        created_at=START,
        parameters={},
    )
    shoveler.write(runs.create_all, [new], [submission("run-1")])
    owld.write(runs.follow, "run-1", 0, RunState.RUNNING, now=at(2))
    owld.write(blackboard.record, [report(State.RUNNING, 1)])
    gui.write(control.set_knob, knob)
    for one in (shoveler, owld, poller):
        one.write(daemons.beat, beat)
        one.check_schema()
    assert len(reader.read(blackboard.find)) == 1

    for one in (reader, shoveler, owld):
        with refused():
            add_entry(one, "ds3")
        with refused():
            one.read(accounts.get, "alice")
    for one in (reader, shoveler, gui, poller):
        with refused():
            one.write(blackboard.record, [report(State.RUNNING, 1, job="s#7.0#1")])
    for one in (reader, owld, poller, shoveler):
        with refused():
            one.write(control.set_knob, knob)
    for one in (reader, gui, poller, owld):
        with refused():
            one.write(runs.create_all, [new], [submission("run-1")])


def test_every_right_is_of_a_table_that_there_is() -> None:
    named = {table for rights in roles.ROLES.values() for table in rights} | set(roles.SECRET)
    assert named <= set(metadata.tables)
    for table in metadata.tables:
        told = f"no role may write {table}: give it to one in owl/db/roles.py"
        assert any(table in rights for rights in roles.ROLES.values()), told


def test_sql_server_gets_its_own_words() -> None:
    text = roles.sql("mssql+pyodbc://h/d")
    assert "IF DATABASE_PRINCIPAL_ID('owl_reader') IS NULL CREATE ROLE owl_reader;" in text
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON blackboard TO owl_owld;" in text
    assert "SEQUENCE" not in text
