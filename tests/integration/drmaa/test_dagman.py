"""condor_dagman submitted through DRMAA, with what HTCondor itself says that it needs."""

from __future__ import annotations

import contextlib
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.pool

JOB = """\
executable = /bin/sh
arguments = "-c 'echo $PIPELINE_BASE $ODD >> steps'"
getenv = True
transfer_executable = false
queue
"""

OWN = {"executable", "arguments", "output", "error"}


def split_new_syntax(value: str) -> list[str]:
    """Arguments of a submit command that from_dag wrote: new syntax, quotes only around spaces."""
    return shlex.split(value[1:-1].replace('""', '"'))


def test_a_dag_runs_to_its_end(session: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import htcondor2

    (folder / "step.job").write_text(JOB)
    (folder / "two.dag").write_text("JOB A step.job\nJOB B step.job\nPARENT A CHILD B\n")
    monkeypatch.chdir(folder)
    commands = dict(htcondor2.Submit.from_dag("two.dag", {"Force": True}))
    template = session.createJobTemplate()
    template.remoteCommand = commands["executable"]
    template.args = split_new_syntax(commands["arguments"])
    template.workingDirectory = str(folder)
    template.jobName = 'two; $(dag) "1"'
    template.outputPath = f":{folder / commands['output']}"
    template.errorPath = f":{folder / commands['error']}"
    template.joinFiles = False
    template.blockEmail = True
    template.jobEnvironment = {"PIPELINE_BASE": "/base dir", "ODD": "'a' \"b\" $(c)"}
    native = [f"{key} = {value}" for key, value in commands.items() if key not in OWN]
    template.nativeSpecification = "\n".join([*native, "My.RunId = \"run;1 = 'x' || y\""])

    job = session.runJob(template)
    info = session.wait(job, 300)
    session.deleteJobTemplate(template)

    assert (info.hasExited, info.exitStatus) == (True, 0), (folder / "two.dag.dagman.out").read_text()
    assert (folder / "steps").read_text() == "/base dir 'a' \"b\" $(c)\n" * 2
    cluster = int(job.split(".")[-2])
    ad = one_ad(f"ClusterId == {cluster}")
    assert ad["ExitCode"] == 0
    assert ad["RunId"] == "run;1 = 'x' || y"
    assert ad["JobBatchName"] == 'two; $(dag) "1"'
    assert ad["JobUniverse"] == 7
    assert ad["RemoveKillSig"] == "SIGUSR1"
    assert ad["OtherJobRemoveRequirements"] == f"DAGManJobId =?= {cluster}"
    assert "ExitCode <= 2" in str(ad.lookup("OnExitRemove"))


def one_ad(constraint: str) -> Any:
    """The history's ad of one job."""
    import htcondor2

    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        # A schedd that an earlier test started anew rejects this process's security session once.
        with contextlib.suppress(htcondor2.HTCondorException):
            for ad in htcondor2.Schedd().history(constraint, [], match=1):
                return ad
        time.sleep(0.1)
    raise AssertionError(f"no job in the history: {constraint}")
