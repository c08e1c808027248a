"""The daemons as real processes: they stop cleanly, survive being killed, and never run anything twice."""

from __future__ import annotations

import random
import signal
import subprocess
from contextlib import suppress
from functools import partial

import pytest

from owl.condor.schedd import Schedd
from owl.model import EntryState, State
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool


def _dagman_jobs(run_id: str) -> int:
    """How many condor_dagman jobs HTCondor ever had for a run."""
    schedd, constraint = Schedd(), f'OwlRunId == "{run_id}" && JobUniverse == 7'
    found = {ad["globaljobid"] for ads in (schedd.queue(constraint), schedd.history(constraint)) for ad in ads}
    return len(found)


def _both_have_exited(site: Site, run_id: str) -> bool:
    rows = [(row.process_name, row.state) for row in site.ops.executions_of([run_id])]
    return rows == [("FIRST", State.EXITED), ("SECOND", State.EXITED)]


@pytest.mark.parametrize("daemon", ["shoveler", "owld"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_a_daemon_cleanly(site: Site, daemon: str, name: str) -> None:
    process = site.start(daemon, "run")
    wait_for(lambda: site.ops.status().daemons, "it has said that it is alive")
    process.send_signal(getattr(signal, name))
    assert process.wait(DEADLINE) == 0
    (told,) = site.ops.status().daemons
    assert told.stopped_at is not None
    assert "Traceback" not in site.log(daemon)


def test_a_shoveler_killed_again_and_again_runs_every_entry_exactly_once(site: Site) -> None:
    chance = random.Random(11)
    numbers = [site.ops.add(f"ds{i:02d}", "pair", requested_by="tester") for i in range(20)]
    site.start("owld", "run")
    for _ in range(12):
        shoveler = site.start("shoveler", "run")
        with suppress(subprocess.TimeoutExpired):
            shoveler.wait(chance.uniform(0.5, 2.5))  # start-up takes most of a second; then it is in its work
        shoveler.kill()
        shoveler.wait()
    site.start("shoveler", "run")
    entries = site.ended(numbers)
    assert [entry.state for entry in entries] == [EntryState.DONE] * len(numbers)
    for entry in entries:
        assert entry.run_id is not None
        assert _dagman_jobs(entry.run_id) == 1
        wait_for(partial(_both_have_exited, site, entry.run_id), f"both steps of {entry.dataset} have ended once")


def test_an_owld_killed_in_the_middle_loses_nothing(site: Site) -> None:
    numbers = [site.ops.add(f"ds{i}", "pair", requested_by="tester") for i in range(6)]
    chance = random.Random(12)
    site.start("shoveler", "run")
    for _ in range(5):
        owld = site.start("owld", "run")
        wait_for(lambda: site.ops.status().executions, "records come through")
        with suppress(subprocess.TimeoutExpired):
            owld.wait(chance.uniform(0.5, 2.0))
        owld.kill()
        owld.wait()
    site.start("owld", "run")
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}

    def told() -> list[tuple[State, int | None]]:
        return [(row.state, row.exit_code) for row in site.ops.executions(limit=100)]

    # condor_dagman may be gone a moment before the last step's shadow.
    wait_for(
        lambda: told() == [(State.EXITED, 0)] * 2 * len(numbers), lambda: f"each step has ended once: {told()}"
    )
