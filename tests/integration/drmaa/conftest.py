"""One DRMAA session at a time, through PyPI's `drmaa` and the library as it is installed."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owl.drmaa import library_path
from owl.pool.master import daemons_of, find_master
from owl.pool.personal import PersonalPool


@pytest.fixture(scope="session")
def client(pool: PersonalPool) -> ModuleType:
    """PyPI's drmaa, bound to the library."""
    os.environ["DRMAA_LIBRARY_PATH"] = str(library_path())
    return importlib.import_module("drmaa")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is no failure: a schedd has 300 s to answer, not 20; a suspension 300 s to be seen, not 10.

    The library runs in this very interpreter, so what is set here holds for it too.
    """
    monkeypatch.setenv("_CONDOR_Q_QUERY_TIMEOUT", "300")
    monkeypatch.setattr("owl.drmaa.session._SETTLE_TIME", 300.0)


@pytest.fixture
def session(client: ModuleType) -> Iterator[Any]:
    """A session with the local schedd. What it leaves behind is removed, and it is closed whatever happens.

    The library has one session a process, and pytest's process runs many tests: one that an earlier test
    left open, or a schedd that one has started anew, must not fail this one.
    """
    close_session(client)
    greet_schedd()
    opened = client.Session()
    opened.initialize()
    try:
        yield opened
        with contextlib.suppress(client.errors.NoActiveSessionException):
            opened.control(opened.JOB_IDS_SESSION_ALL, client.JobControlAction.TERMINATE)
    finally:
        close_session(client)


def close_session(client: ModuleType) -> None:
    """No session is open after this."""
    with contextlib.suppress(client.errors.NoActiveSessionException):
        client.Session.exit()


@pytest.fixture
def folder(run_directory: Path, request: pytest.FixtureRequest) -> Path:
    """A directory for this test's jobs."""
    name: str = request.node.name
    made = run_directory / "drmaa" / name.replace("[", "_").replace("]", "")
    made.mkdir(parents=True)
    return made


@pytest.fixture
def shell(session: Any, folder: Path) -> Iterator[Callable[..., Any]]:
    """Makes job templates that run a shell script in the test's folder."""
    made: list[Any] = []

    def make(script: str, *arguments: str) -> Any:
        template = session.createJobTemplate()
        made.append(template)
        template.remoteCommand = "/bin/sh"
        template.args = ["-c", script, "sh", *arguments]
        template.workingDirectory = str(folder)
        return template

    yield make
    for template in made:
        template.delete()


def wait_until(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition didn't come true"
        time.sleep(0.05)


def schedd_process() -> int | None:
    """The process of this client's schedd, if there is one: condor_master's child, not a worker of the schedd's."""
    master = find_master(Path(os.environ["CONDOR_CONFIG"]).parent, mark="")
    return daemons_of(master).get("SCHEDD") if master is not None else None


def running_schedd() -> int:
    """The process of this client's schedd, as soon as there is one."""
    wait_until(lambda: schedd_process() is not None)
    found = schedd_process()
    assert found is not None
    return found


def greet_schedd() -> None:
    """Make this process's own bindings know a schedd that was started anew: it rejects their old session."""
    import htcondor2

    def answered() -> bool:
        try:
            htcondor2.Schedd().query("false")
        except htcondor2.HTCondorException:
            return False
        return True

    wait_until(answered)


@pytest.fixture
def greeted(pool: PersonalPool) -> Iterator[None]:
    """For a test after which the schedd may be another one."""
    yield
    greet_schedd()


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition."""
    return wait_until


@pytest.fixture
def reach(session: Any) -> Callable[[str, str], None]:
    """Waits until a job is in a state. That it is running doesn't mean that its program has begun."""
    return lambda job_id, state: wait_until(lambda: session.jobStatus(job_id) == state)
