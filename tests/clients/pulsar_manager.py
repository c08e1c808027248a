"""Pulsar, Galaxy's way to other clusters, with its DRMAA manager: one session, many threads, states by polling."""

import threading
import time
from pathlib import Path
from typing import Any

from pulsar.core import PulsarApp

THREADS = 6
EACH = 3
DONE = ("complete", "failed", "cancelled", "lost")


def reach(manager: Any, job: str, wanted: tuple[str, ...]) -> str:
    """Ask for a job's state, as Galaxy does, until it is one of these."""
    end = time.monotonic() + 200
    while (state := str(manager.get_status(job))) not in wanted:
        assert time.monotonic() < end, f"job {job} is {state}"
        time.sleep(0.3)
    return state


def one_after_the_other(manager: Any, thread: int, problems: list[BaseException]) -> None:
    """A thread of Galaxy's handler: jobs from launch to their return code."""
    try:
        for number in range(EACH):
            job = manager.setup_job(f"{thread}{number}", "tool", "1.0")
            manager.preprocess_and_launch(job, {"command_line": f"echo job {job}; (exit {number})"})
            state = reach(manager, job, DONE)
            assert state == "complete", f"job {job} is {state}"
            assert int(manager.return_code(job)) == number
            assert manager.job_stdout_contents(job).decode().strip() == f"job {job}"
            manager.clean(job)
    except BaseException as error:
        problems.append(error)


def main() -> None:
    """Raise where anything isn't as Pulsar's users expect it."""
    app = PulsarApp(
        staging_directory=str(Path("staging").resolve()),
        persistence_directory=str(Path("persisted").resolve()),
        managers={"_default_": {"type": "queued_drmaa", "native_specification": "request_memory = 64"}},
        conda_auto_init=False,
        conda_auto_install=False,
    )
    manager = app.managers["_default_"]
    problems: list[BaseException] = []
    threads = [
        threading.Thread(target=one_after_the_other, args=(manager, number, problems)) for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    print(f"saw: {THREADS * EACH} jobs from {THREADS} threads, return codes and output")
    job = manager.setup_job("long", "tool", "1.0")
    manager.preprocess_and_launch(job, {"command_line": "sleep 600"})
    reach(manager, job, ("running",))
    manager.kill(job)
    assert reach(manager, job, DONE) == "cancelled"
    print("saw: a job that was killed while it ran")
    app.shutdown()


main()
