"""The pool comes up, comes up again after accidents, and goes without leaving a process."""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owl.errors import NotAllowed, PoolError
from owl.pool.master import last_error
from owl.pool.personal import PersonalPool
from owl.pool.processes import members, read_process
from owl.pool.record import RECORD_FILE, read_record, write_record
from owl.pool.status import PoolStatus

SLOTS = 3
DAEMONS = {"MASTER", "SHARED_PORT", "COLLECTOR", "NEGOTIATOR", "SCHEDD", "STARTD"}


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Numbers that tell these pools apart."""
    return itertools.count()


@pytest.fixture
def own_pool(make_pool: Callable[[str], PersonalPool], numbers: Iterator[int]) -> Iterator[PersonalPool]:
    """A pool that isn't up: these are started, killed and stopped, which the shared one must not be."""
    personal = make_pool(f"own-{next(numbers)}")
    yield personal
    personal.down()


def wait_for(condition: Callable[[], object], what: str, patience: float = 300) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} not within {patience} s"
        time.sleep(0.1)


def submit(pool: PersonalPool, directory: Path, script: str) -> None:
    """Submit a shell script as a job that leaves a file `started` when it begins."""
    program = directory / "program"
    program.write_text(f"#!/bin/sh\ntouch {directory}/started\n{script}\n")
    program.chmod(0o755)
    (directory / "job").write_text(f"executable = {program}\nrequest_disk = 1MB\nqueue\n")
    command = pool.command([str(pool.installation.bin / "condor_submit"), str(directory / "job")])
    subprocess.run(command, env=pool.environment(), check=True, capture_output=True, cwd=directory)


def left_of(before: PoolStatus) -> set[int]:
    """The daemons of that time that are there still; another program may have got the number of one."""
    found = {pid: read_process(pid) for pid in before.daemons.values()}
    return {pid for pid, process in found.items() if process is not None and process.program.startswith("condor_")}


def knob_of_the_master(pool: PersonalPool) -> str:
    """OWL_TEST_KNOB as the running condor_master has it."""
    command = pool.command([str(pool.installation.bin / "condor_config_val"), "-master", "OWL_TEST_KNOB"])
    done = subprocess.run(command, env=pool.environment(), capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_up_is_repeatable_and_down_leaves_nothing_even_of_stubborn_jobs(own_pool: PersonalPool) -> None:
    first = own_pool.up(owl_daemons=False, slots=SLOTS)
    again = own_pool.up(owl_daemons=False, slots=SLOTS)

    assert first.running and first.ready and first.slots == SLOTS
    assert set(first.daemons) >= DAEMONS
    assert again == first

    submit(own_pool, own_pool.settings.state_dir, 'trap "" TERM QUIT; setsid sleep 86400 & sleep 86400')
    wait_for((own_pool.settings.state_dir / "started").exists, "the job's start")
    assert len(members(own_pool.mark, own_pool.directory)) > len(first.daemons)
    own_pool.down()

    assert members(own_pool.mark, own_pool.directory) == {}
    assert not left_of(first)
    assert not own_pool.status().running


def test_a_killed_master_is_recovered_from_and_the_queue_is_kept(own_pool: PersonalPool) -> None:
    before = own_pool.up(owl_daemons=False, slots=SLOTS)
    submit(own_pool, own_pool.settings.state_dir, "sleep 86400")
    wait_for((own_pool.settings.state_dir / "started").exists, "the job's start")
    assert before.master_pid is not None
    os.kill(before.master_pid, signal.SIGKILL)
    wait_for(lambda: not own_pool.status().running, "the master's end")

    after = own_pool.up(owl_daemons=False, slots=SLOTS)

    assert after.ready and after.master_pid != before.master_pid
    assert not left_of(before)
    query = own_pool.command([str(own_pool.installation.bin / "condor_q"), "-af", "ClusterId"])
    queue = subprocess.run(query, env=own_pool.environment(), check=True, capture_output=True, text=True)
    assert queue.stdout.split() == ["1"]
    own_pool.down()
    assert members(own_pool.mark, own_pool.directory) == {}


def test_down_ends_what_a_killed_master_left(own_pool: PersonalPool) -> None:
    before = own_pool.up(owl_daemons=False, slots=SLOTS)
    assert before.master_pid is not None
    os.kill(before.master_pid, signal.SIGKILL)

    own_pool.down()

    assert members(own_pool.mark, own_pool.directory) == {}
    assert not left_of(before)


def test_a_stale_state_directory_neither_stops_the_pool_nor_ends_a_stranger(own_pool: PersonalPool) -> None:
    own_pool.prepare()
    record = read_record(own_pool.directory)
    assert record is not None
    with subprocess.Popen(["sleep", "86400"]) as stranger:
        try:
            # What a crash long ago leaves: a pid that is somebody else's by now, addresses, an instance lock.
            write_record(own_pool.directory, dataclasses.replace(record, master_pid=stranger.pid))
            (own_pool.directory / "run/master.pid").write_text(str(stranger.pid))
            (own_pool.directory / "log/.collector_address").write_text("<127.0.0.1:1>\n")
            (own_pool.directory / "lock/shared_port_ad").write_text("nonsense")
            (own_pool.directory / "execute/dir_1").mkdir()

            assert own_pool.up(owl_daemons=False, slots=SLOTS).ready
            own_pool.down()

            assert stranger.poll() is None
            assert not (own_pool.directory / "execute/dir_1").exists()
        finally:
            stranger.kill()


def test_a_record_that_cannot_be_read_does_not_hide_a_running_pool(own_pool: PersonalPool) -> None:
    up = own_pool.up(owl_daemons=False, slots=SLOTS)
    (own_pool.directory / RECORD_FILE).write_text("{")

    with pytest.raises(NotAllowed, match="pool down"):
        own_pool.up(owl_daemons=False, slots=SLOTS)
    own_pool.down()

    assert up.master_pid is not None and read_process(up.master_pid) is None


def test_what_cannot_change_while_it_runs_is_refused_and_what_can_is_changed(own_pool: PersonalPool) -> None:
    first = own_pool.up(owl_daemons=False, slots=SLOTS, overrides={"OWL_TEST_KNOB": "one"})
    other = {"23": "25", "25": "23"}[own_pool.installation.major]
    with pytest.raises(NotAllowed, match=rf"{SLOTS} slots"):
        own_pool.up(owl_daemons=False, slots=SLOTS + 1)
    with pytest.raises(NotAllowed, match="pool down"):
        PersonalPool(dataclasses.replace(own_pool.settings, pool_htcondor=other)).up(owl_daemons=False)

    assert own_pool.up(owl_daemons=False) == first
    wait_for(lambda: knob_of_the_master(own_pool) == "one", "the master's answer")

    own_pool.up(owl_daemons=False, overrides={"OWL_TEST_KNOB": "two"})
    wait_for(lambda: knob_of_the_master(own_pool) == "two", "the daemons' new configuration")
    assert own_pool.status().daemons == first.daemons


def test_a_configuration_that_htcondor_refuses_is_one_line_with_the_log(own_pool: PersonalPool) -> None:
    with pytest.raises(PoolError) as caught:
        own_pool.up(owl_daemons=False, slots=SLOTS, overrides={"PREEN": "preen", "PREEN_INTERVAL": "0"})

    log = own_pool.directory / "log" / "MasterLog"
    assert str(log) in str(caught.value) and "\n" not in str(caught.value)
    assert "PREEN_INTERVAL" in last_error(log)
    assert members(own_pool.mark, own_pool.directory) == {}
