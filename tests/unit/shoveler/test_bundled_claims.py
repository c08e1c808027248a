"""Bundles in the claim: who goes together, and that they are marked, taken over and lost together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from owl.condor.bundle import Nodes
from owl.db import bundles, dpq, runs
from owl.db.engine import Database
from owl.db.rules import Candidate, Grouping
from owl.model import RunState
from owl.owld.bundles import state_of
from owl.shoveler.claim import Batch, Claimant, claim
from tests.fixtures.database import add_entry, at, follow

ME = Claimant(identity="shoveler@a/1", owner="owl", schedd="schedd.a", work_root=Path("/srv/owl"))
OPEN = {"shovel_size": 25.0, "period": 1.0, "max_active_runs": 100.0}


def take(database: Database, limit: int = 20, most: int = 20, size: int = 3) -> Batch:
    """Claim; of the workflow `pair` that many datasets go together."""
    sizes = {"pair": size}
    return database.write(claim, ME, OPEN, limit, at(1), lambda: Grouping(lambda name: sizes.get(name, 1), most))


def datasets(batch: Batch) -> list[list[str]]:
    """Of each bundle the datasets."""
    return [[run.dataset for run in members] for members in batch.bundles.values()]


def test_datasets_of_one_workflow_and_priority_go_together(sqlite: Database) -> None:
    for name, workflow, priority in (
        ("a", "pair", 5), ("b", "pair", 5), ("c", "gate", 5), ("d", "pair", 5), ("e", "pair", 5), ("f", "pair", 1),
    ):  # fmt: skip
        add_entry(sqlite, name, workflow=workflow, priority=priority)
    batch = take(sqlite)
    assert datasets(batch) == [["a", "b", "d"]]
    assert [run.dataset for run in batch.single] == ["c", "e", "f"]
    [name] = batch.bundles
    found = sqlite.read(bundles.find, [name, "other"])
    assert (found[name].workflow, found[name].priority) == ("pair", 5)
    assert found[name].directory == f"/srv/owl/.bundles/{name}"
    kept = Counter(sqlite.read(runs.submissions, run.id)[0].bundle_id for run in batch.runs)
    assert kept == {name: 3, None: 3}


def test_a_bundle_counts_as_one_dagman_job_and_nothing_overtakes(sqlite: Database) -> None:
    for name, workflow in (("a", "pair"), ("b", "pair"), ("c", "gate"), ("d", "gate"), ("e", "pair")):
        add_entry(sqlite, name, workflow=workflow)
    batch = take(sqlite, most=2)
    assert datasets(batch) == [["a", "b"]]
    assert [run.dataset for run in batch.single] == ["c"]
    assert take(sqlite, limit=1).runs[0].dataset == "d"


def test_a_rescue_goes_by_itself(sqlite: Database) -> None:
    add_entry(sqlite, "a")
    [run] = take(sqlite, size=1).runs
    follow(sqlite, run.id, RunState.FAILED)
    sqlite.write(dpq.ask_rescue, run.entry_id, requested_by="alice", reason="")
    for name in "bcd":
        add_entry(sqlite, name)
    batch = take(sqlite)
    assert [one.id for one in batch.single] == [run.id]
    assert datasets(batch) == [["b", "c", "d"]]
    grouping = Grouping(lambda _name: 50, 2)
    rescues = [Candidate(id=n, workflow="pair", campaign="", priority=0, rescue=True) for n in range(3)]
    assert [grouping.admits(one) for one in rescues] == [True, True, False]


def test_a_dead_shovelers_bundle_is_taken_over_as_a_whole_and_once(sqlite: Database) -> None:
    for name in "abc":
        add_entry(sqlite, name)
    [(name, members)] = take(sqlite).bundles.items()
    follow(sqlite, members[0].id, RunState.FAILED)  # its template was broken
    assert sqlite.write(bundles.take_over, name, ME.identity, "shoveler@b/2", "schedd.b", now=at(60))
    assert not sqlite.write(bundles.take_over, name, ME.identity, "shoveler@c/3", "schedd.c", now=at(61))
    left = [run.id for run in members[1:]]
    assert [run.id for run in sqlite.read(bundles.claimed, name, "shoveler@b/2")] == sorted(left)
    assert sqlite.read(bundles.holds, name, left, "shoveler@b/2")
    assert not sqlite.read(bundles.holds, name, left, ME.identity)
    [unit] = bundles.together(sqlite.read(runs.claims))
    assert {one.run_id for one in unit} == set(left)


RUNNING = {"jobstatus": 2, "globaljobid": "s#1.0#2"}
REMOVED = {"jobstatus": 3, "globaljobid": "s#1.0#2"}


@pytest.mark.parametrize(
    ("nodes", "ad", "gone", "state"),
    [
        (Nodes(), RUNNING, False, RunState.RUNNING),
        (Nodes(total=2, done=1), RUNNING, False, RunState.RUNNING),
        (Nodes(total=2, done=2), RUNNING, False, RunState.DONE),
        (Nodes(total=3, done=1, failed=1), {**RUNNING, "dag_nodesfailed": 1}, False, RunState.FUTILE),
        (Nodes(total=2, done=1), {**RUNNING, "dag_nodesfailed": 1}, False, RunState.RUNNING),
        (Nodes(total=3, done=1, failed=1, futile=1), RUNNING, False, RunState.FAILED),
        (Nodes(total=2, done=1), {**RUNNING, "jobstatus": 5}, False, RunState.HELD),
        (Nodes(total=2, done=2), REMOVED, True, RunState.DONE),
        (Nodes(total=2, done=1), REMOVED, True, RunState.REMOVED),
        (Nodes(total=2, done=1), {**REMOVED, "jobstatus": 4, "exitcode": 1}, True, RunState.FAILED),
        (Nodes(), {**REMOVED, "jobstatus": 4, "exitcode": 0}, True, RunState.DONE),
    ],
)
def test_a_runs_state_follows_its_own_nodes(nodes: Nodes, ad: dict[str, int], gone: bool, state: RunState) -> None:
    assert state_of(nodes, ad, gone=gone) is state
