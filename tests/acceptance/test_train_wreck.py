"""The train wreck: the database stops, then a reference directory is gone; at most three commands end it.

OWL_TRAIN_WRECK=150 makes it as large as operators would meet it: so many workflows at once, each outage a minute.
Nothing here depends on how fast the machine is: every first step waits at its group's door, and a door is opened
only when what its steps shall meet is there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from owl.intent import CommandState
from owl.model import EntryState, RunState, State
from tests.fixtures.postgres import PostgresServer, postgres
from tests.fixtures.site import Site, make_site, wait_for

__all__ = ["postgres"]

pytestmark = [pytest.mark.pool, pytest.mark.postgresql, pytest.mark.timeout(7200)]

LARGE = 150
WORKFLOWS = int(os.environ.get("OWL_TRAIN_WRECK", "20"))
AWAY = 60.0 if WORKFLOWS >= LARGE else 0.0  # seconds at least of each outage
PATIENCE = 900.0
# One fifth ends while the database is away, most fail for want of the references, one fifth ends after both.
SPARED = [f"spared{n:03}" for n in range(WORKFLOWS // 5)]
LATE = [f"late{n:03}" for n in range(WORKFLOWS // 5)]
STRUCK = [f"struck{n:03}" for n in range(WORKFLOWS - len(SPARED) - len(LATE))]
BREAKER_RUNS = 10  # the knob's default: so many failures in a row stop a workflow

# Each step writes down that it begins and that it has ended well: what has run is known whatever OWL says.
JOB = """executable = /bin/sh
arguments = "-c 'echo begun >> {step}.begun; {does} && echo done >> {step}.done'"
universe = vanilla
log = {{{{ dataset }}}}.condor_log
output = {step}.out
error = {step}.err
should_transfer_files = NO
+InputDataset = "{{{{ dataset }}}}"
+HookKeyword = "OWL"
queue
"""
DAG = "JOB OPEN open_{{ dataset }}.job\nJOB PASS pass_{{ dataset }}.job\nPARENT OPEN CHILD PASS\n"
TOML = '[parameters.door]\ntype = "path"\nrequired = true\n\n[parameters.key]\ntype = "path"\nrequired = true\n'


@pytest.fixture
def wreck(postgres: PostgresServer, run_directory: Path, spool: Path) -> Iterator[Site]:
    """A site whose database can be stopped, with a workflow whose second step needs a reference."""
    name = f"wreck_{postgres.next_number()}"
    postgres.run(f"CREATE DATABASE {name}")
    with make_site(run_directory / "sites" / name, spool, database_url=postgres.url(name)) as site:
        folder = site.folder / "templates" / "wreck"
        folder.mkdir()
        (folder / "wreck.dag").write_text(DAG)
        waits = "while [ ! -e {{ door }} ]; do sleep 1; done"
        (folder / "open.job").write_text(JOB.format(step="OPEN", does=waits))
        (folder / "pass.job").write_text(JOB.format(step="PASS", does="cat {{ key }}"))
        (folder / "workflow.toml").write_text(TOML)
        yield site


def test_at_most_three_commands_end_a_train_wreck(wreck: Site, postgres: PostgresServer) -> None:
    site, references = wreck, wreck.folder / "references"
    assert len(STRUCK) >= BREAKER_RUNS
    references.mkdir()
    (references / "key").write_text("flat")
    numbers = {dataset: _add(site, dataset, references / "key") for dataset in (*SPARED, *STRUCK, *LATE)}
    site.start_daemons()
    site.start_rescue_server()
    _patiently(lambda: len(site.ops.executions(states=[State.RUNNING], limit=1000)) == WORKFLOWS, "every OPEN runs")

    with _for_a_while(), _stopped(postgres):
        _open(site, SPARED)
        _patiently(lambda: all(_said(site, one, "PASS.done") for one in SPARED), "jobs go on without the database")
    assert {one.state for one in site.ended([numbers[d] for d in SPARED], PATIENCE)} == {EntryState.DONE}

    with _for_a_while():
        references.rename(site.folder / "gone")
        _open(site, STRUCK)
        _patiently(lambda: all(_said(site, one, "PASS.err") for one in STRUCK), "each has missed its reference")
    (site.folder / "gone").rename(references)
    assert {one.state for one in site.ended([numbers[d] for d in STRUCK], PATIENCE)} == {EntryState.FAILED}
    _patiently(lambda: bool(_pauses(site)), "the breaker has stopped the workflow")
    _open(site, LATE)
    assert {one.state for one in site.ended([numbers[d] for d in LATE], PATIENCE)} == {EntryState.DONE}

    _patiently(lambda: "No such file or directory" in site.owl("failures").stdout, "the cause is shown")
    commands = (
        ("shoveler", "resume", "--workflow", "wreck"),
        ("rescue", "--workflow", "wreck", "--run-state", "Failed", "--reason", "references are back", "--yes"),
    )
    for command in commands:
        site.owl(*command)
    [made] = site.ops.commands.list(verbs=["rescue"])
    done = site.ops.commands.wait(made.id, PATIENCE)
    assert (done.state, done.total, done.done) == (CommandState.DONE, len(STRUCK), len(STRUCK)), done
    assert {one.state for one in site.ended(list(numbers.values()), PATIENCE)} == {EntryState.DONE}
    _nothing_has_run_twice(site)


def _nothing_has_run_twice(site: Site) -> None:
    """What was done has run once, by the jobs' own marks and on the blackboard."""
    for dataset in (*SPARED, *STRUCK, *LATE):
        tried = 2 if dataset in STRUCK else 1
        told = [_said(site, dataset, f"{step}.{mark}") for step in ("OPEN", "PASS") for mark in ("begun", "done")]
        assert told == ["begun\n", "done\n", "begun\n" * tried, "done\n"], dataset
        states = [one.state for one in site.ops.run(dataset).submissions]
        assert states == [*[RunState.RESCUED] * (tried - 1), RunState.DONE], dataset

    def good() -> list[tuple[str | None, str | None]]:
        rows = site.ops.executions(states=[State.EXITED], limit=10 * WORKFLOWS)
        return sorted((row.dataset, row.process_name) for row in rows if row.exit_code == 0)

    once = sorted((dataset, step) for dataset in (*SPARED, *STRUCK, *LATE) for step in ("OPEN", "PASS"))
    _patiently(lambda: len(good()) >= len(once), "the blackboard has them all")
    assert good() == once


