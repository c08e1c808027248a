"""What the API changes: who may, what is written, what is refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from owl.app import App
from owl.daemon import utc_now
from owl.db import failures
from owl.db.failures import Failure
from owl.model import EntryState, Role
from tests.unit.webgui.conftest import JOB, RUN, Call
from webgui.login import RANK

CHANGES: list[tuple[str, Mapping[str, Any]]] = [
    ("/commands", {"verb": "hold", "aim": {"runs": [RUN]}}),
    ("/commands/preview", {"verb": "hold", "aim": {"runs": [RUN]}}),
    ("/entries", {"dataset": "a", "workflow": "imaging"}),
    ("/entries/load", {"text": "a"}),
    ("/entries/priority", {"ids": [1], "priority": 1}),
    ("/entries/delete", {"ids": [1]}),
    ("/entries/hold", {"ids": [1]}),
    ("/entries/release", {"ids": [1]}),
    ("/entries/resubmit", {"aim": {"runs": [RUN]}}),
    ("/governance/pause", {"reason": "x"}),
    ("/governance/resume", {}),
    ("/pollers/p", {"verb": "scan"}),
    ("/failures/abc/rescue", {"reason": "x"}),
    ("/nodes/ops1/drain", {"reason": "x"}),
    ("/poller-events/retry", {"ids": [1]}),
    ("/nodes/ops1/undrain", {"reason": "x"}),
    (f"/runs/{RUN}/rescue/difference", {"set": {"memory": "10"}}),
    ("/governance/set", {"name": "period", "value": 1}),
    ("/governance/reset", {"name": "period"}),
    ("/campaigns", {"name": "spring"}),
    ("/campaigns/c/cancel", {"reason": "x"}),
    ("/associations", {"name": "a", "members": ["b"], "workflow": "imaging", "member_workflow": "imaging"}),
    ("/associations/a/cancel", {"reason": "x"}),
    ("/entries/unfinished", {"workflow": "imaging"}),
    ("/entries/unfinished/preview", {"workflow": "imaging"}),
    ("/reprocess", {"selection": "s", "workflow": "imaging", "campaign": "c"}),
    ("/reprocess/preview", {"selection": "s", "workflow": "imaging", "campaign": "c"}),
]
FOR_ADMINS: list[tuple[str, Mapping[str, Any]]] = [
    ("/users", {"name": "eve", "role": "admin"}),
    ("/users/u", {"verb": "disable"}),
]


@pytest.mark.parametrize(("path", "body"), CHANGES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_viewer_changes_nothing(as_role: Callable[[str], Call], path: str, body: Mapping[str, Any]) -> None:
    answer = as_role("vera")("POST", path, body)
    assert (answer.status_code, "operator" in (answer.json or {})["detail"]) == (403, True)


@pytest.mark.parametrize("name", ["vera", "otto"])
@pytest.mark.parametrize(("path", "body"), FOR_ADMINS)
def test_accounts_are_changed_by_administrators_alone(
    as_role: Callable[[str], Call], owl_app: App, name: str, path: str, body: Mapping[str, Any]
) -> None:
    answer = as_role(name)("POST", path, body)
    assert (answer.status_code, "admin" in (answer.json or {})["detail"]) == (403, True)
    assert [one.name for one in owl_app.ops.accounts.list()] == ["ann", "otto", "vera"]


def test_every_change_is_for_operators_but_ones_own_settings(web: Flask, as_role: Callable[[str], Call]) -> None:
    """A new endpoint that changes something must be listed above, or be about the caller's own account."""
    rules = {
        rule.rule.removeprefix("/api/v1")
        for rule in web.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}
    }
    own = {"/me/preferences", "/me/views", "/me/views/<int:number>", "/me/tokens", "/me/password"}
    other = {
        "/tokens/<int:number>",
        "/workflows/<string:name>/check",
        "/accounting",
        "/accounting/export",
    }  # the first checks for itself; the others keep nothing
    named = {
        "/pollers/p": "/pollers/<string:name>",
        "/users/u": "/users/<string:name>",
        "/campaigns/c/": "/campaigns/<string:name>/",
        "/associations/a/": "/associations/<string:name>/",
        f"/{RUN}/": "/<string:run_id>/",
        "/abc/": "/<string:cause>/",
        "/ops1/": "/<string:host>/",
    }
    paths = [path for path, _ in (*CHANGES, *FOR_ADMINS)]
    listed = {functools.reduce(lambda text, pair: text.replace(*pair), named.items(), path) for path in paths}
    assert rules == own | other | listed
    assert set(RANK) == set(Role)


def test_a_request_is_added_held_released_and_deleted(as_role: Callable[[str], Call], owl_app: App) -> None:
    call = as_role("otto")
    parameters = {"members": "a1,a2", "archive_dir": "/data/archive"}
    new = {"dataset": "assoc1", "workflow": "association", "priority": 7, "parameters": parameters}
    added = call("POST", "/entries", new)
    assert added.status_code == 200, added.json
    number = (added.json or {})["id"]
    assert call("POST", "/entries", new).status_code == 409
    assert call("POST", "/entries/hold", {"ids": [number], "reason": "wait"}).json == {
        "changed": 1,
        "passed_over": 0,
    }
    why = call("GET", f"/entries/{number}").json or {}
    assert "otto" in " ".join(why["reasons"])
    assert (call("POST", "/entries/release", {"ids": [number]}).json or {})["changed"] == 1
    query = {"state": "Waiting", "dataset": "assoc"}
    assert (call("POST", "/entries/priority", {"query": query, "priority": 9}).json or {})["changed"] == 1
    assert owl_app.ops.entry(number).priority == 9
    assert (call("POST", "/entries/delete", {"ids": [number, 999]}).json or {}) == {"changed": 1, "passed_over": 1}
    assert owl_app.ops.entry(number).state is EntryState.REMOVED


