"""The demonstration as `make demo` runs it: a pool of its own whose condor_master runs OWL's daemons."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from owl.app import App
from owl.config import load_settings
from owl.model import EntryState, RunState, State
from tests.fixtures.site import OWL, wait_for

pytestmark = [pytest.mark.pool, pytest.mark.timeout(3600)]


class Site:
    """A state directory with everything in it, as a user has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("OWL_", "CONDOR", "_CONDOR"))
            },
            **{name: os.environ[name] for name in ("OWL_POOL_CACHE", "OWL_POOL_HTCONDOR") if name in os.environ},
            "OWL_STATE_DIR": str(folder),
        }

    @property
    def app(self) -> App:
        """This OWL in the test's own process."""
        return App(load_settings({"OWL_STATE_DIR": str(self.folder)}))

    def owl(self, *arguments: str) -> str:
        """Run a command; it must do what it should."""
        result = subprocess.run(
            [str(OWL), *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, (arguments, result.stdout[-3000:], result.stderr[-3000:])
        return result.stdout


@pytest.fixture(scope="module")
def site(run_directory: Path) -> Iterator[Site]:
    """A pool that is up, with OWL's daemons."""
    folder = run_directory / "demo"
    folder.mkdir()
    made = Site(folder)
    made.owl("db", "upgrade")
    try:
        made.owl("pool", "up")
        yield made
    finally:
        made.owl("pool", "down")


@pytest.fixture(scope="module")
def shown(site: Site) -> str:
    """What the demonstration printed."""
    return site.owl("demo")


def test_every_workflow_is_done_at_its_end(site: Site, shown: str) -> None:
    assert "18 workflows of 18 ended" in shown
    entries = site.app.ops.entries()
    assert len(entries) == 18
    assert {entry.state for entry in entries} == {EntryState.DONE}


def test_it_shows_which_step_failed_and_why(shown: str) -> None:
    assert "LEVEL_2A exited with 5" in shown
    assert "no flat for instrument=OWLCAM" in shown


def test_the_rescue_went_on_from_the_failed_step(site: Site, shown: str) -> None:
    (run,) = [run for run in site.app.ops.runs() if run.submission == 1]
    found = site.app.ops.run(run.id)
    assert [one.state for one in found.submissions] == [RunState.RESCUED, RunState.DONE]
    times = {name: sum(row.process_name == name for row in found.executions) for name in ("LEVEL_1", "LEVEL_2A")}
    assert times == {"LEVEL_1": 1, "LEVEL_2A": 2}


def test_the_products_are_in_the_archive(site: Site, shown: str) -> None:
    (database,) = site.folder.glob("demo/*/archive/archive.sqlite")
    with sqlite3.connect(database) as connection:
        (table,) = next(
            connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'prod%'")
        )
        datasets = {row[0] for row in connection.execute(f"SELECT dataset FROM {table}")}  # noqa: S608 - its own name
    assert len(datasets) == 14


def test_every_execution_has_ended_and_nothing_is_left_in_the_spool(site: Site, shown: str) -> None:
    wait_for(lambda: set(site.app.ops.status().executions) == {State.EXITED}, "every execution has ended")
    wait_for(lambda: not list((site.folder / "spool").glob("*.rec")), "the spool is empty")
    assert not list((site.folder / "spool" / "bad").iterdir())


def test_the_doctor_finds_nothing_to_mend(site: Site, shown: str) -> None:
    assert "✗" not in site.owl("doctor")


@pytest.mark.parametrize("name", ["shoveler", "owld"])
def test_condor_master_starts_a_killed_daemon_again(site: Site, shown: str, name: str) -> None:
    def pid() -> int:
        (found,) = [one.pid for one in site.app.ops.status().daemons if one.name == name]
        return found

    before = pid()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: pid() != before, f"{name} is back with another pid")


def test_down_leaves_no_process_behind(site: Site, shown: str) -> None:
    site.owl("pool", "down")
    # A daemon's companion process ends when it sees that its daemon has: a moment later.
    wait_for(lambda: not _processes_of(site), lambda: f"nothing is left of {_processes_of(site)}")


def _processes_of(site: Site) -> list[str]:
    """The processes that have its folder in their command line or environment."""
    mine, found = str(site.folder).encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mine in (process / "cmdline").read_bytes() or mine in (process / "environ").read_bytes():
                found.append(process.name)
    return found
