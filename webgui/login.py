"""Who is asking: a login's session, an API token, or the user whom a trusted proxy has named."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import flask_login
from flask import Flask, Request, Response, abort, current_app, g, jsonify, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from owl.errors import NotFound
from owl.ops import Account, Role
from webgui.assets import NOT_BUILT
from webgui.security import USER
from webgui.services import services

OPEN = frozenset({"static", "login.form", "login.enter", "health.health", "health.healthz"})  # without a login
RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}
METRICS = "metrics.metrics"  # without a login from this machine alone
manager = flask_login.LoginManager()
csrf = CSRFProtect()

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class User(flask_login.UserMixin):  # type: ignore[misc]  # flask-login has no types
    """An account as Flask-Login wants it. The id holds the account's stamp: a new password ends old sessions."""

    def __init__(self, account: Account, role: Role | None = None) -> None:
        self.account = account
        self.name = account.name
        self.role = role or account.role

    def get_id(self) -> str:
        return f"{self.account.stamp}:{self.account.name}"

    def may(self, role: Role) -> bool:
        """Whether this role includes that one."""
        return RANK[self.role] >= RANK[role]


def set_up(app: Flask) -> None:
    """Login on every endpoint but `OPEN`, and CSRF on every change that a browser's cookie could make."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    csrf.init_app(app)
    manager.init_app(app)
    manager.session_protection = "strong"
    manager.user_loader(_of_session)
    manager.request_loader(_of_request)
    app.before_request(_require)


def user() -> User:
    """Who is asking; only where a login is required."""
    found: User = flask_login.current_user
    return found


def me() -> str:
    """The name that goes into the audit trail."""
    return user().name


def needs(role: Role) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Let only this role and those above it in."""

    def wrap(view: Callable[Given, Answer]) -> Callable[Given, Answer]:
        @functools.wraps(view)
        def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
            if not user().may(role):
                abort(403, f"this is for {role}s; {me()} is a {user().role}")
            return view(*args, **kwargs)

        return guarded

    return wrap


def _require() -> ResponseReturnValue | None:
    for_people = not request.path.startswith("/api/") and request.blueprint not in ("health", "metrics")
    if for_people and not services().assets.built:
        return Response(NOT_BUILT + "\n", 503, mimetype="text/plain")
    known = flask_login.current_user.is_authenticated  # before CSRF: it finds out whether a token asks
    if not g.get("by_token"):
        csrf.protect()
    if known or request.endpoint in OPEN or (request.endpoint == METRICS and _from_here()):
        return None
    if request.path.startswith("/api/"):
        answer = jsonify(
            title="Unauthorized", status=401, detail="log in, or send a token: Authorization: Bearer …"
        )
        answer.headers["WWW-Authenticate"] = 'Bearer realm="OWL"'
        return answer, 401
    return redirect(url_for("login.form", next=request.full_path.rstrip("?")))


def _from_here() -> bool:
    """Whether this machine itself asks, and no trusted proxy for somebody else."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _of_session(identity: str) -> User | None:
    stamp, _, name = identity.partition(":")
    account = _account(name)
    return User(account) if account is not None and str(account.stamp) == stamp else None


def _of_request(asked: Request) -> User | None:
    kind, _, text = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        g.by_token = True  # no cookie vouches for this request, so nobody can forge it for another
        return _of_token(text.strip())
    named = asked.environ.get(USER)
    account = _account(named) if named else None
    return User(account) if account is not None else None


def _of_token(text: str) -> User | None:
    found = services(current_app).ops.accounts.by_token(text)
    if found is None or not found.active:
        return None
    return User(found)


def _account(name: str) -> Account | None:
    try:
        account: Any = services(current_app).ops.accounts.get(name)
    except NotFound:
        return None
    return account if account.active else None


class Sessions(SecureCookieSessionInterface):
    """Session cookies that are Secure wherever the request came by TLS, to this server or to its proxy."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure
