"""Campaigns, associations, accounting and limits: who may, what is kept, what is refused."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from owl.app import App
from owl.daemon import utc_now
from owl.db import arriving, pollers
from owl.intake import EventState, PollerLook
from owl.model import EntryState
from tests.unit.webgui.conftest import HOSTILE, Call, Login
from webgui.services import Services, install, services

AsRole = Callable[[str], Call]
GIVEN = {"archive_dir": "/data/archive"}
CHANGES = ('id="new-campaign"', 'id="new-association"', 'id="new-limit"', 'id="more"', 'href="/accounts"')


def add(app: App, dataset: str, workflow: str = "association", campaign: str = "", **parameters: str) -> int:
    """A request that waits."""
    given = {"members": "a1", **GIVEN, **parameters}
    return app.ops.add(dataset, workflow, campaign=campaign, parameters=given, requested_by="test")


def test_a_campaign_is_made_filled_and_ended(as_role: AsRole, owl_app: App) -> None:
    call = as_role("otto")
    assert call("GET", "/campaigns").json == []
    made = call("POST", "/campaigns", {"name": "spring", "description": f"new flats {HOSTILE}"}).json or {}
    assert (made["campaign"]["created_by"], HOSTILE in made["campaign"]["description"]) == ("otto", True)
    assert call("POST", "/campaigns", {"name": "spring"}).status_code == 409
    assert call("POST", "/campaigns", {"name": HOSTILE}).status_code == 400
    assert call("POST", "/campaigns", {"name": "long", "description": "x" * 2001}).status_code == 400
    number = add(owl_app, "ds1", campaign="spring")
    assert (as_role("vera")("GET", "/campaigns/spring").json or {})["entries"] == {"Waiting": 1}
    pause = {"kind": "campaign", "scope": "spring", "reason": "a look first"}
    assert [one["campaign"]["name"] for one in call("GET", "/campaigns").json or []] == ["spring"]
    assert call("POST", "/governance/pause", pause).status_code == 200
    assert [one["pause"]["paused_by"] for one in call("GET", "/campaigns").json or []] == ["otto"]
    assert call("POST", "/campaigns/spring/cancel", {"reason": " "}).status_code == 400
    ended = call("POST", "/campaigns/spring/cancel", {"reason": "wrong flats"}).json or {}
    assert (ended["taken"], ended["campaign"]["campaign"]["cancelled_by"]) == (1, "otto")
    assert owl_app.ops.entry(number).state is EntryState.REMOVED
    assert call("POST", "/campaigns/none/cancel", {"reason": "x"}).status_code == 404
    kept = [(one.verb, one.scope, one.requested_by, one.reason) for one in owl_app.ops.commands.list()]
    assert kept[0] == ("cancel", "spring", "otto", "wrong flats")
    assert [one[:3] for one in kept[1:]] == [("pause", "spring", "otto"), ("create", "spring", "otto")]


def associate(app: App, name: str, members: list[str]) -> None:
    """An association that waits for its members."""
    app.ops.associations.add(
        name,
        members,
        workflow="association",
        member_workflow="association",
        parameters=GIVEN,
        requested_by="test",
    )


def test_associations_are_listed_explained_and_cancelled(as_role: AsRole, owl_app: App) -> None:
    for name in ("asn1", "asn2", "other_100%"):
        if "%" not in name:
            associate(owl_app, name, ["m1", "m2"])
    add(owl_app, "m1")
    viewer, call = as_role("vera"), as_role("otto")
    page = viewer("GET", "/associations?name=asn*&limit=1").json or {}
    assert (page["total"], len(page["rows"])) == (2, 1)
    assert (viewer("GET", "/associations?name=%25").json or {})["total"] == 0
    found = viewer("GET", "/associations/asn1").json or {}
    assert [(one["dataset"], one["state"]) for one in found["members"]] == [("m1", "Waiting"), ("m2", "Missing")]
    assert "m2: nobody has asked for it yet" in found["lines"]
    assert call("POST", "/associations/asn1/cancel", {"reason": ""}).status_code == 400
    done = call("POST", "/associations/asn1/cancel", {"reason": f"regrouped {HOSTILE}"}).json or {}
    assert (done["association"]["state"], "otto" in done["association"]["reason"]) == ("Cancelled", True)
    assert call("POST", "/associations/asn1/cancel", {"reason": "again"}).status_code == 409
    assert call("POST", "/associations/none/cancel", {"reason": "x"}).status_code == 404
    assert (viewer("GET", "/associations?state=Waiting").json or {})["total"] == 1
    [kept] = owl_app.ops.commands.list(verbs=["cancel association"])
    assert (kept.scope, kept.requested_by, kept.reason) == ("asn1", "otto", f"regrouped {HOSTILE}")


def test_an_association_is_made_with_what_its_form_gives(as_role: AsRole, owl_app: App) -> None:
    body: dict[str, Any] = {
        "name": " asn9 ",
        "members": ["m1", "m2", "m3"],
        "workflow": "association",
        "member_workflow": "imaging",
        "parameters": GIVEN,
        "priority": 7,
        "campaign": "spring",
        "within": "12h",
        "at_least": 2,
        "remake": "always",
    }
    call = as_role("otto")
    made = call("POST", "/associations", body).json or {}
    one = made["association"]
    assert (one["name"], one["created_by"], one["at_least"], one["remake"]) == ("asn9", "otto", 2, "always")
    assert (one["priority"], one["campaign"], len(made["members"])) == (7, "spring", 3)
    assert made["lines"][0].startswith("0 of 3 are done; 3 missing (m1, m2, m3), until ")
    assert call("POST", "/associations", {**body, "members": ["m1"], "at_least": 1}).status_code == 409
    changed = call("POST", "/associations", {**body, "members": ["m1"], "at_least": 1, "replace": True})
    assert len((changed.json or {})["members"]) == 1
    wrong: list[dict[str, Any]] = [{"members": []}, {"at_least": 9}, {"within": "soon"}, {"members": [HOSTILE]}]
    for bad in (*wrong, {"name": HOSTILE}):
        assert call("POST", "/associations", {**body, "replace": True, **bad}).status_code == 400, bad
    assert call("POST", "/associations", {**body, "workflow": "none"}).status_code == 404
    kept = [(row.scope, row.requested_by) for row in owl_app.ops.commands.list(verbs=["add association"])]
    assert kept == [("asn9", "otto")] * 2


def test_what_ended_badly_is_asked_for_again_once(as_role: AsRole, owl_app: App, run_dir: Path) -> None:
    call = as_role("otto")
    body = {"workflow": "imaging", "cause": "LEVEL_1:1", "reason": "the disk was full"}
    found = call("POST", "/entries/unfinished/preview", body).json
    assert found == [{"workflow": "imaging", "state": "Failed", "requests": 1}]
    assert call("POST", "/entries/unfinished/preview", {**body, "cause": "LEVEL_1:9"}).json == []
    assert call("POST", "/entries/unfinished/preview", {**body, "cause": "no flat"}).json == []
    for bad in ({}, {"since": "soon"}, {"workflow": "imaging", "states": ["Waiting"]}, {"into": HOSTILE, **body}):
        assert call("POST", "/entries/unfinished", bad).status_code == 400, bad
    given = {**body, "priority": 60, "into": "again"}
    assert (call("POST", "/entries/unfinished", given).json, call("POST", "/entries/unfinished", given).json) == (
        {"added": 1},
        {"added": 0},
    )
    [entry] = [one for one in owl_app.ops.entries() if one.state is EntryState.WAITING]
    assert (entry.dataset, entry.priority, entry.campaign, entry.created_by) == ("jw1", 60, "again", "otto")
    [kept] = owl_app.ops.commands.list(verbs=["dpq resubmit"])
    assert (kept.scope, kept.requested_by) == ("imaging Failed,Removed LEVEL_1:1", "otto")
    assert kept.reason == "the disk was full"


def test_a_kept_selection_is_reprocessed_and_no_other_query(as_role: AsRole, web: Flask, owl_app: App) -> None:
    call = as_role("otto")
    body = {"selection": "long", "workflow": "association", "campaign": "flats", "options": {"least": "5"}}
    body |= {"parameters": {"members": "a1", **GIVEN}}
    assert "catalog_url" in (call("POST", "/reprocess", body).json or {})["detail"]
    folder = owl_app.settings.state_dir
    (folder / "selections").mkdir()
    query = "SELECT name AS dataset, inst AS instrument FROM science WHERE exptime > CAST(:least AS REAL)"
    (folder / "selections" / "long.sql").write_text(query)
    (folder / "secret.sql").write_text("SELECT 'x' AS dataset")
    with closing(sqlite3.connect(folder / "archive.db")) as archive:
        archive.execute("CREATE TABLE science (name TEXT, inst TEXT, exptime REAL)")
        archive.executemany("INSERT INTO science VALUES (?, ?, ?)", [("w1", "WFC3", 9), ("w2", "WFC3", 1)])
        archive.commit()
    settings = dataclasses.replace(owl_app.settings, catalog_url=f"sqlite:///{folder / 'archive.db'}")
    install(web, Services(owl=App(settings), assets=services(web).assets))
    kept = call("GET", "/selections").json or {}
    assert (kept["there"], kept["selections"][0]) == (True, {"name": "long", "query": query, "options": ["least"]})
    assert (call("POST", "/reprocess/preview", body).json or {})["added"] == {"WFC3": 1}
    assert owl_app.ops.entries() == []
    wrong: list[dict[str, Any]] = [{"selection": "../secret"}, {"selection": "secret"}, {"options": {}}]
    for bad in (*wrong, {"campaign": HOSTILE}):
        assert call("POST", "/reprocess", {**body, **bad}).status_code == 400, bad
    assert (call("POST", "/reprocess", {**body, "reason": "new flats"}).json or {})["added"] == {"WFC3": 1}
    assert (call("POST", "/reprocess", body).json or {})["waiting"] == {"WFC3": 1}
    [entry] = owl_app.ops.entries()
    assert (entry.dataset, entry.campaign, entry.created_by) == ("w1", "flats", "otto")
    [row] = owl_app.ops.commands.list(verbs=["reprocess"])
    assert (row.scope, row.requested_by, row.reason) == ("flats", "otto", "new flats")
    away = dataclasses.replace(settings, catalog_url="sqlite:////nowhere/archive.db")
    install(web, Services(owl=App(away), assets=services(web).assets))
    assert call("POST", "/reprocess", body).status_code == 502


def arrive(app: App, dataset: str) -> None:
    """A file of which a poller has made a request."""
    row = {"dataset": dataset, "workflow": "imaging", "priority": 0, "parameters": {}, "campaign": ""}
    asked = {**row, "created_at": utc_now(), "created_by": "poller p", "not_before": None}
    names: dict[str, Any] = {
        "poller": "p",
        "path": f"/in/{dataset}",
        "path_key": dataset,
        "mark": "1:1",
        "digest": "d",
    }
    file = arriving.Arrival(**names, size=1, mtime_ns=1, identity=dataset, state=EventState.SETTLED, rows=[asked])
    app.database.write(arriving.record, [file], now=utc_now())


def test_what_is_expected_is_compared_with_what_came(as_role: AsRole, owl_app: App) -> None:
    add(owl_app, "ds1")
    call = as_role("vera")
    body: dict[str, Any] = {"text": "dataset\nds1\nds2 # the second\n\nds1\n"}
    found = call("POST", "/accounting", body).json or {}
    assert (found["counts"], found["complete"], found["total"]) == ({"Waiting": 1, "Missing": 1}, False, 2)
    missing = call("POST", "/accounting", {**body, "standing": ["Missing"]}).json or {}
    assert [(one["dataset"], one["standing"]) for one in missing["rows"]] == [("ds2", "Missing")]
    assert len((call("POST", "/accounting", {**body, "limit": 1, "offset": 1}).json or {})["rows"]) == 1
    assert (call("POST", "/accounting", {**body, "workflow": "imaging"}).json or {})["counts"] == {"Missing": 2}
    arrive(owl_app, "ds7")
    others = call("POST", "/accounting", {"text": "ds2", "unexpected": "ds*"}).json or {}
    assert [(one["dataset"], one["standing"]) for one in others["unexpected"]] == [("ds7", "Waiting")]
    for since, number in (("-1h", 1), ("2999-01-01", 0)):
        asked = {"text": "ds2", "unexpected": "ds*", "since": since}
        assert len((call("POST", "/accounting", asked).json or {})["unexpected"]) == number
    for wrong in ({"unexpected": "ds*", "since": "soon"}, {"since": "-1h"}):
        assert call("POST", "/accounting", {"text": "ds2", **wrong}).status_code == 400
    bad = call("POST", "/accounting", {"text": f"ds1\n{HOSTILE}"})
    assert (bad.status_code, "line 2" in (bad.json or {})["detail"]) == (400, True)
    assert call("POST", "/accounting", {"text": " \n# none"}).status_code == 400
    assert call("POST", "/accounting", {"text": "\n".join(f"d{n}" for n in range(100_001))}).status_code == 400
    csv = call("POST", "/accounting/export", {**body, "standing": ["Missing"]})
    lines = csv.get_data(as_text=True).splitlines()
    assert (csv.mimetype, len(lines), lines[1].startswith("ds2,Missing")) == ("text/csv", 2, True)


def test_limits_are_set_and_their_defaults_come_back(as_role: AsRole, owl_app: App) -> None:
    call = as_role("otto")
    body = {"name": "max_active_runs", "kind": "workflow", "scope": "imaging", "value": 40}
    found = call("POST", "/governance/set", body).json or {}
    [row] = [one for one in found["knobs"] if one["scope"] == "imaging"]
    assert (row["kind"], row["value"], row["set_by"].startswith("otto")) == ("workflow", 40, True)
    assert {one["name"] for one in found["limits"]} >= {"period", "reserved", "breaker_share"}
    reserved = {"name": "reserved", "kind": "at-least", "scope": "100", "value": 5}
    assert call("POST", "/governance/set", reserved).status_code == 200
    reset = call("POST", "/governance/reset", {"name": "max_active_runs", "kind": "workflow", "scope": "imaging"})
    assert [one for one in (reset.json or {})["knobs"] if one["scope"] == "imaging"] == []
    again = call("POST", "/governance/reset", {"name": "max_active_runs", "kind": "workflow", "scope": "imaging"})
    assert again.status_code == 404
    kept = [(one.verb, one.scope, one.requested_by) for one in owl_app.ops.commands.list()]
    assert kept == [
        ("reset max_active_runs", "imaging", "otto"),
        ("set reserved", "100", "otto"),
        ("set max_active_runs", "imaging", "otto"),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "speed", "value": 1}, 400),
        ({"name": "period", "value": 1e9}, 400),
        ({"name": "period", "kind": "workflow", "scope": "imaging", "value": 1}, 400),
        ({"name": "max_active_runs", "kind": "workflow", "scope": "nothing", "value": 1}, 404),
        ({"name": "max_active_runs", "kind": "campaign", "scope": HOSTILE, "value": 1}, 400),
        ({"name": "period", "scope": "everything", "value": 1}, 400),
        ({"name": "reserved", "kind": "at-least", "scope": "high", "value": 1}, 400),
        ({"name": "reserved", "kind": "at-least", "scope": " 5", "value": 1}, 400),
        ({"name": "floor", "kind": "below", "scope": "9" * 30, "value": 1}, 400),
    ],
)
def test_a_limit_that_cant_be_is_refused(as_role: AsRole, owl_app: App, body: dict[str, Any], status: int) -> None:
    answer = as_role("otto")("POST", "/governance/set", body)
    assert (answer.status_code, "\n" in (answer.json or {})["detail"]) == (status, False), answer.json
    assert owl_app.ops.commands.list() == []


def test_each_place_has_its_page_and_a_viewer_no_buttons_of_change(login: Login) -> None:
    viewer = login("vera")
    for path in ("/queue", "/campaigns", "/associations", "/accounting", "/limits", "/machines", "/preferences"):
        text = viewer.get(path).get_data(as_text=True)
        assert 'aria-current="page"' in text
        assert not [word for word in CHANGES if word in text]
    assert viewer.get("/accounts").status_code == 403


def test_a_poller_is_paused_with_a_reason(as_role: AsRole, owl_app: App) -> None:
    now = utc_now()
    look = PollerLook(name="p", kind="file", directory="/in", host="h", pid=1, started_at=now, looked_at=now)
    owl_app.database.write(pollers.beat, look)
    call = as_role("otto")
    assert call("POST", "/pollers/p", {"verb": "pause", "reason": " "}).status_code == 400
    assert (call("POST", "/pollers/p", {"verb": "pause", "reason": "quiet"}).json or {})["paused_by"] == "otto"
    assert (call("POST", "/pollers/p", {"verb": "resume"}).json or {})["paused_by"] is None
