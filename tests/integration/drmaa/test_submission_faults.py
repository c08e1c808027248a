"""A connection that breaks somewhere in a submission: nothing is lost, nothing is queued twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owl.pool.personal import PersonalPool
from tests.fixtures.configured import configured, schedd_says
from tests.integration.drmaa.conftest import running_schedd, schedd_process
from tests.integration.drmaa.proxy import Proxy

pytestmark = pytest.mark.pool

BOUND = "SEC_FS_ENFORCE_CHANNEL_BINDING"

PROGRAM = """
import json, sys
import drmaa, owl.drmaa.schedd
# The library's own module, in the library's own interpreter: condor_master takes its time on a slow machine.
owl.drmaa.schedd._RECOVERY = 300.0
with drmaa.Session() as session:
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    template.jobSubmissionState = "drmaa_hold"
    template.nativeSpecification = "My.Mark = " + sys.argv[1]
    try:
        told = {"job": session.runJob(template)}
    except drmaa.errors.DrmaaException as error:
        told = {"error": type(error).__name__, "text": str(error)}
print(json.dumps(told))
"""


def condor_q(*arguments: str) -> str:
    """What condor_q prints. A process each time: this one may have a connection to a schedd that is no more."""
    deadline = time.monotonic() + 300
    while True:
        done = subprocess.run(["condor_q", *arguments], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.2)


def marked(mark: int) -> list[str]:
    """Ids of the jobs in the queue that were submitted with this mark, as the schedd itself says."""
    return condor_q(
        "-constraint", f"Mark == {mark}", "-format", "%d.", "ClusterId", "-format", "%d ", "ProcId"
    ).split()


@pytest.fixture(autouse=True, scope="module")
def proxies_allowed(pool: PersonalPool) -> Iterator[None]:
    """Since HTCondor 25.13 an authentication is bound to its connection: a proxy's is another one."""
    if schedd_says(BOUND) == "True":
        with configured(pool, **{BOUND: "False"}):
            yield
    else:
        yield


@pytest.fixture(autouse=True)
def emptied(greeted: None) -> Iterator[None]:
    """The jobs of the test are removed."""
    yield
    condor_q()
    subprocess.run(["condor_rm", "-constraint", "Mark isnt undefined"], capture_output=True, check=False)


def submit(proxy: Proxy, mark: int) -> subprocess.Popen[str]:
    """Start a program that submits one job through the proxy."""
    command = [sys.executable, "-c", PROGRAM, str(mark)]
    environment = {**os.environ, **proxy.environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def told_by(program: subprocess.Popen[str]) -> Any:
    """What the program says at its end."""
    return json.loads(program.communicate(timeout=900)[0])


def committed(mark: int) -> Callable[[int], bool]:
    """Whether the submission is in the schedd's transaction log: where it is when it is committed, not before.

    The schedd itself can't be asked: it answers nobody while it talks to a client that submits.
    """
    told = subprocess.run(["condor_config_val", "JOB_QUEUE_LOG"], check=True, capture_output=True, text=True)
    line = f" Mark {mark}\n".encode()
    return lambda _number: line in Path(told.stdout.strip()).read_bytes()


def test_the_answer_to_the_last_step_is_lost(client: ModuleType, pool: PersonalPool, folder: Path) -> None:
    with Proxy(folder, committed(1001)) as proxy:
        told = told_by(submit(proxy, 1001))
    assert proxy.cut.is_set()
    assert marked(1001) == [".".join(told["job"].rsplit(".", 2)[1:])]


def test_the_schedd_is_killed_between_the_commit_and_the_answer(
    client: ModuleType, pool: PersonalPool, folder: Path
) -> None:
    schedd = running_schedd()
    seen = committed(1002)

    def lose(number: int) -> bool:
        if not seen(number):
            return False
        os.kill(schedd, signal.SIGKILL)
        return True

    with Proxy(folder, lose) as proxy:
        program = submit(proxy, 1002)
        assert proxy.cut.wait(300)
        proxy.step_aside()
        told = told_by(program)
    assert "job" in told, told
    assert marked(1002) == [".".join(told["job"].rsplit(".", 2)[1:])]
    assert schedd_process() not in (None, schedd)


def test_a_connection_that_breaks_at_any_answer(client: ModuleType, pool: PersonalPool, folder: Path) -> None:
    for number in range(40):
        here = folder / str(number)
        here.mkdir()
        mark = 2000 + number
        with Proxy(here, number.__eq__) as proxy:
            told = told_by(submit(proxy, mark))
            over = not proxy.cut.is_set()
        # One broken connection is made good, whatever step it broke; the job is there once.
        assert "job" in told, (number, told)
        assert marked(mark) == [".".join(told["job"].rsplit(".", 2)[1:])], (number, told)
        if over:
            break
    else:
        raise AssertionError("the submission never came to its end")
