"""Submission, states, control and waiting on the real pool, through an unchanged DRMAA client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.pool

Shell = Callable[..., Any]
Reach = Callable[[str, str], None]
Until = Callable[[Callable[[], bool]], None]


def test_arguments_and_environment_arrive_as_they_were_given(session: Any, shell: Shell, folder: Path) -> None:
    arguments = [
        "a b'c\"d",
        "$HOME $(X) $$(Y) $((1+2))",
        "",
        "line1\nline2",
        "back\\slash",
        "x;y=z",
        "join\\\nlines\\\\\n",
        "\\",
    ]
    script = 'for one in "$@"; do printf "<%s>" "$one"; done; printf "<%s>" "$V"'
    template = shell(script, *arguments)
    template.jobEnvironment = {"V": "1 2 'q' \"dq\" $HOME $(X);\nnext", "PATH": "/usr/bin:/bin"}
    template.outputPath = f":{folder}/out"
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    expected = "".join(f"<{one}>" for one in [*arguments, "1 2 'q' \"dq\" $HOME $(X);\nnext"])
    assert (folder / "out").read_text() == expected


def test_exit_codes_are_exact(session: Any, shell: Shell) -> None:
    jobs = {session.runJob(shell(f"exit {code}")): code for code in (0, 1, 42, 127, 128, 200, 255)}
    for job, code in jobs.items():
        info = session.wait(job, 300)
        assert (info.hasExited, info.exitStatus, info.hasSignal, info.wasAborted) == (True, code, False, False)
        assert session.jobStatus(job) == ("failed" if code else "done")
        assert int(info.resourceUsage["end_time"]) >= int(info.resourceUsage["submission_time"])


def test_a_signal_is_told_by_name(session: Any, shell: Shell) -> None:
    info = session.wait(session.runJob(shell("kill -KILL $$")), 300)
    assert (info.hasExited, info.hasSignal, info.terminatedSignal) == (False, True, "SIGKILL")
    assert info.exitStatus == 137


def test_exit_information_can_be_taken_once(client: ModuleType, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("exit 0"))
    session.wait(job, 300)
    with pytest.raises(client.errors.InvalidJobException):
        session.wait(job, 300)
    assert session.jobStatus(job) == "done"


def test_a_running_job_is_suspended_resumed_and_ended(
    session: Any, shell: Shell, folder: Path, reach: Reach, until: Until
) -> None:
    job = session.runJob(shell("touch begun; sleep 86400"))
    until((folder / "begun").exists)  # a suspension that comes before its program is lost
    reach(job, "running")
    session.control(job, "suspend")
    assert session.jobStatus(job) == "user_suspended"
    session.control(job, "resume")
    assert session.jobStatus(job) == "running"
    session.control(job, "terminate")
    assert session.wait(job, 300).wasAborted


def test_a_job_submitted_on_hold_runs_when_it_is_released(session: Any, shell: Shell) -> None:
    template = shell("exit 3")
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    assert session.jobStatus(job) == "user_on_hold"
    session.control(job, "release")
    assert session.wait(job, 300).exitStatus == 3


def test_a_held_job_is_aborted_when_it_is_ended(session: Any, shell: Shell) -> None:
    template = shell("exit 3")
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    session.control(job, "terminate")
    info = session.wait(job, 300)
    assert (info.wasAborted, info.hasExited, info.exitStatus) == (True, False, 255)
    assert session.jobStatus(job) == "failed"


def test_actions_that_do_not_fit_the_state(client: ModuleType, session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    with pytest.raises(client.errors.SuspendInconsistentStateException):
        session.control(job, "suspend")
    with pytest.raises(client.errors.ResumeInconsistentStateException):
        session.control(job, "resume")
    session.control(job, "release")
    session.wait(job, 300)
    with pytest.raises(client.errors.ReleaseInconsistentStateException):
        session.control(job, "release")
    with pytest.raises(client.errors.HoldInconsistentStateException):
        session.control(job, "hold")


def test_bulk_jobs_get_their_index_in_paths_and_environment(session: Any, shell: Shell, folder: Path) -> None:
    template = shell("echo out; exit $DRMAA_JOB_INDEX")
    template.outputPath = f":{folder}/out.$drmaa_incr_ph$"
    jobs = session.runBulkJobs(template, 3, 11, 2)
    assert len({job.rsplit(".", 1)[0] for job in jobs}) == 1
    session.synchronize(jobs, 300, False)
    assert [session.wait(job, 0).exitStatus for job in jobs] == [3, 5, 7, 9, 11]
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"out.{n}" for n in (3, 5, 7, 9, 11))


def test_any_job_of_the_session_until_none_is_left(client: ModuleType, session: Any, shell: Shell) -> None:
    jobs = {session.runJob(shell(f"exit {code}")): code for code in (1, 2, 3)}
    for _ in range(3):
        info = session.wait(session.JOB_IDS_SESSION_ANY, 300)
        assert info.exitStatus == jobs.pop(info.jobId)
    with pytest.raises(client.errors.InvalidJobException):
        session.wait(session.JOB_IDS_SESSION_ANY, 300)


def test_synchronize_with_disposal_leaves_nothing_to_wait_for(
    client: ModuleType, session: Any, shell: Shell
) -> None:
    job = session.runJob(shell("exit 0"))
    session.synchronize([session.JOB_IDS_SESSION_ALL], 300, True)
    with pytest.raises(client.errors.InvalidJobException):
        session.wait(job, 0)


def test_the_time_limit_of_a_wait(client: ModuleType, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 86400"))
    for timeout in (0, 1):
        with pytest.raises(client.errors.ExitTimeoutException):
            session.wait(job, timeout)
        with pytest.raises(client.errors.ExitTimeoutException):
            session.synchronize([job], timeout)


def test_a_job_whose_input_does_not_exist_has_failed(session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.inputPath = ":/does/not/exist"
    job = session.runJob(template)
    session.synchronize([session.JOB_IDS_SESSION_ALL], 300, False)
    assert session.jobStatus(job) == "failed"
    info = session.wait(job, 0)
    assert info.wasAborted
    assert "/does/not/exist" in info.resourceUsage["hold_reason"]


def test_ids_that_name_nothing(client: ModuleType, session: Any) -> None:
    for job in (f"{session.contact}.999999.0", "elsewhere.1.0", "nonsense"):
        with pytest.raises(client.errors.InvalidJobException):
            session.jobStatus(job)
        with pytest.raises(client.errors.InvalidJobException):
            session.wait(job, 10)
        with pytest.raises(client.errors.InvalidJobException):
            session.synchronize([job], 10)
        with pytest.raises(client.errors.InvalidJobException):
            session.control(job, "terminate")


def test_an_earlier_sessions_job_can_be_waited_for(client: ModuleType, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("exit 9"))
    session.exit()
    with client.Session() as later:
        assert later.wait(job, 300).exitStatus == 9


def test_one_session_at_a_time(client: ModuleType, session: Any) -> None:
    with pytest.raises(client.errors.AlreadyActiveSessionException):
        session.initialize()
    session.exit()
    with pytest.raises(client.errors.NoActiveSessionException):
        session.exit()
    session.initialize(session.contact)
    session.exit()
    with pytest.raises(client.errors.InvalidContactStringException):
        session.initialize("no such schedd")
