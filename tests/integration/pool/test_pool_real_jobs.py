"""A job goes through the shared pool under the ordinary account."""

from __future__ import annotations

import os
import pwd
import time
from pathlib import Path

import pytest

from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool


def test_a_job_submitted_through_the_bindings_ends_in_the_history(pool: PersonalPool, run_directory: Path) -> None:
    import htcondor2

    schedd = htcondor2.Schedd()
    description = htcondor2.Submit(
        {"executable": "/bin/true", "log": str(run_directory / "true.log"), "request_disk": "1MB"}
    )
    cluster = schedd.submit(description).cluster()

    deadline = time.monotonic() + 300
    ads: list[object] = []
    while not ads and time.monotonic() < deadline:
        time.sleep(0.1)
        ads = list(schedd.history(f"ClusterId == {cluster}", ["Owner", "ExitCode", "JobStatus"], 1))

    ad = ads[0]
    assert (ad["ExitCode"], ad["JobStatus"]) == (0, 4)  # type: ignore[index]  # the bindings leave it untyped
    assert ad["Owner"] == pwd.getpwuid(os.geteuid()).pw_name  # type: ignore[index]  # the bindings leave it untyped
