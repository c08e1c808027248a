"""The schedd away, restarted or full; many threads at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool

Shell = Callable[..., Any]


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition didn't come true"
        time.sleep(0.1)


def schedd_answers() -> bool:
    """Whether a client finds the schedd and gets an answer."""
    import htcondor2

    try:
        htcondor2.Schedd().query("false")
    except Exception:
        return False
    return True


@contextmanager
def schedd_away() -> Iterator[None]:
    """condor_master ends the schedd, and starts it again at the end."""
    subprocess.run(["condor_off", "-fast", "-schedd"], check=True, capture_output=True)
    try:
        until(lambda: not schedd_answers())
        yield
    finally:
        subprocess.run(["condor_on", "-schedd"], check=True, capture_output=True)
        until(schedd_answers)


def schedd_has(name: str, value: str) -> bool:
    """Whether the running schedd has this value of a configuration macro."""
    asked = subprocess.run(["condor_config_val", "-schedd", name], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and asked.stdout.strip() == value


@contextmanager
def configured(pool: PersonalPool, **macros: str) -> Iterator[None]:
    """Lines of HTCondor configuration for a while; the schedd has read them when this begins."""
    pool.up(owl_daemons=False, overrides=macros)
    try:
        until(lambda: all(schedd_has(name, value) for name, value in macros.items()))
        yield
    finally:
        pool.up(owl_daemons=False, overrides={})
        until(lambda: not any(schedd_has(name, value) for name, value in macros.items()))


def test_a_submission_without_a_schedd_fails_in_bounded_time(
    client: ModuleType, session: Any, shell: Shell
) -> None:
    template = shell("exit 4")
    with schedd_away():
        begun = time.monotonic()
        with pytest.raises(client.errors.DrmCommunicationException):
            session.runJob(template)
        with pytest.raises(client.errors.DrmCommunicationException):
            session.jobStatus(f"{session.contact}.1.0")
        assert time.monotonic() - begun < 60
    assert session.wait(session.runJob(template), 90).exitStatus == 4


def test_a_schedd_that_hangs_is_given_up(
    client: ModuleType, pool: PersonalPool, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    schedd = pool.status().daemons["SCHEDD"]
    os.kill(schedd, signal.SIGSTOP)
    try:
        # A schedd that answered within the last second is given jobs without being asked first.
        stopped = time.monotonic()
        until(lambda: time.monotonic() > stopped + 1)
        with pytest.raises(client.errors.DrmCommunicationException):
            session.runJob(template)
    finally:
        os.kill(schedd, signal.SIGCONT)
    assert session.jobStatus(session.runJob(template)) == "user_on_hold"


def test_a_session_without_a_schedd_is_not_opened(client: ModuleType, session: Any) -> None:
    session.exit()
    with schedd_away(), pytest.raises(client.errors.DrmCommunicationException):
        session.initialize()
    session.initialize()


def test_a_wait_outlives_the_schedd(
    session: Any, shell: Shell, folder: Path, reach: Callable[[str, str], None]
) -> None:
    job = session.runJob(shell("while [ ! -e go ]; do sleep 0.1; done; exit 8"))
    reach(job, "running")
    with ThreadPoolExecutor(1) as threads:
        waited = threads.submit(session.wait, job, 180)
        with schedd_away():
            pass
        assert not waited.done()
        (folder / "go").touch()
        assert waited.result().exitStatus == 8


def test_a_user_with_too_many_jobs_may_try_later(
    client: ModuleType, pool: PersonalPool, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    with (
        configured(pool, MAX_JOBS_PER_OWNER="3"),
        pytest.raises(client.errors.TryLaterException, match="MAX_JOBS_PER_OWNER"),
    ):
        session.runBulkJobs(template, 1, 5, 1)


def test_too_many_jobs_at_once_are_denied(
    client: ModuleType, pool: PersonalPool, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    with (
        configured(pool, MAX_JOBS_PER_SUBMISSION="3"),
        pytest.raises(client.errors.DeniedByDrmException, match="MAX_JOBS_PER_SUBMISSION"),
    ):
        session.runBulkJobs(template, 1, 5, 1)


def test_a_submit_requirements_words_reach_the_diagnosis(
    client: ModuleType, pool: PersonalPool, session: Any, shell: Shell
) -> None:
    macros = {
        "SUBMIT_REQUIREMENT_NAMES": "Sunday",
        "SUBMIT_REQUIREMENT_Sunday": "DrmaaSession is undefined",
        "SUBMIT_REQUIREMENT_Sunday_REASON": '"no jobs on Sundays"',
    }
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    with configured(pool, **macros), pytest.raises(client.errors.DeniedByDrmException, match="no jobs on Sundays"):
        session.runJob(template)


def test_python_threads_submit_and_wait_side_by_side(session: Any, shell: Shell) -> None:
    templates = [shell(f"exit {number}") for number in range(24)]

    def one(number: int) -> int:
        return int(session.wait(session.runJob(templates[number]), 120).exitStatus)

    with ThreadPoolExecutor(24) as threads:
        assert list(threads.map(one, range(24))) == list(range(24))


def test_a_waiting_thread_lets_others_run(session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 600"))
    with ThreadPoolExecutor(1) as threads:
        waited = threads.submit(session.wait, job, 120)
        begun = time.monotonic()
        turns = 0
        while time.monotonic() < begun + 1:
            turns += 1
        assert turns > 10_000
        session.control(job, "terminate")
        assert waited.result().wasAborted


def test_the_end_of_the_session_wakes_python_threads(client: ModuleType, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 600"))
    with ThreadPoolExecutor(4) as threads:
        waits = [threads.submit(session.wait, job, -1) for _ in range(3)]
        waits.append(threads.submit(session.synchronize, [job], -1))
        with pytest.raises(client.errors.ExitTimeoutException):
            session.wait(job, 1)
        session.exit()
        for wait in waits:
            with pytest.raises(client.errors.NoActiveSessionException):
                wait.result(60)
    session.initialize()
    session.control(job, "terminate")


WAIT_FOR_EVER = """
import drmaa
with drmaa.Session() as session:
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    print(job, flush=True)
    try:
        session.wait(job)
    except KeyboardInterrupt:
        session.control(job, "terminate")
        print("interrupted", session.wait(job, 60).wasAborted, flush=True)
"""


def test_a_wait_can_be_interrupted(session: Any) -> None:
    program = subprocess.Popen([sys.executable, "-c", WAIT_FOR_EVER], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    job = program.stdout.readline().strip()
    until(lambda: session.jobStatus(job) == "user_on_hold")
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=60)[0] == "interrupted True\n"
    assert program.returncode == 0
