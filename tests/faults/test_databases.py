"""The database is away for a minute while workflows run: nothing is held, nothing fails, everything catches up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from owl.model import EntryState, State
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.site import OWL, Site, make_site, wait_for
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

AWAY = 60.0
WORKFLOWS = 40

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


def _begin(site: Site) -> list[int]:
    """Workflows by the dozen, some of which have ended."""
    numbers = [site.ops.add(f"ds{i:03d}", "pair", requested_by="tester") for i in range(WORKFLOWS)]
    site.start_daemons()
    wait_for(lambda: site.ops.status().entries.get(EntryState.DONE, 0) >= 3, "the first three are done")
    return numbers


def _finish(site: Site, numbers: list[int]) -> None:
    """Everything is done, and no step was ever held or ran twice."""
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)
    steps = site.ops.executions(limit=1000)
    assert len(steps) == 2 * WORKFLOWS
    assert {(row.state, row.exit_code) for row in steps} == {(State.EXITED, 0)}
    assert not {process.poll() for process in site.processes} - {None}, "a daemon has ended"


def _wait_out(site: Site, since: float, spool: Path) -> None:
    """The length of the fault is what is asked for: a minute. owld says meanwhile what waits."""
    wait_for(lambda: "records waiting" in _status(site), "`owl status` says that owld can't go on", AWAY)
    wait_for(lambda: time.monotonic() - since >= AWAY, "a minute has passed", 2 * AWAY)
    wait_for(lambda: list(spool.glob("*.rec")), "records wait in the spool", 30)


def _status(site: Site) -> str:
    """What `owl status` says; it fails where the database can't even be read."""
    command = [str(OWL), "status"]
    done = subprocess.run(
        command, env=site.environment, cwd=site.folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_sqlite_locked_by_another_process(site: Site, spool: Path) -> None:
    numbers = _begin(site)
    with _locked(site.folder / "state" / "owl.db"):
        _wait_out(site, time.monotonic(), spool)
    _finish(site, numbers)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    command = [sys.executable, "-c", LOCK, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            holder.communicate(b"\n", timeout=30)


@pytest.mark.postgresql
def test_postgresql_stopped_and_started(spool: Path, run_directory: Path, postgres: PostgresServer) -> None:
    name = f"faults_{postgres.next_number()}"
    postgres.run(f"CREATE DATABASE {name}")
    with make_site(run_directory / "sites" / name, spool, database_url=postgres.url(name)) as site:
        numbers = _begin(site)
        postgres.stop()
        _wait_out(site, time.monotonic(), spool)
        postgres.start()
        _finish(site, numbers)
