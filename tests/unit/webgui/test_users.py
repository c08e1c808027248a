"""Accounts in the GUI: administrators alone, with their own password once more, and all of it on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from owl.app import App
from owl.model import Role
from owl.ops import View
from tests.unit.webgui.conftest import PASSWORD, Login, csrf_of

NEW = {"name": "olga", "role": "operator", "password": "another good password", "confirm": PASSWORD}


def post(client: FlaskClient, path: str, body: Mapping[str, Any]) -> TestResponse:
    """A change as the page's own script makes it."""
    token = csrf_of(client, "/accounts")
    return client.post(f"/api/v1{path}", json=body, headers={"X-CSRFToken": token})


@pytest.fixture
def ann(login: Login) -> FlaskClient:
    """An administrator who has logged in."""
    return login("ann")


def test_an_account_is_made_changed_and_taken_away(ann: FlaskClient, login: Login, owl_app: App) -> None:
    made = post(ann, "/users", NEW)
    assert (made.status_code, (made.json or {})["has_password"]) == (200, True)
    assert not [name for name in made.json or {} if name == "password"]
    accounts = owl_app.ops.accounts
    assert accounts.check("olga", "another good password") is not None
    assert post(ann, "/users", NEW).status_code == 409
    for body in ({"verb": "role", "role": "viewer"}, {"verb": "password", "password": "yet another password"}):
        assert post(ann, "/users/olga", {**body, "confirm": PASSWORD}).status_code == 200
    assert accounts.get("olga").role is Role.VIEWER
    assert accounts.check("olga", "yet another password") is not None
    assert post(ann, "/users/olga", {"verb": "disable", "confirm": PASSWORD}).status_code == 200
    assert not accounts.get("olga").active
    assert post(ann, "/users/olga", {"verb": "enable", "confirm": PASSWORD}).status_code == 200
    left = post(ann, "/users/olga", {"verb": "delete", "confirm": PASSWORD}).json or []
    assert [one["name"] for one in left] == ["ann", "otto", "vera"]
    kept = [row.verb for row in owl_app.ops.look.audit(View()).rows if (row.actor, row.scope) == ("ann", "olga")]
    assert kept == ["user delete", "user enable", "user disable", "user password", "user role", "user add"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "no blanks"}, 400),
        ({"name": "<script>"}, 400),
        ({"password": "short"}, 400),
        ({"role": "king"}, 400),
        ({"confirm": ""}, 409),
        ({"confirm": "not hers at all"}, 409),
    ],
)
def test_an_account_that_cant_be_is_refused(
    ann: FlaskClient, owl_app: App, change: Mapping[str, Any], status: int
) -> None:
    answer = post(ann, "/users", {**NEW, **change})
    assert (answer.status_code, len(owl_app.ops.accounts.list())) == (status, 3), answer.json


def test_the_last_administrator_stays_one(ann: FlaskClient, owl_app: App) -> None:
    for body in ({"verb": "role", "role": "viewer"}, {"verb": "disable"}, {"verb": "delete"}):
        answer = post(ann, "/users/ann", {**body, "confirm": PASSWORD})
        assert (answer.status_code, "last administrator" in (answer.json or {})["detail"]) == (409, True)
    assert owl_app.ops.accounts.get("ann").role is Role.ADMIN


def test_an_open_session_guesses_no_password(ann: FlaskClient, owl_app: App) -> None:
    most = owl_app.settings.web_login_limit
    answers = [post(ann, "/users", {**NEW, "confirm": "a guess"}).status_code for _ in range(most)]
    assert answers == [409] * most
    assert post(ann, "/users", NEW).status_code == 429
    rows = owl_app.ops.look.audit(View()).rows
    assert sum((row.actor, row.verb, row.result) == ("ann", "confirm", "refused") for row in rows) == most
    assert len(owl_app.ops.accounts.list()) == 3


def test_a_change_of_accounts_without_the_pages_token_is_refused(ann: FlaskClient, owl_app: App) -> None:
    assert ann.post("/api/v1/users", json=NEW).status_code == 403
    assert len(owl_app.ops.accounts.list()) == 3


def test_everybodys_tokens_are_for_administrators(ann: FlaskClient, login: Login, owl_app: App) -> None:
    owl_app.ops.accounts.make_token("otto", "nightly", by="otto")
    assert [one["account"] for one in ann.get("/api/v1/tokens").json or []] == ["otto"]
    assert login("otto").get("/api/v1/tokens").status_code == 403
