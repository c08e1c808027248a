"""What all tests share: one real personal pool for the whole run, and a spool for each test that wants one.

As root, start the tests that need the pool through `owl pool run -- pytest …`: HTCondor runs nothing of
root's, so that command puts pytest, the pool and its jobs under an ordinary account.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from owl.config import Settings, load_settings
from owl.pool.personal import CACHE_VARIABLE, PersonalPool
from owl.pool.processes import read_process
from tests.fixtures.overrides import OVERRIDES

# A busy machine is no failure, and what passed once passes again; `--hypothesis-profile default` tries other cases.
settings.register_profile("owl", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("owl")

# What a shell starts with & has SIGINT and SIGQUIT ignored, and so would have all that the tests start.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / ".owl" / "tests"
# The large train wreck (tests/acceptance/test_train_wreck.py) has a step of each of its workflows running at once.
SLOTS = max(24, int(os.environ.get("OWL_TRAIN_WRECK", "0")))
NEEDS_ACCOUNT = "the pool runs no jobs of root's: start the tests as `owl pool run -- pytest …`"


def run_settings(state: Path) -> Settings:
    """Settings of a state directory of its own; of the environment only the HTCondor version counts."""
    wanted = {name: os.environ[name] for name in ("OWL_POOL_HTCONDOR",) if os.environ.get(name)}
    return load_settings(wanted, directory=state, state_dir=state)


@pytest.fixture(scope="session")
def run_directory() -> Iterator[Path]:
    """This test run's own directory. Not in /tmp, where DAGMan refuses to keep its logs."""
    os.environ.setdefault(CACHE_VARIABLE, str(ROOT / ".owl" / "htcondor"))
    _sweep()
    directory = RUNS / f"run-{os.getpid()}"
    directory.mkdir(parents=True)
    yield directory
    if not os.environ.get("OWL_TEST_KEEP"):
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def make_pool(run_directory: Path) -> Callable[[str], PersonalPool]:
    """Make a pool (it isn't up) in a state directory of that name below the run's.

    It fails where it can't work: as root outside of `owl pool run`.
    """

    def make(name: str) -> PersonalPool:
        if os.geteuid() == 0:
            pytest.fail(NEEDS_ACCOUNT, pytrace=False)
        return PersonalPool(run_settings(run_directory / name))

    return make


@pytest.fixture(scope="session")
def pool(make_pool: Callable[[str], PersonalPool]) -> Iterator[PersonalPool]:
    """The personal pool of this test run, up and ready, without OWL's daemons.

    CONDOR_CONFIG and PATH of this very process lead to it, also for HTCondor's Python bindings.
    """
    personal = make_pool("shared")
    try:
        personal.up(owl_daemons=False, slots=SLOTS, overrides=OVERRIDES)
        os.environ.update(personal.environment())
        if (bindings := sys.modules.get("htcondor2")) is not None:
            bindings.reload_config()
        yield personal
    finally:
        personal.down()


@pytest.fixture
def spool(pool: PersonalPool, run_directory: Path) -> Path:
    """A fresh spool directory, into which the job hook writes from now on."""
    spools = run_directory / "spools"
    spools.mkdir(exist_ok=True)
    directory = spools / f"{len(list(spools.iterdir())):04d}"
    pool.use_spool(directory)
    return directory


def _sweep() -> None:
    """End the pools of earlier test runs that were killed, and remove what they left; one of us at a time."""
    RUNS.mkdir(parents=True, exist_ok=True)
    with (RUNS / "sweep.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for directory in RUNS.glob("run-*"):
            owner = directory.name.removeprefix("run-")
            if owner.isdigit() and read_process(int(owner)) is None:
                for state in directory.iterdir():
                    PersonalPool(run_settings(state)).down()
                shutil.rmtree(directory, ignore_errors=True)
