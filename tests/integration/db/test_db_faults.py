"""The database goes away and comes back; nothing is lost, and the message says what to do."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from owl.db import dpq, file_events, pollers
from owl.db.engine import Database
from owl.errors import DatabaseAway, DatabaseError
from owl.intake import EventState
from owl.pool.processes import read_process
from tests.fixtures.database import START, add_entry
from tests.fixtures.pollers import Arrivals
from tests.fixtures.postgres import PostgresServer, postgres_database
from tests.fixtures.site import Site, wait_for

pytestmark = pytest.mark.postgresql


@pytest.fixture
def impatient(postgres: PostgresServer, postgres_template: str) -> Iterator[Database]:
    """A PostgreSQL database that is given up after a short while."""
    with postgres_database(postgres, postgres_template, patience=0.3) as database:
        yield database


@pytest.fixture
def stopped(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server; whatever the test does, it runs again afterwards."""
    yield postgres
    if postgres.process is None:
        postgres.start()


def test_a_stopped_server_is_told_within_the_patience_and_used_again_when_it_is_back(
    impatient: Database, stopped: PostgresServer
) -> None:
    number = add_entry(impatient)
    stopped.stop()
    for _ in range(2):
        with pytest.raises(DatabaseAway, match="OWL_DATABASE_URL") as caught:
            impatient.read(dpq.get, number)
        assert "\n" not in str(caught.value)
    stopped.start()
    impatient.patience = 300  # it finds its connection dead first, and may take its time over that
    assert impatient.read(dpq.get, number).id == number
    assert add_entry(impatient, "ds2") > number


def test_a_server_that_comes_back_in_time_is_only_waited_for(
    postgres_template: str, stopped: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with postgres_database(stopped, postgres_template, patience=600) as database:
        number = add_entry(database)
        stopped.stop()
        found: list[int] = []
        reader = threading.Thread(target=lambda: found.append(database.read(dpq.get, number).id))
        reader.start()
        stopped.start()
        reader.join(300)
        assert found == [number]


def test_a_server_that_stops_under_a_running_poller_loses_and_doubles_no_file(
    postgres_template: str, stopped: PostgresServer, desk: Site
) -> None:
    with postgres_database(stopped, postgres_template, patience=600) as database:
        arrivals = Arrivals(desk.folder / "arrivals", database)
        tables = desk.folder / "state" / "pollers"
        tables.mkdir(parents=True)
        (tables / "p.toml").write_text(arrivals.toml(directory=str(arrivals.inbox), file_events=True))
        desk.environment["OWL_DATABASE_URL"] = database.url.render_as_string(hide_password=False)
        desk.environment["OWL_TEMPLATE_ROOT"] = str(arrivals.catalog.root)
        daemon = desk.start("poller", "run", "p")
        wait_for(lambda: database.read(pollers.look, "p"), lambda: f"it looks\n{desk.log('poller')}")
        arrivals.put("ds0.dat")
        wait_for(lambda: arrivals.datasets() == ["ds0"], lambda: f"it takes files\n{desk.log('poller')}")
        stopped.stop()
        for number in range(1, 6):
            arrivals.put(f"ds{number}.dat")
        wait_for(lambda: "trying again" in desk.log("poller"), "it has noticed")
        assert daemon.poll() is None
        stopped.start()
        wait_for(
            lambda: database.read(file_events.counts) == {"p": {EventState.SETTLED: 6}},
            lambda: f"all are taken\n{desk.log('poller')}",
        )
        assert sorted(arrivals.datasets()) == [f"ds{number}" for number in range(6)]
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(300) == 0
        assert "Traceback" not in desk.log("poller")


def test_a_write_whose_backend_was_terminated_is_done_again_and_once(
    impatient: Database, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    impatient.patience = 300  # the first try alone may take longer than the little that it has otherwise
    tries = []

    def verb(connection: Connection) -> int:
        tries.append(1)
        number = dpq.add(
            connection,
            dataset="ds1",
            workflow="pair",
            priority=0,
            parameters={},
            campaign="",
            created_by="x",
            now=START,
        )
        if len(tries) == 1:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            postgres.run(f"SELECT pg_terminate_backend({pid})")
        connection.execute(text("SELECT 1"))
        return number

    impatient.write(verb)
    assert len(tries) == 2
    assert [entry.dataset for entry in impatient.read(dpq.find)] == ["ds1"]
    assert "trying again" in caplog.text
    assert "terminating connection" in caplog.text


def test_connections_that_died_while_nobody_used_them_are_replaced(
    impatient: Database, postgres: PostgresServer
) -> None:
    number = add_entry(impatient)
    pid = impatient.read(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    postgres.run(f"SELECT pg_terminate_backend({pid})")
    wait_for(lambda: read_process(pid) is None, "the backend has ended")  # it is only asked to
    impatient.patience = 0
    assert impatient.read(dpq.get, number).id == number


def test_a_database_that_does_not_exist_is_told_with_its_url(postgres: PostgresServer) -> None:
    missing = Database(postgres.url("nobody_made_it"), patience=0.1)
    with pytest.raises(DatabaseError, match="nobody_made_it") as caught:
        missing.read(dpq.find)
    assert "\n" not in str(caught.value)
    missing.close()


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:hush@localhost:1/d", "postgresql+psycopg://u:hush@nowhere.invalid/d"]
)
def test_a_server_that_is_not_there_is_told_without_the_password(url: str) -> None:
    database = Database(url, patience=0.1)
    with pytest.raises(DatabaseAway, match="can't be used") as caught:
        database.read(dpq.find)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
    database.close()


def test_a_sqlite_file_in_a_missing_directory_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/missing/owl.db", patience=0.1)
    with pytest.raises(DatabaseAway, match="unable to open database file"):
        database.read(dpq.find)
