"""The API: its tables, its errors, its description."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from owl.app import App
from tests.unit.webgui.conftest import HOSTILE, JOB, RUN, Login
from webgui.app import create_app
from webgui.assets import Assets
from webgui.security import POLICY


def test_monitor_is_paged_filtered_and_sorted_by_its_parameters(login: Login, run_dir: Path) -> None:
    client = login("vera")
    page = client.get("/api/v1/executions?state=failed&sort=-start_time,dataset&limit=10").json or {}
    assert page["total"] == 1
    row = page["rows"][0]
    assert (row["mark"], row["workflow"], row["exit_code"]) == ("bad", "imaging", 1)
    assert (client.get("/api/v1/executions?state=Running").json or {})["rows"] == []


@pytest.mark.parametrize(
    "query", ["colour=red", "sort=colour", "limit=0", "limit=1001", "limit=x", "start_time=noon"]
)
def test_what_cant_be_asked_is_told_in_one_line(login: Login, query: str) -> None:
    answer = login("vera").get(f"/api/v1/executions?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert "\n" not in (answer.json or {})["detail"]


def test_an_unchanged_page_isnt_sent_twice(login: Login, run_dir: Path) -> None:
    client = login("vera")
    first = client.get("/api/v1/executions")
    again = client.get("/api/v1/executions", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_one_execution_has_its_classad_and_what_its_numbers_mean(login: Login, run_dir: Path) -> None:
    found = login("vera").get("/api/v1/executions/" + JOB.replace("#", "%23") + "/1").json or {}
    assert found["classad"]["Evil"] == HOSTILE
    assert found["readable"] == {"QDate": "2026-01-02 03:04:05 UTC", "RequestMemory": "2 GiB"}


def test_a_run_has_all_that_belongs_to_it(login: Login, run_dir: Path) -> None:
    found = login("vera").get(f"/api/v1/runs/{RUN}").json or {}
    assert found["run"]["state"] == "Failed"
    assert [row["process_name"] for row in found["executions"]] == ["LEVEL_1"]
    assert login("vera").get("/api/v1/runs/nothing").status_code == 404


def test_pages_hold_hostile_text_as_data_alone(login: Login, run_dir: Path) -> None:
    text = login("vera").get("/monitor").get_data(as_text=True)
    assert "<script>alert" not in text
    block = re.search(r'<script type="application/json" id="start">(.*?)</script>', text, re.DOTALL)
    assert block is not None
    assert json.loads(block.group(1))["user"] == {"name": "vera", "role": "viewer"}


def test_no_page_has_a_script_or_style_of_its_own(login: Login) -> None:
    answer = login("vera").get("/monitor")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    text = answer.get_data(as_text=True)
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag]
    assert inline == ['<script type="application/json" id="start">']
    assert not re.search(r"\sstyle=|\son\w+=|<style", text)


def test_preferences_are_checked_and_kept(web: Flask, owl_app: App) -> None:
    _, text = owl_app.ops.accounts.make_token("vera", "test", by="vera")
    client, bearer = web.test_client(), {"Authorization": f"Bearer {text}"}
    wrong = client.post("/api/v1/me/preferences", json={"theme": "pink"}, headers=bearer)
    assert (wrong.status_code, "auto, light, dark" in (wrong.json or {})["detail"]) == (400, True)
    assert client.post("/api/v1/me/preferences", json={"theme": "dark"}, headers=bearer).status_code == 200
    assert owl_app.ops.accounts.preferences("vera")["theme"] == "dark"


def test_the_description_fits_the_endpoints(login: Login, web: Flask) -> None:
    found = login("vera").get("/api/v1/openapi.json").json or {}
    assert found["openapi"].startswith("3.1")
    rules = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in web.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in found["paths"].items() for method in methods}
    assert described == rules
    text = json.dumps(found)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= set(found["components"]["schemas"])


def test_a_database_that_is_away_is_told_with_503(login: Login, owl_app: App) -> None:
    client = login("vera")
    state, away = owl_app.settings.state_dir, owl_app.settings.state_dir.with_name("away")
    owl_app.database.close()
    state.rename(away)
    answer = client.get("/monitor")
    assert answer.status_code == 503
    assert "owl.db" in answer.get_data(as_text=True)
    assert client.get("/api/v1/executions").status_code == 503
    owl_app.database.close()
    away.rename(state)
    assert client.get("/api/v1/executions").status_code == 200


def test_without_its_static_files_the_server_says_so(owl_app: App, tmp_path: Path) -> None:
    answer = create_app(owl_app, assets=Assets(tmp_path)).test_client().get("/login")
    assert answer.status_code == 503
    assert "make webgui" in answer.get_data(as_text=True)


def test_metrics_are_for_this_machine_without_a_login(web: Flask, run_dir: Path) -> None:
    client = web.test_client()
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'owl_runs{state="Failed"} 1.0' in answer.get_data(as_text=True)
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.9"}).status_code == 302
