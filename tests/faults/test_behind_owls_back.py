"""HTCondor's own commands, given by somebody who doesn't ask OWL."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.model import EntryState, RunState, State
from owl.pool.personal import PersonalPool
from tests.faults.tools import (
    add_door,
    dagmen_of,
    name_of,
    open_door,
    open_second_door,
    release,
    rows,
    tool,
    wait_open,
    wait_run,
    wait_state,
)
from tests.fixtures.site import Site, wait_for
from tests.fixtures.truth import REMOVED, jobs_of, wait_true

pytestmark = pytest.mark.pool

BY_USER = 1  # HoldReasonCode: somebody put it on hold (HTCondor manual, "Job ClassAd Attributes")


def test_on_steps(site: Site) -> None:
    numbers = {name: add_door(site, name) for name in ("held", "vacated", "removed", "suspended")}
    site.start_daemons()
    job = {name: name_of(row) for name, row in wait_open(site, *numbers).items()}
    tool("condor_hold", "-reason", "because of that", job["held"])
    tool("condor_vacate_job", "-fast", job["vacated"])
    tool("condor_rm", job["removed"])
    tool("condor_suspend", job["suspended"])

    held = wait_state(site, "held", "OPEN", State.HELD)
    assert held.hold_code == BY_USER
    assert "because of that" in str(held.hold_reason)
    wait_state(site, "suspended", "OPEN", State.SUSPENDED)
    wait_state(site, "removed", "OPEN", State.REMOVED)
    wait_for(lambda: len(rows(site, "vacated", "OPEN")) == 2, "what was vacated starts again")
    wait_true(site)

    release(job["held"])
    tool("condor_continue", job["suspended"])
    wait_state(site, "suspended", "OPEN", State.RUNNING)
    open_door(site, *numbers)
    ended = dict(zip(numbers, site.ended(list(numbers.values())), strict=True))
    assert ended.pop("removed").state is EntryState.FAILED
    assert {entry.state for entry in ended.values()} == {EntryState.DONE}
    wait_true(site)
    assert [row.state for row in rows(site, "vacated", "OPEN")] == [State.EVICTED, State.EXITED]
    first, second = rows(site, "held", "OPEN")
    assert (first.state, second.state) == (State.EVICTED, State.EXITED)
    assert "because of that" in str(first.hold_reason)
    assert [row.state for row in rows(site, "suspended", "OPEN")] == [State.EXITED]


def test_on_whole_dags(site: Site, pool: PersonalPool) -> None:
    """A DAG is its condor_dagman job; and "all of its steps", for what HTCondor can't do to a condor_dagman."""
    names = ("held", "removed", "waiting", "vacated", "suspended", "stopped")
    numbers = {name: add_door(site, name) for name in names}
    site.start_daemons()
    wait_open(site, *numbers)
    dag = {name: wait_run(site, name, RunState.RUNNING) for name in numbers}
    tool("condor_hold", dag["held"], dag["waiting"])
    tool("condor_rm", dag["removed"])
    tool("condor_vacate_job", dag["vacated"])
    tool("condor_suspend", "-constraint", f"DAGManJobId == {dag['suspended'].partition('.')[0]}")
    # HTCondor answers "suspended" and does nothing (SchedLog: "Ignoring unsupported action"): the DAG goes on.
    assert "suspended" in tool("condor_suspend", dag["stopped"])
    wait_run(site, "held", RunState.HELD)
    wait_run(site, "waiting", RunState.HELD)
    wait_run(site, "removed", RunState.REMOVED)
    wait_state(site, "removed", "OPEN", State.ABORTED)
    wait_state(site, "suspended", "OPEN", State.SUSPENDED)
    wait_run(site, "stopped", RunState.RUNNING)
    wait_state(site, "stopped", "OPEN", State.RUNNING)
    wait_true(site)

    tool("condor_rm", dag["waiting"])
    # One that is started while the other still ends would take itself for a second one of the same DAG.
    wait_for(lambda: not dagmen_of(pool, "held"), "the condor_dagman that was held has ended")
    tool("condor_release", dag["held"])
    tool("condor_continue", "-constraint", f"DAGManJobId == {dag['suspended'].partition('.')[0]}")
    wait_run(site, "held", RunState.RUNNING)
    wait_state(site, "suspended", "OPEN", State.RUNNING)
    open_door(site, *names)
    ended = dict(zip(numbers, site.ended(list(numbers.values())), strict=True))
    assert {name: entry.state for name, entry in ended.items()} == {
        **dict.fromkeys(("removed", "waiting"), EntryState.REMOVED),
        **dict.fromkeys(("held", "vacated", "suspended", "stopped"), EntryState.DONE),
    }
    wait_true(site)
    for name in ("held", "vacated", "suspended", "stopped"):
        assert [row.state for row in rows(site, name, "OPEN")] == [State.EXITED], name


def test_a_removal_around_an_exit(site: Site) -> None:
    """Whose end comes first decides: a step that had exited was done; one that exits because of it is Aborted.

    A step that wants a letter keeps its shadow, and so its place in the queue, until the letter is taken: longer
    than its event log, which has its end already.
    """
    letter = site.folder / "letter-of-exited"
    _wants_a_letter(site.folder / "templates" / "door" / "pass.job", letter)
    numbers = {name: add_door(site, name, second=True) for name in ("exited", "ended")}
    site.start_daemons()
    open_door(site, *numbers)
    for name in numbers:
        wait_state(site, name, "PASS", State.RUNNING)
    open_second_door(site, "exited")
    # condor_dagman goes by the log: its DAG is done. The schedd takes away what is left of it.
    wait_run(site, "exited", RunState.DONE)
    letter.touch()
    tool("condor_rm", wait_run(site, "ended", RunState.RUNNING))
    site.ended(list(numbers.values()))
    wait_true(site)
    taken = jobs_of(site.ops.run("exited").run)[-1]
    assert (taken.status, taken.exited) == (REMOVED, True), "the DAG's end came before the shadow's"
    exited, ended = rows(site, "exited", "PASS"), rows(site, "ended", "PASS")
    assert [(row.state, row.exit_code) for row in exited] == [(State.EXITED, 0)]
    assert [row.state for row in ended] == [State.ABORTED]


def _wants_a_letter(job: Path, letter: Path) -> None:
    """Let the step of the dataset `exited` send a letter at its end, of more than fits into a pipe."""
    lines = (
        "{% if dataset == 'exited' %}",
        "+JobNotification = 1",  # always; DAGMan says `notification = never` for every step
        f"notify_user = {letter}@owl.personal",
        "email_attributes = Weighty",
        f'+Weighty = "{"x" * 2**18}"',
        "{% endif %}",
    )
    job.write_text("\n".join([*lines, job.read_text(encoding="utf-8")]), encoding="utf-8")
