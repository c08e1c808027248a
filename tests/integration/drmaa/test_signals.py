"""Signals whose handlers are the program's while its main thread is inside the library; forked children."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool

PROGRAM = """
import os, random, signal, threading, time
import drmaa

ROUNDS = 60


class Limit(Exception):
    pass


def later(number, seconds):
    def send():
        time.sleep(seconds)
        os.kill(os.getpid(), number)
    return threading.Thread(target=send)


def interrupted_anywhere(session, job):
    # From the first instruction of the call to well into the wait: every moment must be good.
    for _ in range(ROUNDS):
        thread = later(signal.SIGINT, random.random() * 0.03)
        try:
            thread.start()
            session.wait(job)
        except KeyboardInterrupt:
            thread.join()
        else:
            raise AssertionError("the wait ended without the interrupt")


def a_handlers_own_exception_arrives_as_it_is(session, job):
    own = Limit("own words")

    def handler(number, frame):
        raise own

    signal.signal(signal.SIGALRM, handler)
    for function, arguments in ((session.wait, (job,)), (session.synchronize, ([job],))):
        try:
            later(signal.SIGALRM, 0.3).start()
            function(*arguments)
        except Limit as error:
            assert error is own
        else:
            raise AssertionError("the handler raised nothing")
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def a_handler_that_raises_nothing_does_not_end_the_wait(session, job):
    seen = []
    # It may use the library itself.
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append((number, session.jobStatus(job))))
    thread = later(signal.SIGUSR1, 0.3)
    thread.start()
    begun = time.monotonic()
    try:
        session.wait(job, 2)
    except drmaa.errors.ExitTimeoutException:
        pass
    assert time.monotonic() - begun >= 2
    thread.join()
    assert seen == [(signal.SIGUSR1, "user_on_hold")], seen


def submissions_are_whole(session, template):
    # A handler that only notes: every submission gives its id, every handler runs.
    seen, jobs, threads = [], set(), []
    signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(number))
    for _ in range(20):
        threads.append(later(signal.SIGUSR2, random.random() * 0.01))
        threads[-1].start()
        jobs.add(session.runJob(template))
        threads[-1].join()
    assert len(jobs) == 20
    assert len(seen) == 20, len(seen)


def a_forked_child_goes_on(session, job):
    for _ in range(2):
        child = os.fork()
        if child == 0:
            os._exit(0 if session.jobStatus(job) == "user_on_hold" else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert session.jobStatus(job) == "user_on_hold"


with drmaa.Session() as session:
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    template.jobSubmissionState = "drmaa_hold"
    job = session.runJob(template)
    interrupted_anywhere(session, job)
    a_handlers_own_exception_arrives_as_it_is(session, job)
    a_handler_that_raises_nothing_does_not_end_the_wait(session, job)
    submissions_are_whole(session, template)
    a_forked_child_goes_on(session, job)
    session.control(session.JOB_IDS_SESSION_ALL, "terminate")
    assert session.wait(job, 300).wasAborted
print("passed")
"""


def test_signals_of_the_program(client: ModuleType, pool: PersonalPool, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=folder, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.stderr == ""
    assert (done.returncode, done.stdout) == (0, "passed\n")
