"""Login and logout. A wrong name and a wrong password look the same, and take the same time."""

from __future__ import annotations

from urllib.parse import urlsplit

import flask_login
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from webgui.guard import limiter, login_limit
from webgui.login import User
from webgui.services import services

blueprint = Blueprint("login", __name__)
_LONGEST = 200


@blueprint.get("/login")
def form() -> ResponseReturnValue:
    """The form."""
    if flask_login.current_user.is_authenticated:
        return redirect(_next())
    return render_template("login.html", next=request.args.get("next", ""), name="", words="")


def _account() -> str:
    return "account:" + request.form.get("name", "")[:_LONGEST].lower()


def _failed(response: object) -> bool:
    return getattr(response, "status_code", 0) == 401


@blueprint.post("/login")
@limiter.limit(login_limit, deduct_when=_failed)
@limiter.limit(login_limit, key_func=_account, deduct_when=_failed)
def enter() -> ResponseReturnValue:
    """Check name and password and begin a session."""
    name = request.form.get("name", "")[:_LONGEST]
    account = services().ops.accounts.check(name, request.form.get("password", ""))
    services().ops.accounts.note(name, "login", name, result="refused" if account is None else "in")
    if account is None:
        words = "This name and password don't fit. Ask an administrator where you have forgotten it."
        return render_template("login.html", next=request.form.get("next", ""), name=name, words=words), 401
    session.clear()  # nothing of an earlier session goes on
    flask_login.login_user(User(account))
    session.permanent = True
    return redirect(_next())


@blueprint.post("/logout")
def leave() -> ResponseReturnValue:
    """End the session."""
    flask_login.logout_user()
    session.clear()
    return redirect(url_for("login.form"))


def set_up(app: Flask) -> None:
    """Count failed logins."""
    limiter.init_app(app)


def _next() -> str:
    """Where the user wanted to go: a path of this server and nothing else."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    good = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    plain = wanted.isprintable() and "\\" not in wanted
    return (
        wanted
        if good and plain
        else url_for("dashboard.page" if "dashboard" in current_app.blueprints else "monitor.page")
    )
