"""What every page shows: the time, OWL's version, the tabs, and the data that its scripts start with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import flask_login
from flask import Flask, current_app, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from owl import __version__
from owl.errors import OwlError
from webgui.preferences import Preferences, of_user
from webgui.services import services

# Tabs in the order of the talk, with what it has no tab for: path's endpoint, name, and the key that leads there.
TABS = (
    ("dashboard.page", "Dashboard", "d"),
    ("monitor.page", "Monitor", "m"),
    ("triage.page", "Triage", "t"),
    ("queue.page", "Queue", "q"),
    ("history.page", "History", "h"),
    ("poller.page", "Poller", "p"),
    ("templates.page", "Templates", "w"),
    ("preferences.page", "Preferences", "s"),
)


def set_up(app: Flask) -> None:
    """Give templates what they need."""
    app.context_processor(_common)
    app.jinja_env.filters["data"] = data
    app.jinja_env.filters["utc"] = utc


def utc(moment: datetime | None) -> str:
    """2026-11-25 09:00:00, or nothing."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def day_of_year(moment: datetime) -> str:
    """`Wed, 25 Nov 2026 09:00:00 UTC 329 DOY`, as the talk's header has it."""
    return moment.strftime("%a, %d %b %Y %H:%M:%S UTC %j DOY")


def data(value: object) -> Markup:
    """JSON for a data block: no text in it can end the block or begin a comment (HTML standard, "Restrictions for
    contents of script elements")."""
    text = json.dumps(value, default=str, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped


def _common() -> dict[str, Any]:
    found = services()
    asking: Any = flask_login.current_user
    user = asking if asking and asking.is_authenticated else None
    try:
        chosen = of_user(user.name) if user is not None else Preferences()
    except OwlError:  # the database is away: the page that says so needs no preferences
        chosen = Preferences()
    return {
        "blueprints": current_app.blueprints,
        "assets": found.assets if found.assets.built else None,
        "csrf": generate_csrf,
        "header_time": day_of_year(datetime.now(UTC)),
        "preferences": chosen,
        "tabs": TABS if user is not None else (),
        "url_for": url_for,
        "version": __version__,
        "who": user,
    }
