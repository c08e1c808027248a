"""kill -9 of the shoveler between every two statements that matter, and at any moment: each entry is run once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from owl.condor.schedd import Schedd
from owl.faults import DIED
from owl.model import EntryState
from owl.shoveler.faults import POINTS
from tests.fixtures import zygote
from tests.fixtures.site import DEADLINE, Site

pytestmark = pytest.mark.pool

ENTRIES = 300
DEATHS = 200
BUNDLE = 5
# A claim that HTCondor has and the database doesn't know of must be there for these two to be passed.
AFTER_SUBMITTED = ("settling", "settled")
ROUNDS = 5  # of a death at each point


@dataclass
class Shovelers:
    """Shovelers that live until they die; `ends` are their exit statuses."""

    site: Site
    process: subprocess.Popen[str]
    ends: list[int] = field(default_factory=list)

    def start(self, **environment: str) -> int:
        """Start one; its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(environment) + "\n")
        self.process.stdin.flush()
        return self._line()

    def ended(self) -> int:
        """Wait for its end; how it ended."""
        self.ends.append(self._line())
        return self.ends[-1]

    def die_at(self, point: str, count: int = 1) -> None:
        """One that dies at a fault point."""
        self.start(OWL_FAULTS="1", OWL_FAULT_POINT=f"{point}:{count}")
        assert self.ended() == DIED, self.site.log("shoveler")

    def kill_after(self, seconds: float) -> None:
        """One that is killed after a while, wherever it is."""
        process = self.start()
        time.sleep(seconds)  # the moment is the test's input
        os.kill(process, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def _line(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def shovelers(site: Site) -> Iterator[Shovelers]:
    """The process that forks them."""
    with (
        (site.folder / "shoveler.log").open("ab") as log,
        subprocess.Popen(
            [sys.executable, str(Path(zygote.__file__))],
            env={**site.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=site.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        yield Shovelers(site, process)


def small(site: Site, name: str, bundle: int) -> None:
    """A workflow of one step that DAGMan itself passes: what is tested is the way to it."""
    folder = site.folder / "templates" / name
    folder.mkdir()
    (folder / "workflow.toml").write_text(f"bundle = {bundle}\n", encoding="utf-8")
    (folder / f"{name}.dag").write_text("JOB A a_{{ dataset }}.job NOOP\n", encoding="utf-8")
    (folder / "a.job").write_text("executable = /bin/true\nlog = log\nqueue\n", encoding="utf-8")


def test_two_hundred_deaths_over_three_hundred_entries_lose_nothing_and_run_nothing_twice(site: Site) -> None:
    chance = random.Random(41)
    small(site, "alone", 1)
    small(site, "five", BUNDLE)
    site.owl("shoveler", "set", "shovel_size", "1")
    site.owl("shoveler", "set", "period", "0.5")
    workflows = {f"ds{i:03d}": "five" if i // BUNDLE % 2 else "alone" for i in range(ENTRIES)}
    numbers = [site.ops.add(name, workflow, requested_by="tester") for name, workflow in workflows.items()]
    with shovelers(site) as dying:
        for _ in range(ROUNDS):  # without owld, which would find out by itself what the shoveler is to settle
            for point in POINTS:
                if point in AFTER_SUBMITTED:
                    dying.die_at("submitted")
                dying.die_at(point)
        site.start("owld", "run")
        while len(dying.ends) < DEATHS:
            dying.kill_after(chance.uniform(0.02, 0.6))
        waiting = site.ops.status().entries.get(EntryState.WAITING, 0)
    assert Counter(dying.ends)[DIED] >= ROUNDS * len(POINTS)
    assert len(dying.ends) == DEATHS
    assert waiting < ENTRIES, "they passed while it died"
    site.owl("shoveler", "set", "shovel_size", "50")
    site.owl("shoveler", "reset", "period")
    site.start("shoveler", "run")
    entries = site.ended(numbers, 3 * DEADLINE)  # hundreds of workflows
    assert {entry.state for entry in entries} == {EntryState.DONE}
    assert {entry.attempts for entry in entries} == {1}
    runs = {str(entry.run_id): site.ops.run(str(entry.run_id)).submissions for entry in entries}
    assert {len(submissions) for submissions in runs.values()} == {1}
    units = Counter(submissions[0].bundle_id or run_id for run_id, submissions in runs.items())
    assert max(units.values()) == BUNDLE
    assert Counter(dagmans(set(units))) == Counter(units.keys()), "one DAGMan job for each run or bundle"


def dagmans(units: set[str]) -> list[str]:
    """The run or bundle of every DAGMan job that HTCondor ever had for these."""
    schedd, constraint = Schedd(), "(OwlRunId =!= undefined || OwlBundleId =!= undefined) && JobUniverse == 7"
    ads = {
        ad["globaljobid"]: ad for found in (schedd.queue(constraint), schedd.history(constraint)) for ad in found
    }
    names = [str(ad.get("owlbundleid") or ad.get("owlrunid")) for ad in ads.values()]
    return [name for name in names if name in units]
