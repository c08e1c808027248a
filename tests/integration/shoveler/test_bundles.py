"""Super-jobs on the real pool: one condor_dagman, and each dataset ends, fails, is removed and rescued alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.condor.priorities import base
from owl.condor.schedd import Schedd
from owl.intent import CommandState, Selection, Verb
from owl.model import EntryState, RunState, State
from owl.shoveler.faults import DIED, POINTS
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool

BUNDLE = 4


def bundle(site: Site, workflow: str, size: object = BUNDLE) -> None:
    """Let so many datasets of a workflow go together."""
    table = site.folder / "templates" / workflow / "workflow.toml"
    before = table.read_text(encoding="utf-8") if table.exists() else ""
    table.write_text(f"bundle = {size}\n{before}", encoding="utf-8")


def add(site: Site, dataset: str, workflow: str = "pair", **given: object) -> int:
    """A request of the tester's."""
    return site.ops.add(dataset, workflow, requested_by="tester", **given)  # type: ignore[arg-type]  # as it takes


def dagmans(site: Site) -> dict[str, str]:
    """Every condor_dagman job that HTCondor ever had for this site's bundles: GlobalJobId → bundle."""
    folders = {path.name for path in (site.work_root / ".bundles").iterdir()}
    schedd, wanted = Schedd(), "OwlBundleId =!= undefined && JobUniverse == 7"
    ads = [ad for ads in (schedd.queue(wanted), schedd.history(wanted)) for ad in ads]
    return {ad["globaljobid"]: ad["owlbundleid"] for ad in ads if ad["owlbundleid"] in folders}


def test_one_that_fails_and_one_that_is_removed_touch_no_other_and_are_rescued_alone(site: Site) -> None:
    bundle(site, "gate", 5)
    key = site.folder / "key"
    numbers = {name: add(site, name, "gate", priority=3, parameters={"key": "/etc/hostname"}) for name in "abc"}
    numbers["bad"] = add(site, "bad", "gate", priority=3, parameters={"key": str(key)})
    long = {"key": "/etc/hostname", "seconds": 86400}
    numbers["long"] = add(site, "long", "gate", priority=3, parameters=long)
    site.start_daemons()
    entries = site.ended([numbers[name] for name in ("a", "b", "c", "bad")])
    assert [entry.state for entry in entries] == [EntryState.DONE] * 3 + [EntryState.FAILED]
    found = {name: site.ops.run(name) for name in numbers}
    # They have ended; the one that goes on has the same DAGMan job, which goes on with it.
    [shared] = {one.submissions[0].bundle_id for one in found.values()}
    assert len({one.submissions[0].cluster for one in found.values()}) == 1
    wait_for(lambda: site.ops.run("long").run.state is RunState.RUNNING, "the long one goes on")
    assert found["bad"].run.error == "1 of 2 steps failed"
    counted = found["bad"].submissions[0]
    assert (counted.nodes_total, counted.nodes_done, counted.nodes_failed) == (2, 1, 1)
    for name in "abc":
        rows = found[name].executions
        assert [(row.process_name, row.parent_name) for row in rows] == [("OPEN", None), ("PASS", "OPEN")]
        assert {row.state for row in rows} == {State.EXITED}
        assert {row.dataset for row in rows} == {name}
    steps = Schedd().queue(f'OwlRunId == "{found["long"].run.id}"')
    assert [int(ad["jobprio"]) for ad in steps] == [base(3)]

    key.write_text("here it is\n", encoding="utf-8")
    site.start_rescue_server()
    assert "submitted as rescue 1" in site.owl("rescue", "bad", "--wait", "300").stdout
    assert [entry.state for entry in site.ended([numbers["bad"]])] == [EntryState.DONE]
    rescued = site.ops.run("bad")
    assert [one.state for one in rescued.submissions] == [RunState.RESCUED, RunState.DONE]
    assert rescued.submissions[1].bundle_id is None
    assert [row.process_name for row in rescued.executions] == ["OPEN", "PASS", "PASS"]

    removal = site.ops.commands.request(Verb.REMOVE, Selection(runs=("long",)), requested_by="tester")
    [entry] = site.ended([numbers["long"]])
    assert entry.state is EntryState.REMOVED
    assert site.ops.run("long").run.state is RunState.REMOVED
    assert list(dagmans(site).values()) == [shared]
    assert site.ops.commands.wait(removal.id, DEADLINE).state is CommandState.DONE


def test_a_broken_request_leaves_its_bundle_and_the_others_go_on(site: Site) -> None:
    bundle(site, "gate", '"auto"')
    bundle(site, "pair", 3)
    numbers = [add(site, f"ds{i}") for i in range(7)]
    dag = site.folder / "templates" / "pair" / "pair.dag"
    text = dag.read_text(encoding="utf-8")
    dag.write_text(text + "{% if dataset == 'ds1' %}\nABORT-DAG-ON FIRST 3\n{% endif %}\n", encoding="utf-8")
    site.start_daemons()
    entries = site.ended(numbers)
    states = [entry.state for entry in entries]
    assert states == [EntryState.DONE, EntryState.FAILED, *[EntryState.DONE] * 5]
    assert "ABORT-DAG-ON can't stand in a workflow that is bundled" in str(entries[1].error)
    shared = [site.ops.run(f"ds{i}").submissions[0].bundle_id for i in range(7)]
    assert shared[6] is None
    assert len(set(shared)) == 3
    assert len(dagmans(site)) == 2
    # The whole chain once more from HTCondor's own word: nothing was told otherwise.
    site.settled()
    rebuilt = site.owl("blackboard", "rebuild", "--into", f"sqlite:///{site.folder}/again.db")
    told = [line for line in rebuilt.stdout.splitlines() if line.startswith(("run ", "execution "))]
    assert all(str(entries[1].run_id) in line for line in told), told
    assert "7 runs, 12 executions" in rebuilt.stdout


def test_a_shoveler_that_dies_anywhere_submits_each_bundle_once(site: Site) -> None:
    bundle(site, "pair", 3)
    site.owl("shoveler", "set", "shovel_size", "3")
    numbers = [add(site, f"ds{i:02d}") for i in range(3 * len(POINTS))]
    for point in POINTS:
        for name in ("submitted", point) if point in ("settling", "settled") else (point,):
            faults = {"OWL_FAULTS": "1", "OWL_FAULT_POINT": f"{name}:1"}
            twin = Site(folder=site.folder, environment={**site.environment, **faults})
            process = twin.start("shoveler", "run")
            site.processes.append(process)
            assert process.wait(DEADLINE) == DIED, site.log("shoveler")
    site.start_daemons()
    entries = site.ended(numbers)
    assert {entry.state for entry in entries} == {EntryState.DONE}, site.log("shoveler")
    assert {entry.attempts for entry in entries} == {1}
    ran = dagmans(site)
    assert len(set(ran.values())) == len(ran), "no bundle twice"
    of_runs = {site.ops.run(str(entry.run_id)).submissions[0].bundle_id for entry in entries}
    assert set(ran.values()) == of_runs
    rows = site.ops.executions(limit=1000)
    # On a slow machine HTCondor starts a job a second time now and then: another execution, the same job.
    jobs = {row.global_job_id for row in rows}
    assert len(jobs) == 2 * len(numbers), sorted((row.global_job_id, row.start_number, row.state) for row in rows)
    assert not Path(site.work_root / ".bundles" / "rescue").exists()
    wait_for(lambda: not Schedd().queue("OwlBundleId =!= undefined"), "every bundle's DAGMan has left the queue")
