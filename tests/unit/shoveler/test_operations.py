"""What operators ask of the shoveler, of campaigns, and loading in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from owl.cli.governance import show
from owl.db import campaigns, control, runs
from owl.db.engine import Database
from owl.db.rules import Grouping, Kind
from owl.errors import DuplicateRequest, InvalidName, InvalidSetting, NotFound, UnknownWorkflow
from owl.intent import CommandState
from owl.model import EntryState, RunState
from owl.ops import Governance, Loaded, Operations, Wanted, read_wanted
from owl.shoveler.claim import Claimant, claim
from owl.workflow.catalog import Catalog
from tests.fixtures.database import at, begin_run, follow

TOML = "[parameters.level]\ntype = 'integer'\ndefault = 1\n"


@pytest.fixture
def ops(sqlite: Database, tmp_path: Path) -> Operations:
    """Operations on an empty database, with the workflow `pair`."""
    folder = tmp_path / "templates" / "pair"
    folder.mkdir(parents=True)
    (folder / "pair.dag").write_text("JOB A a_{{ dataset }}.job\n")
    (folder / "a.job").write_text("executable = /bin/true\nqueue\n")
    (folder / "workflow.toml").write_text(TOML)
    return Operations(database=sqlite, catalog=Catalog(tmp_path / "templates"))


@pytest.fixture
def governance(ops: Operations) -> Governance:
    """What governs a shoveler that owl.toml allows 2 active runs."""
    defaults = {"shovel_size": 25, "period": 1, "max_active_runs": 2}
    return Governance(database=ops.database, catalog=ops.catalog, defaults=defaults)


def load(ops: Operations, lines: Sequence[str], **given: Any) -> Loaded:
    """Load lines for the workflow `pair`."""
    wanted = read_wanted(lines, Wanted(line=0, dataset="", workflow="pair", priority=5))
    return ops.load(wanted, requested_by="alice", **given)


@pytest.mark.parametrize(
    "lines",
    [
        ["ds1", "", "# a comment", "ds2"],
        ["dataset,level,priority", "ds1,3,", "ds2,3,0"],
        ['{"dataset": "ds1", "level": 3}', '{"dataset": "ds2", "priority": 0, "parameters": {"level": 3}}'],
    ],
)
def test_names_csv_and_json_become_requests(ops: Operations, lines: list[str]) -> None:
    assert load(ops, lines).added == 2
    one, two = ops.entries()
    assert (one.dataset, one.priority, one.workflow, one.created_by) == ("ds1", 5, "pair", "alice")
    assert two.dataset == "ds2"
    if len(lines) < 4:
        assert two.priority == 0
        assert str(one.parameters["level"]) == str(two.parameters["level"]) == "3"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("../x,3", "line 3: the dataset name"),
        ("ds2,three", "line 3: .*level"),
        ("ds2", "line 3: it has 1 columns, the heading has 2"),
        (",3", "line 3: it names no dataset"),
        ("ds1,3", "line 3: ds1 stands in line 2 already"),
    ],
)
def test_one_bad_line_and_nothing_is_loaded_unless_it_is_to_be_left_out(
    ops: Operations, bad: str, why: str
) -> None:
    lines = ["dataset,level", "ds1,3", bad, "ds3,3"]
    with pytest.raises(InvalidName, match=why):
        load(ops, lines)
    assert ops.entries() == []
    loaded = load(ops, lines, skip_bad=True)
    assert (loaded.added, [one.line for one in loaded.refused]) == (2, [3])


def test_what_waits_already_is_refused_unless_again(ops: Operations) -> None:
    load(ops, ["ds1"])
    with pytest.raises(InvalidName, match="line 2: ds1 waits for pair already as DPQ entry 1"):
        load(ops, ["ds2", "ds1"])
    assert load(ops, ["ds2", "ds1"], again=True).added == 2


def test_a_knob_is_kept_with_who_set_it_and_its_default_comes_back(governance: Governance) -> None:
    governance.set("max_active_runs", 7, kind=Kind.ALL, scope="", requested_by="alice")
    governance.set("reserved", 2, kind=Kind.AT_LEAST, scope="100", requested_by="bob")
    rows = {(name, whom): (value, by.partition(",")[0]) for name, whom, value, by in governance.knobs()}
    set_ones = [rows["max_active_runs", "everything"], rows["reserved", "at-least 100"]]
    assert set_ones == [(7, "alice"), (2, "bob")]
    governance.reset("max_active_runs", kind=Kind.ALL, scope="", requested_by="alice")
    assert ("max_active_runs", "everything", 2, "default") in governance.knobs()
    assert [one.verb for one in governance.commands()] == [
        "reset max_active_runs",
        "set reserved",
        "set max_active_runs",
    ]
    with pytest.raises(NotFound, match="isn't set"):
        governance.reset("max_active_runs", kind=Kind.ALL, scope="", requested_by="alice")


@pytest.mark.parametrize(
    ("name", "value", "kind", "scope", "error"),
    [
        ("colour", 1, Kind.ALL, "", InvalidSetting),
        ("period", 0, Kind.ALL, "", InvalidSetting),
        ("period", 5, Kind.WORKFLOW, "pair", InvalidSetting),
        ("shovel_size", float("nan"), Kind.ALL, "", InvalidSetting),
        ("max_active_runs", 1, Kind.WORKFLOW, "unknown", UnknownWorkflow),
        ("max_active_runs", 1, Kind.CAMPAIGN, "a b", InvalidName),
    ],
)
def test_a_knob_that_cannot_be_set_so(
    governance: Governance, name: str, value: float, kind: Kind, scope: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        governance.set(name, value, kind=kind, scope=scope, requested_by="alice")
    assert not governance.commands()


def test_a_pause_says_who_when_and_why_and_ends(governance: Governance) -> None:
    governance.pause(kind=Kind.WORKFLOW, scope="pair", reason="new flats", requested_by="alice")
    [pause] = governance.pauses()
    assert (pause.paused_by, pause.reason) == ("alice", "new flats")
    governance.resume(kind=Kind.WORKFLOW, scope="pair", requested_by="bob")
    assert governance.pauses() == []
    assert [(one.verb, one.requested_by) for one in governance.commands()] == [
        ("resume", "bob"),
        ("pause", "alice"),
    ]
    with pytest.raises(NotFound, match="isn't paused"):
        governance.resume(kind=Kind.WORKFLOW, scope="pair", requested_by="bob")


def test_every_waiting_entry_is_explained(ops: Operations, governance: Governance) -> None:
    load(ops, ["dataset,priority", "a,9", "b,5", "c,5"])
    first, second, third = governance.explain()
    assert first.reasons == ["no shoveler runs"]
    assert second.reasons == ["no shoveler runs", "behind 1 of higher priority"]
    assert third.reasons[1:] == ["behind 1 of higher priority", "behind 1 older of the same priority"]
    for number in (1, 2):
        begin_run(ops.database, number, f"run-{number}")
    [explained] = governance.explain(entry_id=3)
    assert explained.reasons[0] == "limit 2 active reached"


def test_shares_and_bundles_are_shown(ops: Operations, governance: Governance, tmp_path: Path) -> None:
    governance.set("reserved", 2, kind=Kind.AT_LEAST, scope="50", requested_by="alice")
    begin_run(ops.database, load(ops, ["dataset,priority", "urgent,60"]).added, "run-u")
    [share] = governance.reserved()
    assert (share.whom, share.runs, share.used, share.kept) == ("priorities of at least 50", 2, 1, 1)
    table = tmp_path / "templates" / "pair" / "workflow.toml"
    table.write_text(f"bundle = 2\n{TOML}")
    load(ops, ["a", "b", "c"])
    [waiting, *_] = governance.explain(entry_id=2)
    assert waiting.bundle == "up to 2 together"
    assert waiting.reasons[0] == "limit 2 active reached: 1 are, 1 are kept for priorities of at least 50"
    me = Claimant(identity="shoveler@a/1", owner="owl", schedd="schedd.a", work_root=Path("/srv/owl"))
    batch = ops.database.write(claim, me, {"max_active_runs": 10.0}, 2, at(1), lambda: Grouping(lambda _name: 2))
    [(name, members)] = batch.bundles.items()
    [shared] = governance.bundles()
    assert (shared.bundle.id, shared.cluster, shared.total) == (name, None, 2)
    assert governance.explain(entry_id=members[0].entry_id)[0].bundle == f"{name}, with 1 other"
    for number, run in enumerate(members):
        ops.database.write(runs.mark_submitted, run.id, 0, schedd="schedd.a", cluster=7, now=at(2 + number))
    ops.database.write(runs.follow, members[0].id, 0, RunState.DONE, now=at(9))
    [shared] = governance.bundles()
    assert (shared.schedd, shared.cluster) == ("schedd.a", 7)
    assert shared.runs == {RunState.DONE: 1, RunState.IDLE: 1}
    told = governance.explain(entry_id=members[1].entry_id)[0]
    assert (told.bundle, told.reasons) == (
        f"{name}, with 1 other",
        ["it doesn't wait: it is Active, its run is Idle"],
    )
    ops.database.write(runs.follow, members[1].id, 0, RunState.FAILED, now=at(9))
    assert governance.bundles() == []


def test_an_alert_is_shown_with_each_part_of_its_causes(
    governance: Governance, capsys: pytest.CaptureFixture[str]
) -> None:
    held = {"failures": 7, "step": "LEVEL_1", "exit_code": None, "signal": None, "hold_code": 34, "says": "memory"}
    killed = {"failures": 2, "step": "INGEST", "exit_code": None, "signal": 9, "hold_code": None, "says": "none"}
    text, causes = "workflow pair is stopped: 9 of the last 10 failed", {"causes": [held, killed]}
    governance.database.write(control.raise_alert, "breaker", "pair", text, causes, now=at(1))
    show(governance, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    [first] = [line.split() for line in lines if "LEVEL_1" in line]
    [second] = [line.split() for line in lines if "INGEST" in line]
    assert first[-4:] == ["7", "LEVEL_1", "34", "memory"]
    assert second[-4:] == ["2", "INGEST", "9", "none"]


def test_only_what_is_in_htcondor_gets_a_command_for_its_priority(ops: Operations, governance: Governance) -> None:
    load(ops, ["a", "b"])
    begin_run(ops.database, 1)
    follow(ops.database, "run-1", RunState.RUNNING)
    assert ops.update(1, priority=8, requested_by="alice").priority == 8
    assert ops.run("run-1").run.priority == 8
    ops.update(2, priority=8, requested_by="alice")
    [command] = governance.commands()
    assert (command.verb, command.run_id, command.value, command.state) == (
        "priority",
        "run-1",
        8,
        CommandState.QUEUED,
    )


def test_a_campaign_counts_is_cancelled_and_does_not_stop_what_runs(ops: Operations) -> None:
    ops.campaigns.create("c1", description="again", requested_by="alice")
    with pytest.raises(DuplicateRequest):
        ops.campaigns.create("c1", description="", requested_by="bob")
    wanted = read_wanted(["a", "b", "c"], Wanted(line=0, dataset="", workflow="pair", campaign="c1"))
    ops.load(wanted, requested_by="alice")
    begin_run(ops.database, 1)
    follow(ops.database, "run-1", RunState.RUNNING)
    assert ops.campaigns.cancel("c1", requested_by="bob", reason="wrong flats") == 2
    [found] = ops.campaigns.list()
    assert found.entries == {EntryState.ACTIVE: 1, EntryState.REMOVED: 2}
    assert found.campaign.cancelled_by == "bob"
    assert (found.rate, found.left) == (None, None)
    with pytest.raises(NotFound):
        ops.campaigns.show("c2")
    assert ops.database.read(campaigns.causes, "c1") == []
