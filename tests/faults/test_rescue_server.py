"""The rescue server dies at every place that a rescue passes: the rescue goes on, and is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from owl.intent import CommandState, RescueOptions, Selection
from owl.model import EntryState, RunState
from owl.rescue.faults import DIED, POINTS
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool


def test_a_rescue_server_killed_at_every_step_of_a_rescue_rescues_once(site: Site) -> None:
    """One request, and a server that dies at each place that the rescue passes, one after the other."""
    number = site.ops.add("ds1", "line", parameters={"key": str(site.folder / "key")}, requested_by="tester")
    site.start_daemons()
    assert site.ended([number])[0].state is EntryState.FAILED
    (site.folder / "key").write_text("here")
    options = RescueOptions(from_start=True, set={"SECOND.memory": "256"})  # so that all places are passed
    made = site.ops.rescues.request(Selection(runs=("ds1",)), requested_by="alice", options=options)
    for point in POINTS:
        server = _dying_at(site, point)
        assert server.wait(DEADLINE) == DIED, (point, site.log("rescue-server")[-2000:])
        assert site.ops.commands.get(made.id).state in (CommandState.QUEUED, CommandState.RUNNING), point
    site.start_rescue_server()
    done = site.ops.commands.wait(made.id, DEADLINE)
    assert (done.state, done.total) == (CommandState.DONE, 1), site.log("rescue-server")[-2000:]
    assert site.ended([number])[0].state is EntryState.DONE
    found = site.ops.run("ds1")
    assert [one.state for one in found.submissions] == [RunState.RESCUED, RunState.DONE]
    assert "request_memory = 256" in (Path(found.run.work_dir) / "second_ds1.job").read_text()
    ran = ["FIRST", "SECOND", "FIRST", "SECOND", "THIRD"]
    wait_for(lambda: [row.process_name for row in site.ops.run("ds1").executions] == ran, "each step ran once more")


def _dying_at(site: Site, point: str) -> subprocess.Popen[bytes]:
    site.environment, before = {**site.environment, "OWL_FAULTS": "1", "OWL_FAULT_POINT": point}, site.environment
    try:
        return site.start("rescue-server")
    finally:
        site.environment = before
