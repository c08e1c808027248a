"""The web GUI over an SQLite file, with three accounts, and a client that logs in as one of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from owl.app import App
from owl.config import load_settings
from owl.daemon import utc_now
from owl.db import blackboard, dpq, runs
from owl.model import EntryState, Execution, Role, Run, RunState, State, Submission
from owl.ops.accounts import Accounts
from tests.fixtures.database import sqlite_copy
from webgui.app import create_app
from webgui.assets import Assets

PASSWORD = "correct horse battery"
RUN = "20260102T030405_000001"
JOB = "ops1#7.0#1767323045"
HOSTILE = "</script><script>alert(1)</script>"


@pytest.fixture(scope="session")
def with_accounts(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with three accounts, made once: hashing a password is slow on purpose."""
    path = tmp_path_factory.mktemp("accounts") / "owl.db"
    with sqlite_copy(sqlite_template, path) as database:
        accounts = Accounts(database=database)
        for name, role in (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ann", Role.ADMIN)):
            accounts.create(name, role, PASSWORD, by="test")
    return path


@pytest.fixture
def owl_app(with_accounts: Path, tmp_path: Path) -> Iterator[App]:
    """OWL with its tables and three accounts."""
    state = str(tmp_path / "state")
    environment = {"OWL_CONFIG": "/dev/null", "OWL_STATE_DIR": state, "OWL_DATABASE_PATIENCE": "0"}
    app = App(load_settings(environment))
    app.settings.state_dir.mkdir()
    shutil.copy(with_accounts, app.settings.state_dir / "owl.db")
    yield app
    app.database.close()


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    """A manifest as the build writes it; the files themselves are the browser tests' affair."""
    dist = tmp_path / "static" / "dist"
    dist.mkdir(parents=True)
    files = {"main.js": "main-1.js", "login.js": "login-1.js", "style.css": "style-1.css"}
    (dist / "manifest.json").write_text(json.dumps({"files": files, "shared": ["chunk-1.js"]}))
    return Assets(tmp_path / "static")


@pytest.fixture
def web(owl_app: App, assets: Assets) -> Flask:
    """The application."""
    return create_app(owl_app, assets=assets)


Login = Callable[[str], FlaskClient]


@pytest.fixture
def login(web: Flask) -> Login:
    """A client that has logged in under a name."""

    def enter(name: str) -> FlaskClient:
        client = web.test_client()
        token = csrf_of(client, "/login")
        form = {"name": name, "password": PASSWORD, "csrf_token": token}
        assert client.post("/login", data=form).status_code == 302
        return client

    return enter


Call = Callable[..., TestResponse]


@pytest.fixture
def as_role(web: Flask, owl_app: App) -> Callable[[str], Call]:
    """Calls of the API with a token of that account."""

    def make(name: str) -> Call:
        _, text = owl_app.ops.accounts.make_token(name, "test", by=name)
        client = web.test_client()

        def call(method: str, path: str, body: Mapping[str, Any] | None = None) -> TestResponse:
            headers = {"Authorization": f"Bearer {text}"}
            return client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

        return call

    return make


@pytest.fixture
def run_dir(owl_app: App) -> Path:
    """A failed run with one step, whose files lie in the directory that this returns."""
    directory = owl_app.settings.work_root / "imaging" / "jw1" / RUN
    directory.mkdir(parents=True)
    now = utc_now()
    add: dict[str, Any] = {
        "dataset": "jw1",
        "workflow": "imaging",
        "priority": 5,
        "parameters": {},
        "campaign": "",
        "created_by": "t",
    }
    entry = owl_app.database.write(dpq.add, now=now, **add)
    run = Run(
        id=RUN,
        entry_id=entry,
        dataset="jw1",
        workflow="imaging",
        priority=5,
        owner="mary",
        state=RunState.FAILED,
        work_dir=str(directory),
        created_at=now,
        parameters={"raw_dir": "/data/raw", "reference_dir": "/data/ref", "archive_dir": "/data/archive"},
    )
    first = Submission(
        run_id=RUN, number=0, state=RunState.FAILED, claimed_by="h", claimed_at=now, requested_by="t"
    )
    step = Execution(
        global_job_id=JOB,
        start_number=1,
        state=State.EXITED,
        source="hook",
        observed_at=now,
        run_id=RUN,
        dataset=HOSTILE,
        owner="mary",
        process_name="LEVEL_1",
        start_time=now,
        exit_code=1,
        out="level_1.out",
        err="level_1.err",
        classad={"QDate": 1767323045, "RequestMemory": 2048, "Evil": HOSTILE},
    )
    owl_app.database.write(runs.create, run, first)
    owl_app.database.write(blackboard.record, [step])
    owl_app.database.write(dpq.claim, {entry: RUN})
    owl_app.database.write(dpq.move, entry, EntryState.FAILED, now=now)
    return directory


def csrf_of(client: FlaskClient, path: str) -> str:
    """The CSRF token that a page holds."""
    text = client.get(path).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found is not None, text[:500]
    return found.group(1)
