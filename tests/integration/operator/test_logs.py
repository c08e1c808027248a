"""What an operator reads of a run: its logs while it runs, after it, and when it is archived; its provenance."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
from pathlib import Path

import pytest

from owl.intent import CommandState, Selection, Verb
from owl.model import EntryState, State
from tests.fixtures.site import DEADLINE, OWL, Site, wait_for

pytestmark = pytest.mark.pool

# HTCondor fills the name of the output in when it has matched the job with a machine.
JOB = """executable = /bin/sh
arguments = "-c 'echo begun; while [ ! -e {{ door }} ]; do sleep 0.5; done; echo ended; echo sky > sky.fits'"
universe = vanilla
log = {{ dataset }}.condor_log
output = tell.$$(OpSys).out
error = tell.err
should_transfer_files = NO
+InputDataset = "{{ dataset }}"
+HookKeyword = "OWL"
queue
"""
TOML = '[parameters.door]\ntype = "path"\nrequired = true\n\n[products]\nfiles = ["*.fits"]\n'


def test_logs_are_followed_found_after_the_archive_and_the_provenance_is_whole(site: Site) -> None:
    folder, door = site.folder / "templates" / "tell", site.folder / "door"
    folder.mkdir()
    (folder / "tell.dag").write_text("JOB TELL tell_{{ dataset }}.job\n")
    (folder / "tell.job").write_text(JOB)
    (folder / "workflow.toml").write_text(TOML)
    number = site.ops.add("ds1", "tell", parameters={"door": str(door)}, requested_by="tester")
    site.start("shoveler", "run")
    owld = site.start("owld", "run")
    [step] = wait_for(lambda: site.ops.executions(dataset="ds1", states=[State.RUNNING]), "its step runs")
    told = site.folder / "followed"
    with told.open("wb") as output:
        command = [str(OWL), "logs", "ds1", "--follow"]
        follower = subprocess.Popen(command, env=site.environment, cwd=site.folder, stdout=output, stderr=output)
    site.processes.append(follower)
    wait_for(lambda: "TELL out: begun\n" in told.read_text(), lambda: f"followed: {told.read_text()}")
    made = site.ops.commands.request(
        Verb.PRIORITY, Selection(jobs=(step.global_job_id,)), requested_by="alice", reason="urgent", value=7.0
    )
    assert site.ops.commands.wait(made.id, DEADLINE).state is CommandState.DONE
    assert "TELL out: ended" not in told.read_text()
    door.touch()
    assert follower.wait(DEADLINE) == 0, told.read_text()
    lines = told.read_text().splitlines()
    assert (lines.count("TELL out: begun"), lines.count("TELL out: ended")) == (1, 1)
    assert any(line.startswith("DAGMan: ") for line in lines)
    assert site.ended([number])[0].state is EntryState.DONE
    site.drained()
    _logs_say(site)
    _provenance_is_whole(site)

    owld.send_signal(signal.SIGTERM)
    owld.wait(DEADLINE)
    assert "1 executions moved" in site.owl("blackboard", "archive", "--older-than", "0h").stdout
    assert not site.ops.executions(dataset="ds1")
    _logs_say(site)
    assert "has no step OTHER; its steps: TELL" in site.refused("logs", "ds1", "OTHER")


def _logs_say(site: Site) -> None:
    said = site.owl("logs", "ds1", "TELL", "--kind", "out").stdout.splitlines()
    assert "TELL out" in said[0] and "/tell.LINUX.out" in said[0]
    assert said[1:] == ["begun", "ended"]


def _provenance_is_whole(site: Site) -> None:
    found = json.loads(site.owl("show", "ds1", "--json").stdout)
    assert (found["entry"]["created_by"], found["entry"]["state"]) == ("tester", "Done")
    assert found["run"]["template_digest"] == site.ops.run("ds1").run.template_digest != ""
    assert [one["state"] for one in found["submissions"]] == ["Done"]
    [row] = found["executions"]
    assert (row["process_name"], row["exit_code"]) == ("TELL", 0)
    assert row["host"] and row["start_time"] and row["completion_time"]
    [used] = found["resources"].values()
    assert {"RequestMemory", "RequestCpus"} <= used.keys()
    [asked] = found["commands"]
    assert (asked["verb"], asked["requested_by"], asked["reason"]) == ("priority", "alice", "urgent")
    work = Path(found["run"]["work_dir"])
    digests = {one["name"]: one["sha256"] for one in found["files"]}
    assert {"tell_ds1.dag", "tell_ds1.job", "run.json"} <= digests.keys()
    assert digests == {name: hashlib.sha256((work / name).read_bytes()).hexdigest() for name in digests}
    assert [one["name"] for one in found["products"]] == ["sky.fits"]
