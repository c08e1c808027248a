"""The governed shoveler on the real pool: priorities in HTCondor, limits, pauses, two shovelers, the breaker."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import Any

import pytest

from owl.condor import load as pools
from owl.condor.priorities import base
from owl.condor.schedd import Schedd
from owl.daemon import utc_now
from owl.db import daemons, runs
from owl.db.rules import Kind
from owl.model import EntryState, RunState
from owl.shoveler import Shoveler
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool


def add(site: Site, dataset: str, workflow: str = "pair", **given: Any) -> int:
    """A request of the tester's."""
    return site.ops.add(dataset, workflow, requested_by="tester", **given)


def steps_of(run_id: str | None) -> dict[str, int]:
    """JobPrio of a run's steps in the queue."""
    ads = Schedd().queue(f'OwlRunId == "{run_id}" && JobUniverse != 7')
    return {str(ad["dagnodename"]): int(ad["jobprio"]) for ad in ads}


def dagmans(run_id: str | None) -> int:
    """How many condor_dagman jobs HTCondor ever had for a run."""
    schedd, constraint = Schedd(), f'OwlRunId == "{run_id}" && JobUniverse == 7'
    found = {ad["globaljobid"] for ads in (schedd.queue(constraint), schedd.history(constraint)) for ad in ads}
    return len(found)


@pytest.fixture
def stuck(site: Site) -> Site:
    """A site whose workflow `stuck` has three steps at once that no slot takes, one without a PRIORITY line."""
    folder = site.folder / "templates" / "stuck"
    folder.mkdir()
    (folder / "stuck.dag").write_text(
        "JOB A a_{{ dataset }}.job\nJOB B a_{{ dataset }}.job\nJOB C a_{{ dataset }}.job\n"
        "PRIORITY A 100\nPRIORITY B -7\n"
    )
    (folder / "a.job").write_text(
        "executable = /bin/true\nlog = {{ dataset }}.condor_log\nrequirements = false\n"
        '+InputDataset = "{{ dataset }}"\nqueue\n'
    )
    return site


def test_priorities_reach_the_steps_and_follow_an_update(stuck: Site) -> None:
    numbers = {priority: add(stuck, f"p{priority}", "stuck", priority=priority) for priority in (0, 3)}
    shoveler = stuck.start("shoveler", "run")
    owld = stuck.start("owld", "run")
    found = {}
    for priority, number in numbers.items():
        wait_for(lambda n=number: stuck.ops.entry(n).state is EntryState.ACTIVE, "it is in HTCondor")  # type: ignore[misc]  # a default binds the loop's value
        found[priority] = stuck.ops.entry(number).run_id
        there = {"A": base(priority) + 100, "B": base(priority) - 7, "C": base(priority)}
        wait_for(lambda p=priority, t=there: steps_of(found[p]) == t, f"{priority}: {steps_of(found[priority])}")  # type: ignore[misc]  # a default binds the loop's value
    said = stuck.owl("dpq", "update", str(numbers[0]), "--priority", "9").stdout
    assert "at priority 9" in said
    there = {"A": base(9) + 100, "B": base(9) - 7, "C": base(9)}
    wait_for(lambda: steps_of(found[0]) == there, "the queued steps have followed")
    governance = stuck.ops.governance(stuck.app.settings)
    wait_for(lambda: "has priority 9" in governance.commands()[0].result, "the command says so")
    assert governance.commands()[0].state == "running"
    for process in (shoveler, owld):
        assert process.poll() is None, stuck.log("shoveler")
    for run_id in found.values():
        pools.remove(stuck.ops.run(str(run_id)).submissions[-1].cluster or 0, "the test is over")


