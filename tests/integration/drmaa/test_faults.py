"""The schedd away, restarted or full; many threads at once."""

from __future__ import annotations

import contextlib
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
from tests.fixtures.configured import configured
from tests.integration.drmaa.conftest import running_schedd, schedd_process

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("greeted")]

Shell = Callable[..., Any]


def until(condition: Callable[[], bool], seconds: float = 300) -> None:
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
        # Its process, not its answer: one that is slow, or knows this client no more, gives none either.
        until(lambda: schedd_process() is None)
        yield
    finally:
        subprocess.run(["condor_on", "-schedd"], check=True, capture_output=True)
        until(schedd_answers)


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
        assert time.monotonic() - begun < 300
    assert session.wait(session.runJob(template), 300).exitStatus == 4


def test_a_session_without_a_schedd_is_not_opened(client: ModuleType, session: Any) -> None:
    session.exit()
    with schedd_away(), pytest.raises(client.errors.DrmCommunicationException):
        session.initialize()
    session.initialize()


def test_a_wait_outlives_the_schedd(session: Any, shell: Shell, folder: Path) -> None:
    job = session.runJob(shell("touch begun; while [ ! -e go ]; do sleep 0.1; done; exit 8"))
    # "Running" is too early: a starter whose shadow dies before it has given the key of their session runs its job,
    # but takes no other shadow until the job's lease (40 min) is up.
    until((folder / "begun").exists)
    with ThreadPoolExecutor(1) as threads:
        waited = threads.submit(session.wait, job, 300)
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


def test_a_queue_that_is_full_may_be_tried_later(
    client: ModuleType, pool: PersonalPool, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    with configured(pool, MAX_JOBS_SUBMITTED="1"):
        with pytest.raises(client.errors.TryLaterException, match="MAX_JOBS_SUBMITTED"):
            session.runBulkJobs(template, 1, 5, 1)
        with pytest.raises(client.errors.TryLaterException, match="MAX_JOBS_SUBMITTED"):
            for _ in range(2):
                session.runJob(template)
    # The schedd (23.9.6) keeps this limit, whatever its configuration says later, until it is started anew.
    with schedd_away():
        pass
    session.runJob(template)


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
        return int(session.wait(session.runJob(templates[number]), 300).exitStatus)

    with ThreadPoolExecutor(24) as threads:
        assert list(threads.map(one, range(24))) == list(range(24))


def test_a_waiting_thread_lets_others_run(session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 86400"))
    with ThreadPoolExecutor(1) as threads:
        waited = threads.submit(session.wait, job, 300)
        begun = time.monotonic()
        turns = 0
        while time.monotonic() < begun + 1:
            turns += 1
        assert turns > 10_000
        session.control(job, "terminate")
        assert waited.result().wasAborted


def test_the_end_of_the_session_wakes_python_threads(client: ModuleType, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 86400"))
    with ThreadPoolExecutor(4) as threads:
        waits = [threads.submit(session.wait, job, -1) for _ in range(3)]
        waits.append(threads.submit(session.synchronize, [job], -1))
        with pytest.raises(client.errors.ExitTimeoutException):
            session.wait(job, 1)
        session.exit()
        for wait in waits:
            with pytest.raises(client.errors.NoActiveSessionException):
                wait.result(300)
    session.initialize()
    session.control(job, "terminate")


@pytest.fixture
def impatient(client: ModuleType, session: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The session again, with a schedd that has 2 seconds to answer: a healthy one may need more now and then."""
    monkeypatch.setenv("_CONDOR_Q_QUERY_TIMEOUT", "2")
    session.exit()
    in_the_end(client, session.initialize)
    return session


def in_the_end(client: ModuleType, call: Callable[..., Any], *arguments: object) -> Any:
    """What a call returns, tried again while it isn't answered in time."""
    for _ in range(100):
        with contextlib.suppress(client.errors.DrmCommunicationException):
            return call(*arguments)
    raise AssertionError("the schedd never answered in time")


def test_every_call_returns_in_bounded_time_when_the_schedd_hangs(
    client: ModuleType, impatient: Any, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, errors = impatient, client.errors
    template = shell("exit 0")
    template.jobSubmissionState = "drmaa_hold"
    job = in_the_end(client, session.runJob, template)
    schedd = running_schedd()
    longest = 0.0

    def bounded(expected: type[Exception], call: Callable[..., object], *arguments: object) -> None:
        nonlocal longest
        begun = time.monotonic()
        with pytest.raises(expected):
            call(*arguments)
        longest = max(longest, time.monotonic() - begun)

    # Within a second of the last answer, so that nothing is asked before the job is handed over.
    in_the_end(client, session.runJob, template)
    os.kill(schedd, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as threads:
            turns = threads.submit(count_for, 1)
            bounded(errors.DrmCommunicationException, session.runJob, template)
            assert turns.result() > 10_000, "other threads of the program stood still"
        bounded(errors.DrmCommunicationException, session.runBulkJobs, template, 1, 3, 1)
        bounded(errors.DrmCommunicationException, session.jobStatus, job)
        bounded(errors.DrmCommunicationException, session.control, job, "release")
        bounded(errors.DrmCommunicationException, session.wait, job, 0)
        bounded(errors.DrmCommunicationException, session.synchronize, [job], 1)
        with ThreadPoolExecutor(8) as threads:
            asked = time.monotonic()
            for answer in [threads.submit(session.jobStatus, job) for _ in range(8)]:
                assert isinstance(answer.exception(), errors.DrmCommunicationException)
            longest = max(longest, time.monotonic() - asked)
        session.exit()
        bounded(errors.DrmCommunicationException, session.initialize)
    finally:
        os.kill(schedd, signal.SIGCONT)
    assert longest < 300, longest
    monkeypatch.setenv("_CONDOR_Q_QUERY_TIMEOUT", "300")
    session.initialize()
    assert session.jobStatus(job) == "user_on_hold"
    session.control(job, "terminate")
    assert session.wait(job, 300).wasAborted
    # Those of the session before, of which some are known to nobody.
    subprocess.run(["condor_rm", "-constraint", "DrmaaSession isnt undefined"], capture_output=True, check=False)


def count_for(seconds: float) -> int:
    """How far Python counts in that time."""
    end = time.monotonic() + seconds
    turns = 0
    while time.monotonic() < end:
        turns += 1
    return turns


def companions(mark: str) -> list[int]:
    """The companion processes that have this in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            if b"DRMAA companion" in command and mark.encode() in environment:
                found.append(int(folder.name))
    return found


def test_the_companion_comes_back_and_goes_with_the_program(
    client: ModuleType, session: Any, shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRMAA_TEST", str(folder))
    session.exit()
    until(lambda: not companions(str(folder)))
    session.initialize()
    template = shell("exit 6")
    job = session.runJob(template)
    (companion,) = companions(str(folder))
    with pytest.raises(ChildProcessError):
        os.waitpid(companion, os.WNOHANG)
    os.kill(companion, signal.SIGKILL)
    assert session.wait(job, 300).exitStatus == 6
    assert len(companions(str(folder))) == 1
    program = "import os, drmaa; drmaa.Session.initialize(); os.kill(os.getpid(), 9)"
    monkeypatch.setenv("DRMAA_TEST", f"{folder}/killed")
    subprocess.run([sys.executable, "-c", program], check=False)
    until(lambda: not companions(f"{folder}/killed"))
    session.exit()
    until(lambda: not companions(str(folder)))
