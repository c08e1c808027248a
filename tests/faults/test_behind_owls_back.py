"""HTCondor's own commands, given by somebody who doesn't ask OWL."""

from __future__ import annotations

import pytest

from owl.model import EntryState, RunState, State
from tests.faults.tools import add, name_of, rows, tool, wait_run, wait_state
from tests.fixtures.site import Site
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

BY_USER = 1  # HoldReasonCode: somebody put it on hold (HTCondor manual, "Job ClassAd Attributes")


def test_on_steps(site: Site) -> None:
    numbers = {name: add(site, name, 12) for name in ("held", "vacated", "removed", "suspended")}
    site.start_daemons()
    job = {name: name_of(wait_state(site, name, "OPEN", State.RUNNING)) for name in numbers}
    tool("condor_hold", "-reason", "because of that", job["held"])
    tool("condor_vacate_job", "-fast", job["vacated"])
    tool("condor_rm", job["removed"])
    tool("condor_suspend", job["suspended"])

    held = wait_state(site, "held", "OPEN", State.HELD)
    assert held.hold_code == BY_USER
    assert "because of that" in str(held.hold_reason)
    wait_state(site, "suspended", "OPEN", State.SUSPENDED)
    wait_state(site, "removed", "OPEN", State.REMOVED)
    wait_true(site)

    tool("condor_release", job["held"])
    tool("condor_continue", job["suspended"])
    wait_state(site, "suspended", "OPEN", State.RUNNING, State.EXITED)
    ended = dict(zip(numbers, site.ended(list(numbers.values())), strict=True))
    assert ended.pop("removed").state is EntryState.FAILED
    assert {entry.state for entry in ended.values()} == {EntryState.DONE}
    wait_true(site)
    assert [row.state for row in rows(site, "vacated", "OPEN")] == [State.EVICTED, State.EXITED]
    first, second = rows(site, "held", "OPEN")
    assert (first.state, second.state) == (State.EVICTED, State.EXITED)
    assert "because of that" in str(first.hold_reason)
    assert [row.state for row in rows(site, "suspended", "OPEN")] == [State.EXITED]


def test_on_whole_dags(site: Site) -> None:
    numbers = {name: add(site, name, 8) for name in ("held", "removed", "waiting", "vacated")}
    site.start_daemons()
    for name in numbers:
        wait_state(site, name, "OPEN", State.RUNNING)
    dag = {name: wait_run(site, name, RunState.RUNNING) for name in numbers}
    tool("condor_hold", dag["held"], dag["waiting"])
    tool("condor_rm", dag["removed"])
    tool("condor_vacate_job", dag["vacated"])
    wait_run(site, "held", RunState.HELD)
    wait_run(site, "removed", RunState.REMOVED)
    wait_state(site, "removed", "OPEN", State.ABORTED)
    wait_true(site)

    tool("condor_rm", dag["waiting"])
    tool("condor_release", dag["held"])
    ended = dict(zip(numbers, site.ended(list(numbers.values())), strict=True))
    wanted = {"held": EntryState.DONE, "vacated": EntryState.DONE}
    assert {name: entry.state for name, entry in ended.items()} == {
        **dict.fromkeys(("removed", "waiting"), EntryState.REMOVED),
        **wanted,
    }
    wait_true(site)
    assert [row.state for row in rows(site, "held", "OPEN")] == [State.EXITED]
