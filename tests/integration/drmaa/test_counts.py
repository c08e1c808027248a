"""Waits that count: jobs with the session's mark that the session does not wait for hide nobody's end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owl.drmaa import library_path
from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool

OWN = 12
STRANGERS = 3


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All jobs of a session are never listed, which would show an end that the count hides, after a minute."""
    monkeypatch.setattr("owl.drmaa.lookup._LISTING", 1e9)


def test_jobs_that_the_session_does_not_wait_for_hide_no_end(
    client: ModuleType, unlisted: None, session: Any, shell: Callable[..., Any]
) -> None:
    import htcondor2

    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    jobs = session.runBulkJobs(template, 1, OWN, 1)
    cluster = jobs[0].rsplit(".", 2)[1]
    schedd = htcondor2.Schedd()
    tag = schedd.query(f"ClusterId == {cluster}", ["DrmaaSession"])[0]["DrmaaSession"]
    with pytest.raises(client.errors.ExitTimeoutException):
        session.wait(session.JOB_IDS_SESSION_ANY, 0)
    stranger = f'executable = /bin/true\nhold = true\nMy.DrmaaSession = "{tag}"\n'
    schedd.submit(htcondor2.Submit(stranger), count=STRANGERS)
    removed = schedd.act(htcondor2.JobAction.Remove, f"ClusterId == {cluster} && ProcId < {STRANGERS}")
    assert removed["TotalSuccess"] == STRANGERS
    # The number is what it was at the beginning.
    ended = {session.wait(session.JOB_IDS_SESSION_ANY, 300).jobId for _ in range(STRANGERS)}
    assert ended == set(jobs[:STRANGERS])
    # And once more with strangers whose cluster is not the newest.
    schedd.submit(htcondor2.Submit(stranger), count=STRANGERS)
    more = session.runBulkJobs(template, 1, STRANGERS, 1)
    cluster = more[0].rsplit(".", 2)[1]
    schedd.act(htcondor2.JobAction.Remove, f"ClusterId == {cluster}")
    ended = {session.wait(session.JOB_IDS_SESSION_ANY, 300).jobId for _ in range(STRANGERS)}
    assert ended == set(more)


FORKED = """
import os, sys, drmaa
with drmaa.Session() as session:
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    jobs = session.runBulkJobs(template, 1, 12, 1)
    child = os.fork()
    if child == 0:
        more = session.runBulkJobs(template, 1, 15, 1)
        session.synchronize(more, 300, False)
        os._exit(0 if all(session.wait(job, 0).exitStatus == 0 for job in more) else 3)
    assert os.waitpid(child, 0)[1] == 0
    for job in jobs:
        ended = session.wait(job, 300)
        assert ended.hasExited and ended.exitStatus == 0, ended
"""


def test_a_forked_child_goes_on_with_the_session(pool: PersonalPool, folder: Path) -> None:
    environment = {**os.environ, "DRMAA_LIBRARY_PATH": str(library_path())}
    command = [sys.executable, "-c", FORKED]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stderr