def test_limits_and_pauses_are_followed_while_it_runs(site: Site) -> None:
    site.owl("shoveler", "set", "max_active_runs", "2")
    site.owl("shoveler", "pause", "--workflow", "gate", "--reason", "the key is being copied")
    held = add(site, "g1", "gate", priority=9, parameters={"key": "/etc/hostname"})
    numbers = [add(site, f"ds{i}") for i in range(6)]
    site.start("shoveler", "run")
    # Nobody tells of their ends yet.
    two = Counter({EntryState.ACTIVE: 2, EntryState.WAITING: 4})
    wait_for(lambda: Counter(site.ops.entry(n).state for n in numbers) == two, "the first ones go")
    why = json.loads(site.owl("shoveler", "explain", "--json").stdout)
    reasons = {one["id"]: one["why"] for one in why}
    assert "the key is being copied" in reasons[held][0]
    assert reasons[numbers[-1]][0] == "limit 2 active reached"
    assert Counter(site.ops.entry(n).state for n in numbers) == two
    site.owl("shoveler", "reset", "max_active_runs")
    site.start("owld", "run")
    assert {entry.state for entry in site.ended(numbers)} == {EntryState.DONE}
    assert site.ops.entry(held).state is EntryState.WAITING
    site.owl("shoveler", "resume", "--workflow", "gate")
    assert [entry.state for entry in site.ended([held])] == [EntryState.DONE]


def test_two_shovelers_on_one_host_never_take_the_same_entry(site: Site) -> None:
    other = site.folder / "other"
    shutil.copytree(site.folder / "templates", other / "templates")
    text = (site.folder / "owl.toml").read_text()
    mine = str(site.folder / "state")
    url = f'database_url = "sqlite:///{mine}/owl.db"\n'
    (other / "owl.toml").write_text(text.replace(f'"{mine}"', f'"{other}/state"') + url)
    twin = Site(folder=other, environment={**site.environment, "OWL_CONFIG": str(other / "owl.toml")})
    numbers = [add(site, f"ds{i:02d}") for i in range(16)]
    site.owl("shoveler", "set", "shovel_size", "1")

    def both_have_claimed() -> bool:
        """One may be slow to start: there is always more to claim until it has."""
        begun = [entry for entry in map(site.ops.entry, numbers) if entry.run_id]
        if len(begun) == len(numbers):
            numbers.append(add(site, f"ds{len(numbers):02d}"))
        return len({site.ops.run(str(entry.run_id)).submissions[0].claimed_by for entry in begun}) == 2

    try:
        site.start("shoveler", "run")
        twin.start("shoveler", "run")
        site.start("owld", "run")
        wait_for(both_have_claimed, lambda: f"both have claimed\n{site.log('shoveler')}\n{twin.log('shoveler')}")
        entries = site.ended(numbers)
    finally:
        twin.stop()
    assert {entry.state for entry in entries} == {EntryState.DONE}
    assert [dagmans(entry.run_id) for entry in entries] == [1] * len(numbers)


def dead_shoveler(site: Site, point: str) -> None:
    """A shoveler of another state directory on the same database, dead at a fault point."""
    dead = site.folder / "dead"
    shutil.copytree(site.folder / "templates", dead / "templates")
    mine = str(site.folder / "state")
    text = (site.folder / "owl.toml").read_text().replace(f'"{mine}"', f'"{dead}/state"')
    (dead / "owl.toml").write_text(text + f'database_url = "sqlite:///{mine}/owl.db"\n')
    faults = {"OWL_CONFIG": str(dead / "owl.toml"), "OWL_FAULTS": "1", "OWL_FAULT_POINT": f"{point}:1"}
    twin = Site(folder=dead, environment={**site.environment, **faults})
    assert twin.start("shoveler", "run").wait(DEADLINE) == 137, twin.log("shoveler")


def settle(shoveler: Shoveler, clock: float) -> bool:
    """Let a shoveler settle claims, at that time of its monotonic clock."""
    claims, shovelers = shoveler.database.read(runs.claims), shoveler.database.read(daemons.find)
    return shoveler.settler.step(claims, shovelers, clock)


@pytest.mark.parametrize("point", ["submitting", "submitted"])
def test_a_dead_shovelers_claim_is_taken_over_within_a_minute_and_run_once(site: Site, point: str) -> None:
    number = add(site, "ds1")
    dead_shoveler(site, point)
    run_id = site.ops.entry(number).run_id
    shoveler = site.app.shoveler()
    assert not settle(shoveler, 0)
    assert not settle(shoveler, 44)
    assert settle(shoveler, 46)
    [submission] = site.ops.run(str(run_id)).submissions
    assert (submission.claimed_by == shoveler.identity) == (point == "submitting")
    settle(shoveler, 47)  # its own now: a commit may still be on its way
    assert settle(shoveler, 51) == (point == "submitting")
    assert dagmans(run_id) == 1
    site.start("owld", "run")
    assert [entry.state for entry in site.ended([number])] == [EntryState.DONE]


