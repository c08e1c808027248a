"""Commands on the real pool: owld carries them out, HTCondor's queue and the rows say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.condor.schedd import Schedd
from owl.errors import NotAllowed, NotFound
from owl.intent import Command, CommandState, Filter, Selection, Verb
from owl.model import Execution, RunState, State
from owl.pool.master import lives
from owl.pool.personal import PersonalPool
from owl.pool.processes import members
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool

HELD, RUNNING, SUSPENDED, IDLE = 5, 2, 7, 1


def add(site: Site, dataset: str) -> int:
    """A run whose first step goes on for as long as the test wants."""
    parameters = {"door": str(site.folder / "never-opened")}
    return site.ops.add(dataset, "door", parameters=parameters, requested_by="tester")


def running(site: Site, dataset: str, start: int = 1) -> Execution:
    """Wait until the first step of a dataset runs in that start: on the blackboard it does when its program begins.

    (A suspension that HTCondor hears of before that is lost.)
    """

    def look() -> Execution | None:
        rows = site.ops.executions(dataset=dataset, states=[State.RUNNING])
        return next((row for row in rows if row.start_number == start), None)

    return wait_for(look, f"{dataset} runs\n{site.log('shoveler')}{site.log('owld')}")


def do(site: Site, verb: Verb, *, code: CommandState = CommandState.DONE, **aim: object) -> Command:
    """Request a command and wait for its end."""
    value = aim.pop("value", None)
    made = site.ops.commands.request(
        verb,
        Selection(**aim),  # type: ignore[arg-type]  # a test's own keywords
        requested_by="alice",
        reason="testing",
        value=value,  # type: ignore[arg-type]  # a test gives what a form would
    )
    found = site.ops.commands.wait(made.id, DEADLINE)
    assert found.state is code, (found, site.ops.commands.targets(found.id), site.log("owld")[-3000:])
    return found


def jobs(run_id: str) -> dict[str, int]:
    """JobStatus of a run's jobs, its DAGMan's first."""
    return Schedd().statuses(f'OwlRunId == "{run_id}"')


def statuses(run_id: str) -> list[int]:
    return sorted(jobs(run_id).values())


def run_of(site: Site, dataset: str) -> str:
    return site.ops.run(dataset).run.id


def torn_down(site: Site, pool: PersonalPool, run: str) -> None:
    """Wait until the processes of what is held have ended: HTCondor may forget what is released before that."""
    dag = Path(site.ops.run(run).run.dag_file or "").name
    held = f'OwlRunId == "{run}" && JobStatus == {HELD}'
    if Schedd().statuses(f"{held} && JobUniverse == 7"):
        there = members(pool.mark, pool.directory)
        wait_for(
            lambda: not [one for one in there.values() if dag in one.command and lives(one)], "its DAGMan's end"
        )
    wait_for(lambda: not Schedd().statuses(f"{held} && RemoteHost isnt undefined"), "its step's end")


def test_a_step_is_held_released_suspended_continued_and_given_a_priority(site: Site, pool: PersonalPool) -> None:
    site.start_daemons()
    add(site, "ds1")
    step = running(site, "ds1")
    run = run_of(site, "ds1")
    job = (step.global_job_id,)
    assert do(site, Verb.SUSPEND, jobs=job).result == "suspended"
    wait_for(lambda: statuses(run) == [RUNNING, SUSPENDED], "the step is suspended, its DAG is not")
    # Else it may be told so after it goes on.
    wait_for(lambda: site.ops.executions(dataset="ds1", states=[State.SUSPENDED]), "the blackboard says Suspended")
    assert do(site, Verb.SUSPEND, jobs=job).result == "nothing to do: it is suspended"
    assert do(site, Verb.CONTINUE, jobs=job).result == "continued"
    wait_for(lambda: statuses(run) == [RUNNING, RUNNING], "the step goes on")
    running(site, "ds1")  # the filter goes by the blackboard
    assert do(site, Verb.HOLD, filter=Filter(process_name="OP*", states=(State.RUNNING,))).result == "held"
    assert statuses(run) == [RUNNING, HELD]
    [ad] = Schedd().queue(f'GlobalJobId == "{step.global_job_id}"')
    assert ad["holdreason"].startswith("alice (OWL command ")
    assert ": testing (by user " in ad["holdreason"]
    refused = do(site, Verb.SUSPEND, jobs=job, code=CommandState.FAILED)
    assert refused.result == "it must be running, and it is held"
    do(site, Verb.PRIORITY, jobs=job, value=77.0)
    [ad] = Schedd().queue(f'GlobalJobId == "{step.global_job_id}"')
    assert ad["jobprio"] % 2000 == 1077
    wait_for(lambda: site.ops.executions(dataset="ds1", states=[State.HELD]), "the blackboard says Held")
    found = do(site, Verb.ANALYZE, jobs=job)
    assert "held" in found.result.lower()
    torn_down(site, pool, run)
    assert do(site, Verb.RELEASE, jobs=job).result == "released"
    wait_for(lambda: HELD not in statuses(run), "released")
    do(site, Verb.REMOVE, runs=("ds1",))


def test_a_run_is_held_with_its_dag_halted_resumed_and_removed(site: Site, pool: PersonalPool) -> None:
    site.start_daemons()
    add(site, "ds1")
    running(site, "ds1")
    run = run_of(site, "ds1")
    assert do(site, Verb.HOLD, runs=("ds1",)).result == "its DAG and 1 step held"
    assert statuses(run) == [HELD, HELD]
    wait_for(lambda: site.ops.run(run).run.state is RunState.HELD, "the run is Held")
    torn_down(site, pool, run)
    assert do(site, Verb.RELEASE, runs=(run,)).result == "its DAG and 1 step released"
    wait_for(lambda: statuses(run) == [RUNNING, RUNNING], "both run again")
    running(site, "ds1", start=2)
    assert do(site, Verb.HALT, runs=(run,)).result.startswith("halted; 1 step go on")
    assert Path(f"{site.ops.run(run).run.dag_file}.halt").read_text().startswith("halted by alice")
    assert do(site, Verb.RESUME, runs=(run,)).result == "goes on"
    assert do(site, Verb.SUSPEND, runs=(run,)).result == "1 step suspended, its DAG starts nothing new"
    wait_for(lambda: statuses(run) == [RUNNING, SUSPENDED], "the step is suspended")
    assert do(site, Verb.CONTINUE, runs=(run,)).result == "1 step continued, its DAG goes on"
    assert do(site, Verb.REMOVE, filter=Filter(dataset="ds*")).result == "its DAG and 1 step removed"
    wait_for(lambda: site.ops.run(run).run.state is RunState.REMOVED, "the run is Removed")
    with pytest.raises(NotAllowed, match=r"can't be told to hold: it is Removed"):
        site.ops.commands.request(Verb.HOLD, Selection(runs=("ds1",)), requested_by="alice")
    with pytest.raises(NotFound, match="nothing that hold could be done to matches --dataset 'nothing\\*'"):
        site.ops.commands.request(Verb.HOLD, Selection(filter=Filter(dataset="nothing*")), requested_by="alice")


def test_the_command_line_waits_for_the_end_and_says_what_came_of_it(site: Site) -> None:
    site.start_daemons()
    add(site, "ds1")
    running(site, "ds1")
    assert "say --yes" in site.refused("hold", "--dataset", "*")
    said = site.owl("hold", "ds1", "--reason", "disk full", "--wait", "300").stdout
    assert "hold ds1: done" in said
    assert "its DAG and 1 step held" in said
    assert "hold" in site.owl("commands").stdout
    assert "disk full" in site.owl("commands", "--json").stdout
    assert "the audit is whole" in site.owl("audit").stdout
    site.owl("remove", "--dataset", "*", "--yes", "--reason", "end", "--wait", "300")
