"""The database is away for a minute while workflows run: nothing is held, nothing fails, everything catches up."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from owl import names
from owl.daemon import words_left
from owl.model import EntryState, State
from tests.faults.tools import add_door, open_door, wait_open
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.site import DEADLINE, OWL, Site, make_site, wait_for
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

AWAY = 60.0
PAIRS = 92
# Workflows whose first step runs until its door is opened; fewer than the pool has slots.
DOORED = [f"late{i}" for i in range(8)]
# The end of the step behind a door, and start and end of the one that follows it.
DOOR_RECORDS = 3
WAITING = re.compile(r"database away since .*, [1-9][0-9]* records waiting")

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=300, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


def _begin(site: Site) -> list[int]:
    """Workflows by the dozen: some have ended, and some have a step that runs and can't end yet.

    How many of the others still run depends on the machine: on a quiet one all end at once, and are drained.
    """
    numbers = [add_door(site, dataset) for dataset in DOORED]
    numbers += [site.ops.add(f"ds{i:03d}", "pair", requested_by="tester") for i in range(PAIRS)]
    site.start_daemons()
    wait_open(site, *DOORED)
    wait_for(lambda: site.ops.status().entries.get(EntryState.DONE, 0) >= 3, "the first three are done")
    return numbers


def _finish(site: Site, numbers: list[int], spool: Path) -> None:
    """Everything is done, no step was ever held or ran twice, and every record was taken."""
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)
    steps = site.ops.executions(limit=1000)
    # A busy machine's HTCondor may lose a start and make another; what has ended has ended once.
    ended = [(row.dataset, row.process_name, row.exit_code) for row in steps if row.state is State.EXITED]
    assert len(ended) == len(set(ended)) == 2 * len(numbers)
    assert {code for _, _, code in ended} == {0}
    assert not [row.hold_reason for row in steps if row.hold_reason], "a step was held"
    wait_for(lambda: not _records(spool), "every record is drained")
    reasons = {path.read_text(encoding="utf-8").strip() for path in (spool / names.SPOOL_BAD).glob("*.reason")}
    assert all(one.startswith("cut short") for one in reasons), f"a whole record was set aside: {reasons}"
    assert not {process.poll() for process in site.processes} - {None}, "a daemon has ended"


def _wait_out(site: Site, since: float, spool: Path) -> None:
    """The length of the fault is what is asked for: a minute. owld says meanwhile what waits.

    The doors are opened only now: the ends of these steps, and all of the next ones, are records that must wait.
    """
    open_door(site, *DOORED)
    wait_for(lambda: len(_records(spool)) >= DOOR_RECORDS * len(DOORED), "the records pile up in the spool")
    wait_for(lambda: WAITING.search(_word(site)), "owld leaves word of how many records wait")
    assert "records waiting" in _status(site)
    waiting = _records(spool)
    wait_for(lambda: time.monotonic() - since >= AWAY, "a minute has passed")
    cut_short = {path.name for path in (spool / names.SPOOL_BAD).iterdir()}  # their hooks were ended half-way
    assert waiting <= _records(spool) | cut_short, "no record goes before the database has it"


def _records(spool: Path) -> set[str]:
    return {path.name for path in spool.glob(f"*{names.SPOOL_RECORD_SUFFIX}")}


def _word(site: Site) -> str:
    """What owld has left word of, which is there whether or not the database can be read."""
    return "\n".join(words_left(site.folder / "state"))


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
    _finish(site, numbers, spool)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, timeout=DEADLINE)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    command = [sys.executable, "-c", LOCK, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            holder.communicate(b"\n", timeout=DEADLINE)


@pytest.mark.postgresql
def test_postgresql_stopped_and_started(spool: Path, run_directory: Path, postgres: PostgresServer) -> None:
    name = f"faults_{postgres.next_number()}"
    postgres.run(f"CREATE DATABASE {name}")
    with make_site(run_directory / "sites" / name, spool, database_url=postgres.url(name)) as site:
        numbers = _begin(site)
        postgres.stop()
        _wait_out(site, time.monotonic(), spool)
        assert WAITING.search(_status(site))
        postgres.start()
        _finish(site, numbers, spool)
