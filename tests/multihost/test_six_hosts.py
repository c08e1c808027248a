"""Two shovelers, three execute hosts, one database: what is cut or dies, nothing is lost and none runs twice.

One pool for all of it, in the order in which it stands. OWL_TEST_HEAVY=1: 300 workflows, every cable, out for 60
seconds, and a submit host that dies and comes back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

import pytest

from owl.model import ENDED, ENTRY_ENDED, EntryState, Execution, RunState, State
from tests.fixtures.site import wait_for
from tests.multihost.pool import DATABASE, EXECUTES, HEAVY, MANAGER, SUBMITS, Pool, add

pytestmark = [pytest.mark.pool, pytest.mark.postgresql, pytest.mark.timeout(900)]

MANY = 300 if HEAVY else 24
AWAY = 60.0 if HEAVY else 15.0
DEADLINE = 600.0 if HEAVY else 240.0

only_heavy = pytest.mark.skipif(not HEAVY, reason="takes minutes: OWL_TEST_HEAVY=1")


def executions(pool: Pool, numbers: Sequence[int]) -> Sequence[Execution]:
    """Every row that the blackboard has of these requests."""
    runs = [pool.app.ops.entry(number).run_id for number in numbers]
    return pool.app.ops.executions_of([run for run in runs if run is not None])


def running(pool: Pool, numbers: Sequence[int]) -> int:
    """How many steps of these requests the blackboard says to be running."""
    return sum(row.state is State.RUNNING for row in executions(pool, numbers))


def ended(pool: Pool, numbers: Sequence[int]) -> Counter[EntryState]:
    """Wait until these requests have ended, and the blackboard with them; returns how they did."""

    def look() -> bool:
        entries = [pool.app.ops.entry(number) for number in numbers]
        over = all(entry.state in ENTRY_ENDED for entry in entries)
        return over and all(row.state in ENDED for row in executions(pool, numbers))

    wait_for(look, f"{len(numbers)} requests and all their steps have ended", DEADLINE)
    return Counter(pool.app.ops.entry(number).state for number in numbers)


def submitted(pool: Pool) -> Counter[str]:
    """How often each submission of a run went into HTCondor, by the histories and queues of both submit hosts."""
    found: Counter[str] = Counter()
    for host in SUBMITS:
        for tool, all_of in (("condor_history", ()), ("condor_q", ("-all",))):
            wanted = ("-constraint", "JobUniverse == 7", "-af", "OwlRunId", "OwlRescueNumber")
            result = pool.run(host, tool, *all_of, *wanted)
            assert result.returncode == 0, result.stderr
            found.update(result.stdout.splitlines())
    return found


def check(pool: Pool, numbers: Sequence[int]) -> None:
    """No submission twice; of each step exactly one execution that exited well; nothing still open."""
    assert not [line for line, times in submitted(pool).items() if times > 1]
    for number in numbers:
        entry, rows = pool.app.ops.entry(number), executions(pool, [number])
        well = Counter(row.process_name for row in rows if row.state is State.EXITED and row.exit_code == 0)
        assert sorted(well.values()) == [1, 1], (number, rows)
        assert entry.attempts == 1
        assert pool.app.ops.run(str(entry.run_id)).run.state is RunState.DONE


def test_two_shovelers_drain_the_queue_with_none_twice(six_hosts: Pool) -> None:
    numbers = add(six_hosts, MANY, "pair", "drain")
    assert ended(six_hosts, numbers) == {EntryState.DONE: MANY}
    check(six_hosts, numbers)
    rows = executions(six_hosts, numbers)
    assert {str(row.schedd).rpartition("@")[2] for row in rows} == {f"{host}.pool.test" for host in SUBMITS}
    assert {str(row.host).partition(".")[0] for row in rows} == set(EXECUTES)


@pytest.mark.parametrize(
    "host", [DATABASE, *(pytest.param(host, marks=only_heavy) for host in (EXECUTES[0], MANAGER, SUBMITS[0]))]
)
def test_a_cable_that_is_out_for_a_while_costs_nothing(six_hosts: Pool, host: str) -> None:
    door = six_hosts.folder / f"door-{host}"
    numbers = add(six_hosts, 6, "door", f"cut-{host}", {"door": str(door)})
    wait_for(lambda: running(six_hosts, numbers) == 6, "six steps run", DEADLINE)
    six_hosts.network.cut(host)
    time.sleep(AWAY)  # how long it is out is what this is about
    six_hosts.network.mend(host)
    door.touch()
    assert ended(six_hosts, numbers) == {EntryState.DONE: 6}
    check(six_hosts, numbers)


def test_commands_reach_the_submit_host_that_has_the_run(six_hosts: Pool) -> None:
    door = six_hosts.folder / "door-commands"
    numbers = add(six_hosts, 6, "door", "command", {"door": str(door)})
    wait_for(lambda: running(six_hosts, numbers) == 6, "six steps run", DEADLINE)
    of = {row.schedd: str(row.run_id) for row in executions(six_hosts, numbers)}
    assert len(of) == len(SUBMITS)
    for run_id in of.values():
        six_hosts.owl(EXECUTES[2], "hold", "--run", run_id, "--reason", "a test", "--wait", "30")
        wait_for(partial(is_held, six_hosts, run_id), f"{run_id} is held", DEADLINE)
        six_hosts.owl(EXECUTES[2], "release", "--run", run_id, "--wait", "30")
    door.touch()
    assert ended(six_hosts, numbers) == {EntryState.DONE: 6}


def is_held(pool: Pool, run_id: str) -> bool:
    """Whether the steps of a run that have begun are held."""
    return {row.state for row in pool.app.ops.executions_of([run_id])} == {State.HELD}


def test_an_execute_host_that_dies_for_good_loses_its_steps_to_the_others(six_hosts: Pool) -> None:
    door = six_hosts.folder / "door-dies"
    numbers = add(six_hosts, 12, "door", "dies", {"door": str(door)})
    wait_for(lambda: running(six_hosts, numbers) == 12, "twelve steps run", DEADLINE)
    there = [row for row in executions(six_hosts, numbers) if str(row.host).startswith(EXECUTES[0])]
    assert there
    six_hosts.kill(EXECUTES[0])  # not its cable: HTCondor takes six minutes to miss a host that falls silent
    door.touch()
    assert ended(six_hosts, numbers) == {EntryState.DONE: 12}
    check(six_hosts, numbers)
    first = {row.global_job_id: row.state for row in executions(six_hosts, numbers) if row.start_number == 1}
    assert {first[row.global_job_id] for row in there} <= {State.EVICTED, State.LOST}


@only_heavy
def test_a_submit_host_that_dies_and_comes_back_goes_on(six_hosts: Pool) -> None:
    door = six_hosts.folder / "door-boots"
    numbers = add(six_hosts, 6, "door", "boots", {"door": str(door)})
    wait_for(lambda: running(six_hosts, numbers) == 6, "six steps run", DEADLINE)
    six_hosts.kill(SUBMITS[0])
    six_hosts.revive(SUBMITS[0])
    door.touch()
    assert ended(six_hosts, numbers) == {EntryState.DONE: 6}
    check(six_hosts, numbers)
