"""What every page shows: the time, OWL's version, the tabs, and the data that its scripts start with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import flask_login
from flask import Flask, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from owl import __version__
from owl.errors import OwlError
from owl.ops import Role
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
    ("machines.page", "Machines", "n"),
    ("templates.page", "Templates", "w"),
    ("preferences.page", "Preferences", "s"),
)
# Pages that stand below a tab, with their names; the tab's own page is the first.
PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "queue.page": (
        ("queue.page", "Requests"),
        ("campaigns.page", "Campaigns"),
        ("associations.page", "Associations"),
        ("accounting.page", "Accounting"),
        ("limits.page", "Limits"),
    ),
    "preferences.page": (("preferences.page", "Yours"), ("accounts.page", "Accounts")),
}
_FOR_ADMINS = frozenset({"accounts.page"})


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


def _tab() -> str | None:
    """The tab that the page belongs to."""
    for tab, places in PLACES.items():
        if request.endpoint in [endpoint for endpoint, _ in places]:
            return tab
    return request.endpoint


def _places(user: Any) -> list[tuple[str, str]]:
    """What stands below the page's tab, as far as it is for this user; empty where that is one page."""
    there = PLACES.get(_tab() or "", ())
    found = [one for one in there if one[0] not in _FOR_ADMINS or user.may(Role.ADMIN)]
    return found if len(found) > 1 else []


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
        "places": _places(user) if user is not None else (),
        "tab": _tab(),
        "tabs": TABS if user is not None else (),
        "url_for": url_for,
        "version": __version__,
        "who": user,
    }
