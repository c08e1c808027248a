"""Faults around the shoveler: a full disk, a broken template, a refusing schedd, a clock that goes back."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from owl.condor.schedd import Schedd
from owl.faults import DIED
from owl.model import EntryState
from owl.pool.personal import PersonalPool
from tests.fixtures.configured import configured
from tests.fixtures.site import DEADLINE, OWL, Site, wait_for

pytestmark = pytest.mark.pool

HOUR = 3600
CLOCK = Path(__file__).with_name("clock.c")


def add(site: Site, dataset: str, workflow: str = "pair") -> int:
    """A request of the tester's."""
    return site.ops.add(dataset, workflow, requested_by="tester")


def dagmans(site: Site, number: int) -> int:
    """How many condor_dagman jobs HTCondor ever had for an entry's run."""
    schedd, wanted = Schedd(), f'OwlRunId == "{site.ops.entry(number).run_id}" && JobUniverse == 7'
    found = {ad["globaljobid"] for ads in (schedd.queue(wanted), schedd.history(wanted)) for ad in ads}
    return len(found)


def test_a_full_disk_in_the_work_root_loses_nothing(site: Site) -> None:
    """The first shoveler sees a work root of 64 kB (a file system of its own alone); the next one sees room."""
    site.work_root.mkdir(exist_ok=True)
    here, owl = shlex.quote(str(site.work_root)), shlex.quote(str(OWL))
    inside = f"mount -t tmpfs -o size=64k none {here} && head -c 64k /dev/zero > {here}/filler; "
    inside += f"exec unshare -U --map-user={os.geteuid()} --map-group={os.getegid()} {owl} shoveler run"
    numbers = [add(site, f"ds{i}") for i in range(3)]
    process = site.start("shoveler", "run", wrapper=["unshare", "-Urm", "sh", "-c", inside, "sh"])
    wait_for(
        lambda: "No space left on device" in site.log("shoveler"), lambda: f"it says so\n{site.log('shoveler')}"
    )
    wait_for(lambda: site.ops.entry(numbers[0]).error, "the entry says so too")
    assert "can't be written (No space left on device); make room there" in str(site.ops.entry(numbers[0]).error)
    assert {site.ops.entry(number).state for number in numbers} <= {EntryState.WAITING, EntryState.CLAIMED}
    assert "No space left on device" in site.owl("shoveler", "explain").stdout
    assert process.poll() is None, "it goes on"
    process.terminate()
    process.wait()
    site.start_daemons()
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    assert [dagmans(site, number) for number in numbers] == [1, 1, 1]


def test_a_template_that_breaks_in_the_middle_stops_its_own_workflow_alone(site: Site) -> None:
    site.start_daemons()
    site.ended([add(site, "before")])
    dag = site.folder / "templates" / "pair" / "pair.dag"
    good = dag.read_text(encoding="utf-8")
    dag.write_text(good + "{% if %}\n", encoding="utf-8")
    bad = [add(site, f"bad{i}") for i in range(3)]
    other = site.ops.add("other", "gate", parameters={"key": "/etc/hostname"}, requested_by="tester")
    entries = site.ended([*bad, other])
    assert [entry.state for entry in entries] == [*[EntryState.FAILED] * 3, EntryState.DONE]
    assert str(entries[0].error).startswith(f"{dag}:4: not a valid Jinja2 template")
    dag.write_text(good, encoding="utf-8")
    assert [entry.state for entry in site.ended([add(site, "after")])] == [EntryState.DONE]


def test_a_clock_set_back_by_an_hour_runs_nothing_twice(site: Site) -> None:
    library = site.folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(CLOCK)], check=True)
    numbers = [add(site, f"ds{i}") for i in range(3)]
    site.owl("shoveler", "set", "shovel_size", "1")
    for point in ("submitting", "submitted"):  # two claims of an hour from now, one of which HTCondor has
        faults = {"OWL_FAULTS": "1", "OWL_FAULT_POINT": f"{point}:1"}
        process = Site(folder=site.folder, environment={**site.environment, **faults}).start("shoveler", "run")
        assert process.wait(DEADLINE) == DIED, site.log("shoveler")
    back = {"LD_PRELOAD": str(library)}
    earlier = Site(folder=site.folder, environment={**site.environment, **back}, processes=site.processes)
    told = "from owl.daemon import utc_now; print(utc_now().timestamp())"
    command = [sys.executable, "-c", told]
    wrong = subprocess.run(command, env=earlier.environment, capture_output=True, text=True, check=True).stdout
    assert abs(float(wrong) + HOUR - time.time()) < HOUR / 2, "the clock is an hour back"
    earlier.start("shoveler", "run")
    site.start("owld", "run")
    entries = site.ended(numbers)
    assert {entry.state for entry in entries} == {EntryState.DONE}, site.log("shoveler")
    assert [dagmans(site, number) for number in numbers] == [1, 1, 1]


def test_a_schedd_that_refuses_and_then_accepts_gets_each_workflow_once(site: Site, pool: PersonalPool) -> None:
    refusal = {
        "SUBMIT_REQUIREMENT_NAMES": "Closed",
        "SUBMIT_REQUIREMENT_Closed": "JobUniverse =!= 7",
        "SUBMIT_REQUIREMENT_Closed_REASON": '"the night shift is over"',
    }
    with configured(pool, **refusal):
        numbers = [add(site, f"ds{i}") for i in range(3)]
        site.start_daemons()
        wait_for(
            lambda: site.ops.entry(numbers[0]).error,
            lambda: f"it is refused\n{site.log('shoveler')}\n{site.owl('shoveler', 'explain').stdout}",
        )
        assert "the night shift is over" in str(site.ops.entry(numbers[0]).error)
        assert site.ops.entry(numbers[0]).state is EntryState.CLAIMED
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    assert [dagmans(site, number) for number in numbers] == [1, 1, 1]
