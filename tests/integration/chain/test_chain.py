"""A dataset through the whole chain: DPQ, shoveler, DRMAA, DAGMan, steps, hooks, owld, blackboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from owl.model import EntryState, RunState, State
from owl.ops import latest_of_steps
from tests.fixtures.site import Site, wait_for

pytestmark = pytest.mark.pool


def test_a_dataset_is_processed_and_every_step_is_on_the_blackboard(site: Site) -> None:
    number = site.ops.add("ds1", "pair", priority=7, campaign="camp", requested_by="tester")
    site.start_daemons()
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE
    site.drained()

    found = site.ops.run("ds1")
    assert found.run.state is RunState.DONE
    assert found.submissions[0].exit_code == 0
    assert found.submissions[0].nodes_done == 2
    first, second = found.executions
    assert (first.process_name, second.process_name) == ("FIRST", "SECOND")
    assert (first.parent_name, second.parent_name) == (None, "FIRST")
    for row in (first, second):
        assert (row.state, row.exit_code, row.start_number) == (State.EXITED, 0, 1)
        assert row.dataset == "ds1"
        assert row.run_id == found.run.id
        assert row.duration is not None
        assert row.host


def test_the_full_classad_is_kept(site: Site) -> None:
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start_daemons()
    site.ended([number])
    site.drained()
    (row,) = site.ops.executions(process_name="SECOND", with_classad=True)
    assert row.classad is not None
    assert row.classad["GlobalJobId"] == row.global_job_id
    assert row.classad["Cmd"] == "/bin/true"
    assert row.classad["DAGNodeName"] == "SECOND"
    assert row.classad["ExitCode"] == 0
    assert len(row.classad) > 100


def test_the_work_directory_tells_what_the_run_was_made_from(site: Site) -> None:
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start_daemons()
    site.ended([number])
    run = site.ops.run("ds1").run
    work_dir = Path(run.work_dir)
    assert work_dir == site.work_root / "pair" / "ds1" / run.id
    record = json.loads((work_dir / "run.json").read_text(encoding="utf-8"))
    assert record["template_digest"] == run.template_digest
    assert record["run_id"] == run.id
    assert (work_dir / "first_ds1.job").is_file()


def test_higher_priority_goes_first_and_within_one_priority_the_older(site: Site) -> None:
    order = {"low": 1, "old_high": 9, "new_high": 9, "middle": 5}
    numbers = [site.ops.add(name, "pair", priority=p, requested_by="t") for name, p in order.items()]
    site.start_daemons()
    site.ended(numbers)
    clusters = {name: site.ops.run(name).submissions[0].cluster or 0 for name in order}
    assert sorted(clusters, key=clusters.__getitem__) == ["old_high", "new_high", "middle", "low"]


def test_a_failed_run_goes_on_from_the_failed_step_when_it_is_rescued(site: Site, tmp_path: Path) -> None:
    key = site.folder / "key"
    number = site.ops.add("ds1", "gate", parameters={"key": str(key)}, requested_by="tester")
    site.start_daemons()
    (entry,) = site.ended([number])
    assert entry.state is EntryState.FAILED
    assert entry.error == "1 of 2 steps failed"
    failed = site.ops.run("ds1")
    assert latest_of_steps(failed.executions)["PASS"].exit_code == 1

    key.write_text("open\n", encoding="utf-8")
    site.start_rescue_server()
    site.rescued("ds1", requested_by="operator", reason="the key is there now")
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE

    rescued = site.ops.run("ds1")
    assert rescued.run.id == failed.run.id
    assert [one.state for one in rescued.submissions] == [RunState.RESCUED, RunState.DONE]
    assert rescued.submissions[1].reason == "the key is there now"
    assert [row.process_name for row in rescued.executions] == ["OPEN", "PASS", "PASS"]


def test_limits_are_kept(site: Site) -> None:
    (site.folder / "owl.toml").write_text(
        (site.folder / "owl.toml").read_text(encoding="utf-8") + "max_active_runs = 2\n", encoding="utf-8"
    )
    door = site.folder / "door"
    numbers = [site.ops.add(f"ds{i}", "door", parameters={"door": str(door)}, requested_by="t") for i in range(5)]
    site.start_daemons()
    wait_for(lambda: site.ops.status().entries.get(EntryState.ACTIVE, 0) == 2, "two are under way")
    door.touch()
    most = 0

    def all_done() -> bool:
        nonlocal most
        counts = site.ops.status().entries
        most = max(most, counts.get(EntryState.ACTIVE, 0) + counts.get(EntryState.CLAIMED, 0))
        return counts.get(EntryState.DONE, 0) == len(numbers)

    wait_for(all_done, "all five are done")
    assert most == 2


def test_what_hooks_never_saw_ends_in_its_true_state_all_the_same(site: Site) -> None:
    template = site.folder / "templates" / "pair"
    for job in template.glob("*.job"):
        text = job.read_text(encoding="utf-8")
        job.write_text(text.replace('+HookKeyword = "OWL"\n', ""), encoding="utf-8")
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start_daemons()
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE

    def complete() -> bool:
        rows = site.ops.run("ds1").executions
        return [(row.process_name, row.state, row.exit_code) for row in rows] == [
            ("FIRST", State.EXITED, 0),
            ("SECOND", State.EXITED, 0),
        ]

    wait_for(complete, "both steps are on the blackboard from the schedd's history")
    assert "hook" not in {row.source for row in site.ops.run("ds1").executions}