def test_a_paste_is_loaded_whole_or_tells_the_line(as_role: Callable[[str], Call]) -> None:
    call = as_role("otto")
    given = {"workflow": "association", "parameters": {"members": "a1", "archive_dir": "/data"}}
    bad = call("POST", "/entries/load", {**given, "text": "one\n<script>\nthree"})
    assert (bad.status_code, "line 2" in (bad.json or {})["detail"]) == (400, True)
    good = call("POST", "/entries/load", {**given, "text": "one\n<script>\nthree", "skip_bad": True}).json or {}
    assert (good["added"], [one["line"] for one in good["refused"]]) == (2, [2])


def test_a_rescue_of_all_that_match_is_asked_for_once(
    as_role: Callable[[str], Call], owl_app: App, run_dir: Path
) -> None:
    call = as_role("otto")
    order = {"verb": "rescue", "aim": {"table": "executions", "query": {"state": "failed"}}, "reason": "new flat"}
    assert call("POST", "/commands", order).status_code == 200
    [asked] = owl_app.ops.commands.list(verbs=["rescue"], run_id=RUN)
    assert (asked.requested_by, asked.reason, asked.total) == ("otto", "new flat", 1)
    again = call("POST", "/commands", order)
    assert (again.status_code, RUN in (again.json or {})["detail"]) == (409, True)


def test_a_pause_needs_its_reason_and_is_seen_by_all(as_role: Callable[[str], Call]) -> None:
    call = as_role("otto")
    assert call("POST", "/governance/pause", {"kind": "workflow", "scope": "imaging"}).status_code == 400
    paused = call("POST", "/governance/pause", {"kind": "workflow", "scope": "imaging", "reason": "bad flats"})
    assert [(one["scope"], one["paused_by"]) for one in (paused.json or {})["pauses"]] == [("imaging", "otto")]
    assert len((as_role("vera")("GET", "/governance").json or {})["pauses"]) == 1
    assert (call("POST", "/governance/resume", {"kind": "workflow", "scope": "imaging"}).json or {})["pauses"] == []


def test_tokens_are_ones_own_and_no_more_than_their_owner(as_role: Callable[[str], Call]) -> None:
    otto, vera, ann = as_role("otto"), as_role("vera"), as_role("ann")
    made = otto("POST", "/me/tokens", {"label": "nightly", "role": "viewer", "days": 5}).json or {}
    assert made["text"].startswith("owl_")
    assert vera("POST", "/me/tokens", {"label": "up", "role": "admin"}).status_code == 409
    number = made["token"]["id"]
    assert vera("DELETE", f"/tokens/{number}").status_code == 404
    assert ann("DELETE", f"/tokens/{number}").status_code == 200
    assert vera("GET", "/users").status_code == 403
    assert [one["name"] for one in ann("GET", "/users").json or []] == ["ann", "otto", "vera"]
    assert all("password" not in one for one in ann("GET", "/users").json or [])


def test_views_are_saved_shared_and_deleted_by_their_owner(as_role: Callable[[str], Call]) -> None:
    otto, vera = as_role("otto"), as_role("vera")
    view = {"page": "monitor", "title": "held", "query": "state=Held", "shared": True}
    number = (otto("POST", "/me/views", view).json or {})["id"]
    assert [one["title"] for one in vera("GET", "/me/views?page=monitor").json or []] == ["held"]
    assert vera("DELETE", f"/me/views/{number}").status_code == 404
    assert otto("DELETE", f"/me/views/{number}").status_code == 200


def test_an_export_holds_all_that_match(as_role: Callable[[str], Call], run_dir: Path) -> None:
    answer = as_role("vera")("GET", "/export/executions?format=jsonl&state=failed")
    assert answer.status_code == 200, answer.json
    assert answer.get_data(as_text=True).count("\n") == 1
    csv = as_role("vera")("GET", "/export/executions?format=csv")
    assert csv.mimetype == "text/csv"
    assert csv.headers["Content-Disposition"].startswith("attachment")


def test_failures_come_by_cause_and_are_rescued_by_it(
    as_role: Callable[[str], Call], owl_app: App, run_dir: Path
) -> None:
    found = Failure(
        global_job_id=JOB,
        start_number=1,
        failed_at=utc_now(),
        run_id=RUN,
        step="LEVEL_1",
        exit_code=1,
        says="no flat",
    )
    owl_app.database.write(failures.add, [found])
    call = as_role("otto")
    [group] = call("GET", "/failures").json or []
    assert (group["says"], group["count"], group["runs"]) == ("no flat", 1, 1)
    asked = call("POST", f"/failures/{group['id']}/rescue", {"reason": "flat is there"}).json or {}
    assert (asked["verb"], asked["total"], asked["reason"]) == ("rescue", 1, "flat is there")
    assert call("POST", "/failures/nothing/rescue", {}).status_code == 404
    assert call("GET", "/nodes/bad").json == []
