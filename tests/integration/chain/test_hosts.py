"""Hosts that aren't OWL's alone: a schedd that others use too, and an execute host, which has no schedd."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from owl.condor.schedd import Schedd, left_before
from owl.model import Daemon
from tests.fixtures.site import Site, wait_for

pytestmark = pytest.mark.pool

JOB = "executable = /bin/true\nuniverse = local\nleave_in_queue = {stays}\n{more}\nqueue\n"


def _submit(folder: Path, *, stays: bool = False, more: str = "") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "job").write_text(JOB.format(stays=stays, more=more), encoding="utf-8")
    told = subprocess.run(
        ["condor_submit", "-terse", "job"], cwd=folder, capture_output=True, text=True, check=True
    )
    return told.stdout.split()[0]


def _status(job: str) -> str:
    asked = subprocess.run(["condor_q", job, "-af", "JobStatus"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def test_somebody_elses_old_job_ends_no_search_of_the_history(site: Site) -> None:
    """It was done long ago, stayed in the queue, and left it after one of OWL's."""
    begun = datetime.now(UTC)
    other = _submit(site.folder, stays=True)
    wait_for(lambda: _status(other) == "4", "the other's job is done")
    run = f"shared-{begun:%H%M%S%f}"
    ours = _submit(site.folder, more=f'+OwlRunId = "{run}"')
    wait_for(lambda: not _status(ours), "OWL's job has left the queue")
    long_ago = str(int(begun.timestamp()) - 1_000_000)
    for name, value in (("EnteredCurrentStatus", long_ago), ("LeaveJobInQueue", "False")):
        subprocess.run(["condor_qedit", other, name, value], capture_output=True, check=True)
    wait_for(lambda: not _status(other), "the other's job has left the queue")

    # Other jobs of this pool may have ended meanwhile.
    both = ", ".join(job.partition(".")[0] for job in (other, ours))
    latest = Schedd().history(f"member(ClusterId, {{{both}}})", match=1)[0]
    assert (str(latest["clusterid"]), str(latest["enteredcurrentstatus"])) == (other.partition(".")[0], long_ago)
    mine = f'OwlRunId == "{run}"'
    assert len(Schedd().history(mine, since=left_before(begun))) == 1
    assert not Schedd().history(mine, since=left_before(begun, quick=True)), "which the patient search is for"


def test_the_owld_of_an_execute_host_drains_its_spool_and_is_quiet(site: Site, spool: Path) -> None:
    site.environment["_CONDOR_DAEMON_LIST"] = "MASTER, STARTD"
    site.environment["CONDOR_HOST"] = "nobody.invalid"
    (spool / "bad.rec").write_bytes(b"noise")
    site.start("owld", "run")
    (alive,) = wait_for(lambda: site.ops.status().daemons, "owld is up")
    wait_for(lambda: not list(spool.glob("*.rec")), "its spool is drained")

    def beats_again() -> list[Daemon]:
        return [one for one in site.ops.status().daemons if one.heartbeat > alive.heartbeat]

    # By then it has compared, had it had what to compare with.
    (alive,) = wait_for(beats_again, "owld has looked again")
    assert (alive.message, alive.facts["spool_only"]) == ("", True)
    assert "reconcile_failed" not in site.log("owld")
