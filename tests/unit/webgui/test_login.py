"""Who gets in, by what, and what an attacker may not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from owl.app import App
from owl.config import load_settings
from owl.errors import InvalidSetting
from tests.unit.webgui.conftest import PASSWORD, Login, csrf_of
from webgui.app import create_app
from webgui.assets import Assets
from webgui.secret import secret_key
from webgui.server import require_safe


def test_every_page_and_call_needs_a_login(web: Flask) -> None:
    client = web.test_client()
    for rule in web.url_map.iter_rules():
        if rule.endpoint in (
            "static",
            "login.form",
            "login.enter",
            "health.health",
            "health.healthz",
            "metrics.metrics",
        ) or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<int:", "<").replace("<path:", "<").replace("<string:", "<")
        answer = client.get("/".join("1" if part.startswith("<") else part for part in path.split("/")))
        assert answer.status_code == (401 if rule.rule.startswith("/api/") else 302), rule.rule


def test_a_wrong_password_and_a_wrong_name_look_the_same(web: Flask) -> None:
    client = web.test_client()
    token = csrf_of(client, "/login")
    bodies = []
    for name, password in (("otto", "wrong"), ("nobody", PASSWORD)):
        answer = client.post("/login", data={"name": name, "password": password, "csrf_token": token})
        assert answer.status_code == 401
        bodies.append(re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)))
    assert bodies[0] == bodies[1]


def test_failed_logins_are_limited_by_account_and_good_ones_are_not(web: Flask) -> None:
    client = web.test_client()
    token = csrf_of(client, "/login")
    bad = {"name": "otto", "password": "wrong", "csrf_token": token}
    answers = [client.post("/login", data=bad).status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    for _ in range(12):
        other = web.test_client()
        good = {"name": "ann", "password": PASSWORD, "csrf_token": csrf_of(other, "/login")}
        elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
        assert other.post("/login", data=good, environ_overrides=elsewhere).status_code == 302


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1", ""]
)
def test_a_login_leads_to_this_server_alone(web: Flask, wanted: str) -> None:
    client = web.test_client()
    form = {"name": "otto", "password": PASSWORD, "csrf_token": csrf_of(client, "/login"), "next": wanted}
    assert client.post("/login", data=form).headers["Location"].startswith("/")
    assert "evil" not in client.get("/login").headers.get("Location", "")


def test_the_cookie_is_for_this_site_and_no_script(web: Flask) -> None:
    client = web.test_client()
    form = {"name": "otto", "password": PASSWORD, "csrf_token": csrf_of(client, "/login")}
    cookie = client.post("/login", data=form).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    secure = client.post("/login", data=form, base_url="https://localhost/")
    assert "Secure" in secure.headers.get("Set-Cookie", "Secure")


def test_a_change_without_its_csrf_token_is_refused(login: Login) -> None:
    client = login("otto")
    answer = client.post("/api/v1/me/preferences", json={"rows": 100})
    assert answer.status_code == 403
    assert "CSRF" in answer.json["detail"] if answer.json else False
    assert client.post("/logout").status_code == 403


def test_a_new_password_ends_the_sessions(login: Login, owl_app: App) -> None:
    client = login("otto")
    assert client.get("/api/v1/me").status_code == 200
    owl_app.ops.accounts.set_password("otto", "another long password", by="ann")
    assert client.get("/api/v1/me").status_code == 401


def test_a_disabled_account_is_out_at_once(login: Login, owl_app: App) -> None:
    client = login("otto")
    owl_app.ops.accounts.disable("otto", by="ann")
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_needs_no_csrf_and_has_its_own_role(web: Flask, owl_app: App) -> None:
    _, text = owl_app.ops.accounts.make_token("ann", "a script", by="ann")
    client = web.test_client()
    bearer = {"Authorization": f"Bearer {text}"}
    assert client.get("/api/v1/me", headers=bearer).json == {"name": "ann", "role": "admin"}
    assert client.post("/api/v1/me/preferences", json={"rows": 100}, headers=bearer).status_code == 200
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer owl_wrong"}).status_code == 401


def test_a_bad_token_beside_a_good_cookie_lets_nothing_through(login: Login) -> None:
    """Else a page elsewhere could switch the CSRF check off by sending any token."""
    client = login("otto")
    bad = {"Authorization": "Bearer owl_wrong"}
    assert client.post("/api/v1/me/preferences", json={"rows": 100}, headers=bad).status_code == 403


def proxied(owl_app: App, assets: Assets) -> Flask:
    """The application behind a proxy at 10.1.0.1 that names its users."""
    settings = {
        "OWL_CONFIG": "/dev/null",
        "OWL_STATE_DIR": str(owl_app.settings.state_dir),
        "OWL_WEB_TRUSTED_PROXIES": "10.1.0.0/24",
        "OWL_WEB_USER_HEADER": "X-Remote-User",
    }
    return create_app(App(load_settings(settings)), assets=assets)


@pytest.mark.parametrize(("peer", "status"), [("10.1.0.1", 200), ("10.2.0.1", 401), ("127.0.0.1", 401)])
def test_the_user_header_is_believed_from_the_proxy_alone(
    owl_app: App, assets: Assets, peer: str, status: int
) -> None:
    client = proxied(owl_app, assets).test_client()
    given: dict[str, Any] = {"headers": {"X-Remote-User": "otto"}, "environ_overrides": {"REMOTE_ADDR": peer}}
    assert client.get("/api/v1/me", **given).status_code == status


def test_a_proxys_unknown_user_gets_nowhere(owl_app: App, assets: Assets) -> None:
    client = proxied(owl_app, assets).test_client()
    given: dict[str, Any] = {
        "headers": {"X-Remote-User": "mallory"},
        "environ_overrides": {"REMOTE_ADDR": "10.1.0.1"},
    }
    assert client.get("/api/v1/me", **given).status_code == 401


def test_the_key_is_kept_for_its_owner_alone(owl_app: App) -> None:
    directory = owl_app.settings.state_dir
    first = secret_key(directory)
    assert first == secret_key(directory)
    assert (directory / "web.secret").stat().st_mode & 0o777 == 0o600


def test_it_listens_beyond_this_machine_behind_a_proxy_only() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        require_safe(host, proxied=False)
    require_safe("192.0.2.1", proxied=True)
    with pytest.raises(InvalidSetting, match="reverse proxy"):
        require_safe("192.0.2.1", proxied=False)
