"""kill -9 of everything that takes part, and a machine that reboots."""

from __future__ import annotations

import random
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from owl.model import EntryState, State
from owl.pool.personal import PersonalPool
from owl.pool.processes import members
from tests.faults.tools import (
    add,
    dagman_of,
    kill,
    processes,
    rows,
    shadow_of,
    starter_of,
    wait_state,
)
from tests.fixtures.site import Site, wait_for
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool


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
    numbers = [add(site, "starter", 5), add(site, "shadow", 6), add(site, "dagman", 7)]
    site.start_daemons()
    running = {name: wait_state(site, name, "OPEN", State.RUNNING) for name in ("starter", "shadow", "dagman")}
    kill(starter_of(pool, "/bin/sleep 5"), shadow_of(pool, running["shadow"]), dagman_of(pool, "dagman"))
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)
    for name, others in (("starter", {State.EVICTED, State.LOST}), ("shadow", {State.EVICTED, State.LOST})):
        states = [row.state for row in rows(site, name, "OPEN")]
        assert len(states) > 1, name
        assert set(states[:-1]) <= others
    assert [row.state for row in rows(site, "dagman", "OPEN")] == [State.EXITED]


@pytest.mark.parametrize("daemon", ["condor_startd", "condor_schedd"])
def test_a_daemon(site: Site, pool: PersonalPool, daemon: str) -> None:
    numbers = [add(site, "running", 8), add(site, "first", 1)]
    site.start_daemons()
    wait_state(site, "running", "OPEN", State.RUNNING)
    (victim,) = processes(pool, daemon)
    kill(victim)
    numbers.append(add(site, "later", 1))
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def test_the_machine_reboots(site: Site, pool: PersonalPool, spool: Path) -> None:
    """condor_master with everything under it, and OWL's daemons."""
    numbers = [add(site, f"ds{i}", 4 * i) for i in range(4)]
    site.start_daemons()
    wait_state(site, "ds3", "OPEN", State.RUNNING)
    wait_state(site, "ds0", "OPEN", State.EXITED)
    for process in site.processes:
        process.kill()
        process.wait()
    wait_for(lambda: _all_dead(pool), "every process is dead")
    pool.up(owl_daemons=False)
    pool.use_spool(spool)  # `up` leads the hook to the pool's own spool
    site.start_daemons()
    numbers.append(add(site, "later"))
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    wait_true(site)


def _all_dead(pool: PersonalPool) -> bool:
    """Kill whatever is there; whether there was nothing any more."""
    left = members(pool.mark, pool.directory)
    kill(*left.values())
    return not left
