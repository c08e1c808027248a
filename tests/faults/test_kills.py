"""kill -9 of everything that takes part, and a machine that reboots."""

from __future__ import annotations

import random
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from owl.model import EntryState, State
from owl.pool.master import lives
from owl.pool.personal import PersonalPool
from owl.pool.processes import Process, members, send
from tests.faults.tools import (
    add,
    add_door,
    children_of,
    daemon_of,
    dagman_of,
    kill,
    open_door,
    rows,
    shadow_of,
    start,
    starter_of,
    wait_open,
    wait_state,
)
from tests.fixtures.site import Site, wait_for
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

DAEMONS = {f"condor_{name}" for name in ("shared_port", "collector", "negotiator", "schedd", "startd")}


def test_owld_killed_twenty_times_over_one_run(site: Site) -> None:
    chance = random.Random(31)
    site.start("shoveler", "run")
    numbers = [add(site, "long", seconds=24)]
    for kills in range(20):
        if kills % 4 == 0:
            numbers.append(add(site, f"short{kills}", seconds=1))
        owld = site.start("owld", "run")
        with suppress(subprocess.TimeoutExpired):
            owld.wait(chance.uniform(0.7, 1.6))  # its start takes the first half second
        owld.kill()
        owld.wait()
    site.start("owld", "run")
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def test_starter_shadow_and_dagman(site: Site, pool: PersonalPool) -> None:
    names = ("starter", "shadow", "dagman")
    numbers = [add_door(site, name) for name in names]
    site.start_daemons()
    running = wait_open(site, *names)
    kill(starter_of(pool, "door-of-starter"), shadow_of(pool, running["shadow"]), dagman_of(pool, "dagman"))
    for name in ("starter", "shadow"):
        wait_for(lambda name=name: len(rows(site, name, "OPEN")) > 1, f"{name} starts again")  # type: ignore[misc]  # mypy can't type a default
    open_door(site, *names)
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)
    for name in ("starter", "shadow"):
        states = [row.state for row in rows(site, name, "OPEN")]
        assert len(states) > 1, name
        assert set(states[:-1]) <= {State.EVICTED, State.LOST}
    assert [row.state for row in rows(site, "dagman", "OPEN")] == [State.EXITED]


@pytest.mark.parametrize("daemon", ["condor_startd", "condor_schedd"])
def test_a_daemon(site: Site, pool: PersonalPool, daemon: str) -> None:
    numbers = [add_door(site, "running"), add(site, "first", 1)]
    site.start_daemons()
    wait_open(site, "running")
    kill(daemon_of(pool, daemon))
    numbers.append(add(site, "later", 1))
    open_door(site, "running")
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def test_condor_master_alone(site: Site, pool: PersonalPool, spool: Path) -> None:
    """The daemons that it had started end in their own way, their jobs with them; then somebody starts it again.

    They would do so by themselves within two minutes: so often they look for a process of its number, which may be
    another by then (and they stay for ever). So each is told what it would tell itself: "shutting down fast".
    """
    numbers = [add_door(site, "running"), add(site, "first", 1)]
    site.start_daemons()
    wait_open(site, "running")
    master = daemon_of(pool, "condor_master")
    daemons = [one for one in children_of(pool, master) if one.program in DAEMONS]
    assert {one.program for one in daemons} == DAEMONS
    kill(master)
    numbers.append(add(site, "meanwhile"))
    for daemon in daemons:
        send(daemon, signal.SIGQUIT)
    wait_for(lambda: not any(map(lives, daemons)), "the daemons have ended")
    wait_for(lambda: not _job_of(pool, "running"), "the job has ended with them")
    start(pool, spool)
    open_door(site, "running")
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def test_the_machine_reboots(site: Site, pool: PersonalPool, spool: Path) -> None:
    """condor_master with everything under it, and OWL's daemons."""
    numbers = [add(site, "before"), *(add_door(site, f"ds{i}") for i in range(3))]
    site.start_daemons()
    wait_open(site, *(f"ds{i}" for i in range(3)))
    wait_state(site, "before", "OPEN", State.EXITED)
    _power_off(site, pool)
    start(pool, spool)
    site.start_daemons()
    numbers.append(add(site, "later"))
    open_door(site, *(f"ds{i}" for i in range(3)))
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def test_a_run_that_has_just_ended_stays_done_when_the_machine_reboots(
    site: Site, pool: PersonalPool, spool: Path
) -> None:
    """A schedd that forgets its end starts its condor_dagman again, which has no lock file left to recover by."""
    numbers = [add(site, "before")]
    site.start_daemons()
    site.ended(numbers)
    _power_off(site, pool)
    start(pool, spool)
    site.start_daemons()
    numbers.append(add(site, "later"))
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)
    (told,) = site.work_root.glob("gate/before/*/*.dagman.out")
    assert told.read_text(encoding="utf-8").count("STARTING UP") == 1


def _job_of(pool: PersonalPool, dataset: str) -> list[Process]:
    everything = members(pool.mark, pool.directory).values()
    return [one for one in everything if f"door-of-{dataset}" in " ".join(one.command)]


def _power_off(site: Site, pool: PersonalPool) -> None:
    """Kill everything at one instant: all of it stands still before the first process dies."""
    for daemon in site.processes:
        daemon.send_signal(signal.SIGSTOP)
    stopped: dict[int, Process] = {}
    while new := {pid: one for pid, one in members(pool.mark, pool.directory).items() if pid not in stopped}:
        for one in new.values():
            send(one, signal.SIGSTOP)
        stopped |= new
    kill(*stopped.values())
    for daemon in site.processes:
        daemon.kill()
        daemon.wait()
    wait_for(lambda: not members(pool.mark, pool.directory), "every process is dead")