def test_a_claim_whose_schedd_cannot_be_asked_stays_and_is_explained(site: Site) -> None:
    number = add(site, "ds1")
    dead_shoveler(site, "submitting")
    shoveler = site.app.shoveler()
    [claim] = shoveler.database.read(runs.claims)
    shoveler.database.write(runs.take_over, claim, claim.claimed_by, "gone.example", now=utc_now())
    settle(shoveler, 0)
    assert not settle(shoveler, 46)
    assert site.ops.entry(number).state is EntryState.CLAIMED
    why = site.owl("shoveler", "explain").stdout
    assert "is dead, and its schedd gone.example can't be asked" in why


def test_the_breaker_stops_a_workflow_and_a_probe_lets_it_go_on(site: Site) -> None:
    for name, value in (("breaker_runs", "3"), ("breaker_share", "0.9"), ("breaker_probe", "1000")):
        site.owl("shoveler", "set", name, value)
    site.owl("shoveler", "set", "max_active_runs", "3", "--workflow", "gate")
    key = site.folder / "key"
    # Breakers are looked at every two seconds: more than three may have gone by then, but not three times three.
    numbers = [add(site, f"g{i}", "gate", parameters={"key": str(key)}) for i in range(12)]
    site.start_daemons()
    status = wait_for(lambda: site.ops.status().alerts, lambda: f"there is an alert\n{site.log('shoveler')}")
    assert status[0].text.startswith("workflow gate is stopped: 3 of the last 3 failed")
    cause = status[0].details["causes"][0]
    assert (cause["step"], cause["exit_code"], cause["failures"]) == ("PASS", 1, 3)
    assert cause["says"].endswith("No such file or directory")
    waiting = [n for n in numbers if site.ops.entry(n).state is EntryState.WAITING]
    assert waiting
    explained = site.owl("shoveler", "explain", "--entry", str(waiting[-1])).stdout
    assert "paused by breaker" in explained
    assert "3 of the last 3 failed" in site.owl("shoveler", "show").stdout
    # No probe before this: one that finds no key would take an entry away that the last line wants to be done.
    key.write_text("here it is\n")
    site.owl("shoveler", "set", "max_active_runs", "12", "--workflow", "gate")
    site.owl("shoveler", "set", "breaker_probe", "2")
    site.ended(numbers)
    wait_for(lambda: not site.ops.governance(site.app.settings).pauses(), "a probe that ended well lets it go on")
    assert site.ops.entry(waiting[-1]).state is EntryState.DONE
    assert not site.ops.status().alerts


def test_an_operator_resumes_what_the_breaker_stopped(site: Site) -> None:
    governance = site.ops.governance(site.app.settings)
    governance.set("breaker_runs", 2, kind=Kind.ALL, scope="", requested_by="tester")
    governance.set("breaker_probe", 0, kind=Kind.ALL, scope="", requested_by="tester")
    governance.set("max_active_runs", 2, kind=Kind.WORKFLOW, scope="gate", requested_by="tester")
    numbers = [add(site, f"g{i}", "gate", parameters={"key": "/nowhere"}) for i in range(9)]
    site.start_daemons()
    wait_for(governance.pauses, lambda: f"it is stopped\n{site.log('shoveler')}")
    assert site.ops.entry(numbers[-1]).state is EntryState.WAITING
    # What was under way when it stopped fails too, and would stop it again.
    under_way = (EntryState.CLAIMED, EntryState.ACTIVE)
    wait_for(lambda: not site.ops.entries(states=under_way), "nothing is under way any more")
    waiting = [number for number in numbers if site.ops.entry(number).state is EntryState.WAITING]
    site.owl("shoveler", "resume", "--workflow", "gate")
    assert not site.ops.status().alerts
    [entry] = site.ended([waiting[0]])
    assert site.ops.run(str(entry.run_id)).run.state is RunState.FAILED
