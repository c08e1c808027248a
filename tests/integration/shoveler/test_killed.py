"""kill -9 of the shoveler between every two statements that matter, and at any moment: each entry is run once."""

from __future__ import annotations

import random
import subprocess
from contextlib import suppress

import pytest

from owl.condor.schedd import Schedd
from owl.model import EntryState
from owl.shoveler.faults import DIED, POINTS
from tests.fixtures.site import Site

pytestmark = pytest.mark.pool

ENTRIES = 60
ROUNDS = 2
RANDOM = 20
# A claim that HTCondor has and the database doesn't know of must be there for these two to be passed.
AFTER_SUBMITTED = ("settling", "settled")
SINGLE = [point for point in POINTS if point != "bundled"]  # test_bundles.py passes all of them


def die_at(site: Site, point: str, count: int = 1) -> None:
    """A shoveler that dies at a fault point."""
    faults = {"OWL_FAULTS": "1", "OWL_FAULT_POINT": f"{point}:{count}"}
    process = Site(folder=site.folder, environment={**site.environment, **faults}).start("shoveler", "run")
    site.processes.append(process)
    assert process.wait(60) == DIED, site.log("shoveler")


@pytest.mark.timeout(400)
def test_forty_deaths_over_one_run_lose_nothing_and_run_nothing_twice(site: Site) -> None:
    chance = random.Random(41)
    site.owl("shoveler", "set", "shovel_size", "2")
    numbers = [site.ops.add(f"ds{i:03d}", "pair", requested_by="tester") for i in range(ENTRIES)]
    for _ in range(ROUNDS):  # without owld, which would find out by itself what the shoveler is to settle
        for point in SINGLE:
            if point in AFTER_SUBMITTED:
                die_at(site, "submitted")
            die_at(site, point)
    site.start("owld", "run")
    for _ in range(RANDOM - 2 * ROUNDS):
        shoveler = site.start("shoveler", "run")
        with suppress(subprocess.TimeoutExpired):
            shoveler.wait(chance.uniform(0.5, 2.5))
        shoveler.kill()
        shoveler.wait()
    site.owl("shoveler", "set", "shovel_size", "20")
    site.start("shoveler", "run")
    entries = site.ended(numbers, 200)
    assert {entry.state for entry in entries} == {EntryState.DONE}
    assert {entry.attempts for entry in entries} == {1}
    schedd, constraint = Schedd(), "OwlRunId =!= undefined && JobUniverse == 7"
    jobs = {
        ad["globaljobid"]: ad["owlrunid"]
        for ads in (schedd.queue(constraint), schedd.history(constraint))
        for ad in ads
    }
    mine = [run_id for run_id in jobs.values() if run_id in {entry.run_id for entry in entries}]
    assert sorted(mine) == sorted(str(entry.run_id) for entry in entries)
