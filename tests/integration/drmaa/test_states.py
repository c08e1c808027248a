"""States and endings that need something unusual to happen."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.pool

Shell = Callable[..., Any]
Until = Callable[[Callable[[], bool]], None]
Reach = Callable[[str, str], None]


def test_a_hold_by_the_system_is_told_from_one_by_the_user(session: Any, shell: Shell, reach: Reach) -> None:
    template = shell("sleep 86400")
    template.nativeSpecification = 'periodic_hold = true\nperiodic_hold_reason = "too hungry"\n'
    job = session.runJob(template)
    reach(job, "system_on_hold")
    session.control(job, "terminate")
    info = session.wait(job, 300)
    assert info.wasAborted
    assert "too hungry" in info.resourceUsage["hold_reason"]


def test_a_running_job_can_be_held_and_released(
    session: Any, shell: Shell, folder: Path, reach: Reach, until: Until
) -> None:
    job = session.runJob(shell("[ -e again ] && exit 5; touch again; sleep 86400"))
    reach(job, "running")
    until((folder / "again").exists)
    session.control(job, "hold")
    assert session.jobStatus(job) == "user_on_hold"
    session.control(job, "release")
    assert session.wait(job, 300).exitStatus == 5


def test_an_idle_job_that_is_removed_is_aborted(session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.nativeSpecification = "requirements = false"
    job = session.runJob(template)
    assert session.jobStatus(job) == "queued_active"
    session.control(job, "terminate")
    assert session.wait(job, 300).wasAborted
    assert session.jobStatus(job) == "failed"


def test_a_job_that_has_ended_and_is_in_the_queue_still_is_left_as_it_is(
    client: ModuleType, session: Any, shell: Shell, reach: Reach, until: Until
) -> None:
    """Each job is for a moment, until its shadow has gone; this one stays."""
    import htcondor2

    template = shell("exit 0")
    template.nativeSpecification = "leave_in_queue = true"
    job = session.runJob(template)
    mine = f"ClusterId == {job.rsplit('.', 2)[1]}"
    try:
        reach(job, "done")
        with pytest.raises(client.errors.InvalidJobException):
            session.control(job, "terminate")
        with pytest.raises(client.errors.HoldInconsistentStateException):
            session.control(job, "hold")
        session.control(session.JOB_IDS_SESSION_ALL, "terminate")
        session.control(session.JOB_IDS_SESSION_ALL, "hold")
        assert session.jobStatus(job) == "done"
        assert session.wait(job, 300).exitStatus == 0
    finally:
        # A removal wouldn't take it out of the queue, and the tests that follow want an empty one.
        schedd = htcondor2.Schedd()
        schedd.edit(mine, "LeaveJobInQueue", "false")
        until(lambda: not schedd.query(mine, ["ProcId"]))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGSEGV", "SIGUSR2"])
def test_signals_by_name(session: Any, shell: Shell, name: str) -> None:
    number = int(getattr(signal, name))
    info = session.wait(session.runJob(shell(f"ulimit -c 0; kill -{number} $$")), 300)
    assert (info.terminatedSignal, info.hasCoreDump, info.exitStatus) == (name, False, 128 + number)


def test_a_core_dump(session: Any, shell: Shell) -> None:
    template = shell("kill -SEGV $$")
    template.nativeSpecification = "coresize = -1"
    info = session.wait(session.runJob(template), 300)
    assert (info.terminatedSignal, info.hasCoreDump) == ("SIGSEGV", True)


def test_another_tools_job_can_be_looked_at_and_waited_for(client: ModuleType, session: Any) -> None:
    import htcondor2

    description = htcondor2.Submit(
        {"executable": "/bin/sh", "arguments": "\"-c 'exit 11'\"", "transfer_executable": "false", "hold": "true"}
    )
    schedd = htcondor2.Schedd()
    job = f"{session.contact}.{schedd.submit(description).cluster()}.0"
    assert session.jobStatus(job) == "user_on_hold"
    session.control(job, "release")
    session.synchronize([job], 300)
    assert session.wait(job, 0).exitStatus == 11
    with pytest.raises(client.errors.InvalidJobException):
        session.wait(job, 0)


def test_a_job_that_another_tool_removes_has_ended(session: Any, shell: Shell) -> None:
    import htcondor2

    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    htcondor2.Schedd().act(htcondor2.JobAction.Remove, job.rsplit(".", 2)[1])
    assert session.wait(job, 300).wasAborted


def test_actions_on_all_jobs_of_the_session_leave_others_alone(session: Any, shell: Shell) -> None:
    import htcondor2

    description = htcondor2.Submit({"executable": "/bin/true", "hold": "true"})
    other = htcondor2.Schedd().submit(description).cluster()
    template = shell("exit 2")
    template.jobSubmissionState = "drmaa_hold"
    jobs = [*session.runBulkJobs(template, 1, 3, 1), session.runJob(template)]
    session.control(session.JOB_IDS_SESSION_ALL, "release")
    session.synchronize([session.JOB_IDS_SESSION_ALL], 300, False)
    assert [session.wait(job, 0).exitStatus for job in jobs] == [2, 2, 2, 2]
    assert session.jobStatus(f"{session.contact}.{other}.0") == "user_on_hold"
    htcondor2.Schedd().act(htcondor2.JobAction.Remove, str(other))