def _add(site: Site, dataset: str, key: Path) -> int:
    given = {"door": str(_door(site, dataset)), "key": str(key)}
    return site.ops.add(dataset, "wreck", parameters=given, requested_by="tester")


def _door(site: Site, dataset: str) -> Path:
    return site.folder / f"door-of-{dataset.rstrip('0123456789')}"


def _open(site: Site, datasets: Sequence[str]) -> None:
    _door(site, datasets[0]).touch()


def _said(site: Site, dataset: str, name: str) -> str:
    """What a file in the work directory of a dataset's only run says; the database isn't asked."""
    found = list((site.work_root / "wreck" / dataset).glob(f"*/{name}"))
    return found[0].read_text() if found else ""


def _pauses(site: Site) -> list[object]:
    return list(site.ops.governance(site.app.settings).pauses())


@contextmanager
def _stopped(postgres: PostgresServer) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


@contextmanager
def _for_a_while() -> Iterator[None]:
    """An outage is as long as what happens in it takes, and in the large drill a minute at least."""
    begun = time.monotonic()
    yield
    time.sleep(max(0.0, begun + AWAY - time.monotonic()))  # the outage's length is the drill's own


def _patiently(condition: Callable[[], bool], what: str) -> None:
    wait_for(condition, what, PATIENCE)
