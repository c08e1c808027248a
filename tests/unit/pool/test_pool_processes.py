"""Telling the pool's processes from others."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from owl.pool.processes import (
    Process,
    ancestors,
    is_marked,
    parse_stat,
    read_process,
    send,
    with_descendants,
)

POOL = Path("/state/pool")


def process(pid: int, parent: int) -> Process:
    return Process(pid=pid, parent=parent, state="S", start=1, command=("x",))


TREE = {p.pid: p for p in (process(1, 0), process(10, 1), process(11, 10), process(12, 11), process(20, 1))}


def test_a_command_name_that_holds_what_fields_hold_is_no_trouble() -> None:
    fields = " ".join(str(number) for number in range(4, 30))

    assert parse_stat(f"77 (a) S 1 (b c) R 5 {fields}") == (5, "R", 21)


@pytest.mark.parametrize(
    ("environment", "ours"),
    [
        ({"OWL_POOL_MARK": "m"}, True),
        ({"OWL_POOL_MARK": "other"}, False),
        ({"_CONDOR_JOB_AD": "/state/pool/spool/local_univ_execute/dir_1_0/.job.ad"}, True),
        ({"_CONDOR_SCRATCH_DIR": "/state/pool/execute/dir_9"}, True),
        ({"_CONDOR_SCRATCH_DIR": "/state/pool2/execute/dir_9"}, False),
        # A client of the pool, such as a user's shell or the test run itself.
        ({"CONDOR_CONFIG": "/state/pool/condor_config"}, False),
        ({}, False),
    ],
)
def test_the_mark_or_a_place_in_the_pool_makes_a_member(environment: dict[str, str], ours: bool) -> None:
    assert is_marked(environment, "m", POOL) is ours


def test_descendants_are_members_and_others_are_not() -> None:
    assert with_descendants([10], TREE) == {10, 11, 12}
    assert with_descendants([99], TREE) == set()


def test_ancestors_end_even_where_parents_go_round() -> None:
    assert ancestors(12, TREE) == {12, 11, 10, 1}
    assert ancestors(5, {5: process(5, 6), 6: process(6, 5)}) == {5, 6}


def test_a_signal_goes_to_the_very_process_and_not_to_the_next_with_its_pid() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        found = read_process(child.pid)
        assert found is not None and found.parent == os.getpid()
        stale = Process(pid=child.pid, parent=0, state="S", start=found.start - 1, command=())

        send(stale, signal.SIGKILL)
        assert child.poll() is None
        send(found, signal.SIGKILL)
        assert child.wait(timeout=300) == -signal.SIGKILL
        send(found, signal.SIGKILL)


def test_a_zombie_is_no_living_process() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert read_process(child.pid) is None
    child.wait()
