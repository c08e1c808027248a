"""Rescues with options, machines, provenance: what is asked for, what is kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from owl.app import App
from owl.daemon import utc_now
from owl.db import commands, daemons, failures
from owl.db.failures import Failure
from owl.intent import CommandState, Verb
from owl.model import Daemon
from tests.unit.webgui.conftest import HOSTILE, JOB, RUN, Call

AsRole = Callable[[str], Call]


def order(**rescue: Any) -> dict[str, Any]:
    """A rescue of the failed run."""
    return {"verb": "rescue", "aim": {"runs": [RUN]}, "reason": "as asked", "rescue": rescue}


def test_a_rescue_begins_skips_and_sets_what_was_asked_for(as_role: AsRole, owl_app: App, run_dir: Path) -> None:
    options = {"from_step": "LEVEL_1", "skip": {"INGEST_05": "it is there"}, "set": {"LEVEL_1.memory": "8G"}}
    answer = as_role("otto")("POST", "/commands", order(**options))
    assert answer.status_code == 200, answer.json
    [asked] = owl_app.ops.commands.list(verbs=["rescue"], run_id=RUN)
    assert (asked.requested_by, asked.reason, dict(asked.options)) == ("otto", "as asked", options)


@pytest.mark.parametrize(
    ("rescue", "why"),
    [
        ({"from_start": True, "from_step": "LEVEL_1"}, "together"),
        ({"skip": {"LEVEL_1": " "}}, "reason"),
        ({"skip": {HOSTILE: "x"}}, "step's name"),
        ({"from_step": "a b"}, "step's name"),
        ({"set": {"memory": "a lot"}}, "amount"),
        ({"set": {HOSTILE: "1"}}, "to set"),
        ({"rung": "4 of 4"}, "rung"),
    ],
)
def test_a_rescue_that_cant_be_is_refused_in_one_line(
    as_role: AsRole, owl_app: App, run_dir: Path, rescue: dict[str, Any], why: str
) -> None:
    answer = as_role("otto")("POST", "/commands", order(**rescue))
    detail = (answer.json or {})["detail"]
    assert (answer.status_code, why in detail, "\n" in detail) == (400, True, False), detail
    assert owl_app.ops.commands.list() == []


def test_options_of_a_rescue_are_for_rescues(as_role: AsRole, run_dir: Path) -> None:
    body = {**order(from_start=True), "verb": "hold"}
    answer = as_role("otto")("POST", "/commands", body)
    assert (answer.status_code, "hold" in (answer.json or {})["detail"]) == (400, True)


def test_a_cause_is_rescued_with_more_memory(as_role: AsRole, owl_app: App, run_dir: Path) -> None:
    given: dict[str, Any] = {"run_id": RUN, "step": "LEVEL_1", "exit_code": 1, "says": "killed"}
    found = Failure(global_job_id=JOB, start_number=1, failed_at=utc_now(), **given)
    owl_app.database.write(failures.add, [found])
    call = as_role("otto")
    [group] = call("GET", "/failures").json or []
    body = {"reason": "it wants more", "rescue": {"set": {"memory": "8192"}}}
    assert call("POST", f"/failures/{group['id']}/rescue", body).status_code == 200
    [asked] = owl_app.ops.commands.list(verbs=["rescue"])
    assert (asked.reason, dict(asked.options)) == ("it wants more", {"set": {"memory": "8192"}})


def test_what_a_rescue_would_change_is_shown_and_no_link_is_followed(
    as_role: AsRole, owl_app: App, run_dir: Path
) -> None:
    secret = owl_app.settings.state_dir / "secret"
    secret.write_text("the password\n")
    (run_dir / "level_1_jw1.job").symlink_to(secret)
    answer = as_role("otto")("POST", f"/runs/{RUN}/rescue/difference", {"set": {"LEVEL_1.memory": "8192"}})
    text = (answer.json or {})["text"]
    assert "+request_memory = 8192" in text
    assert "the password" not in text
    assert owl_app.ops.commands.list() == []
    refused = as_role("otto")("POST", f"/runs/{RUN}/rescue/difference", {"set": {"NO_STEP.memory": "8192"}})
    assert (refused.status_code, "LEVEL_1" in (refused.json or {})["detail"]) == (409, True)


def test_provenance_holds_the_runs_files_and_follows_no_link(as_role: AsRole, owl_app: App, run_dir: Path) -> None:
    (run_dir / "imaging_jw1.dag").write_text("JOB LEVEL_1 level_1_jw1.job\n")
    (run_dir / "run.json").symlink_to(owl_app.settings.state_dir / "web.secret")
    (run_dir / "jw1_cat.ecsv").write_text("catalogue")
    call = as_role("vera")
    found = call("GET", f"/runs/{RUN}/provenance").json or {}
    assert [(one["name"], one["bytes"], len(one["sha256"])) for one in found["files"]] == [
        ("imaging_jw1.dag", 28, 64)
    ]
    assert [(one["name"], one["bytes"]) for one in found["products"]] == [("jw1_cat.ecsv", 9)]
    assert found["resources"][f"{JOB} 1"]["RequestMemory"] == 2048
    assert [one["dataset"] for one in found["executions"]] == [HOSTILE]
    kept = call("GET", f"/runs/{RUN}/provenance?download=true")
    assert kept.headers["Content-Disposition"] == f'attachment; filename="jw1_{RUN}.provenance.json"'
    assert call("GET", "/runs/nothing/provenance").status_code == 404


@pytest.fixture
def pool(owl_app: App) -> App:
    """An owld that has told of two machines, one of them drained."""
    facts = {
        "slots": 12,
        "busy": 5,
        "machines": {"node1": [8, 5], "node2": [4, 0]},
        "drained": ["node2"],
        "schedd": "ops1",
    }
    now = utc_now()
    told = Daemon(name="owld", host="ops1", pid=1, version="1", started_at=now, heartbeat=now, facts=facts)
    owl_app.database.write(daemons.beat, told)
    return owl_app


def test_machines_are_listed_drained_and_taken_back_in(as_role: AsRole, pool: App) -> None:
    call = as_role("otto")
    assert [one["last"] for one in call("GET", "/nodes").json or []] == [None, None]
    drained = call("POST", "/nodes/node1/drain", {"reason": "its disk is going"}).json or {}
    assert (drained["verb"], drained["requested_by"], drained["reason"]) == ("drain", "otto", "its disk is going")
    back = call("POST", "/nodes/node2/undrain", {"reason": "mended"}).json or {}
    [target] = pool.ops.commands.targets(back["id"])
    assert (target.name, target.kind, target.schedd) == ("node2", "node", "ops1")
    pool.database.write(commands.report, [(target, CommandState.DONE, "it takes jobs again")], now=utc_now())
    pool.ops.look.shared.drop("machines")  # what owld has written nobody here knows of
    rows = {one["name"]: one for one in as_role("vera")("GET", "/nodes").json or []}
    assert [(rows[name]["slots"], rows[name]["busy"], rows[name]["drained"]) for name in ("node1", "node2")] == [
        (8, 5, False),
        (4, 0, True),
    ]
    assert (rows["node1"]["last"]["verb"], rows["node1"]["last"]["state"]) == (Verb.DRAIN, CommandState.QUEUED)
    assert (rows["node2"]["last"]["verb"], rows["node2"]["last"]["result"]) == (Verb.UNDRAIN, "it takes jobs again")


def test_a_machine_that_cant_be_one_and_a_pool_without_owld_are_refused(as_role: AsRole, owl_app: App) -> None:
    call = as_role("otto")
    for name, status in (("a;b", 400), ("<script>", 400), ("node1", 404)):
        answer = call("POST", f"/nodes/{name}/drain", {"reason": "x"})
        assert answer.status_code == status, answer.json
    assert call("GET", "/nodes").json == []
    assert owl_app.ops.commands.list() == []
