"""The tabs whose scripts ask the API for all that they show."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template, request

from owl.errors import NotFound
from owl.model import Entry
from webgui import preferences
from webgui.api import queue as entries
from webgui.api.rows import Rows
from webgui.services import services
from webgui.start import first_page, start
from webgui.tables import AUDIT, COMMANDS, ENTRIES, EXECUTIONS, RUNS, Table

queue = Blueprint("queue", __name__)
history = Blueprint("history", __name__)
poller = Blueprint("poller", __name__)
settings = Blueprint("preferences", __name__)
dashboard = Blueprint("dashboard", __name__)
triage = Blueprint("triage", __name__)
workflows = Blueprint("templates", __name__)
blueprints = (dashboard, triage, workflows, queue, history, poller, settings)


@dashboard.get("/", endpoint="page")
def dashboard_page() -> str:
    """Everything at one look."""
    return render_template("dashboard.html", start=start("dashboard"))


@triage.get("/triage", endpoint="page")
def triage_page() -> str:
    """What failed, by cause."""
    return render_template("triage.html", workflows=services().owl.catalog.names(), start=start("triage"))


@workflows.get("/templates", endpoint="page")
def workflows_page() -> str:
    """Workflows and their templates."""
    return render_template("templates.html", start=start("templates"))


@queue.get("/queue", endpoint="page")
def queue_page() -> str:
    """The DPQ."""
    names = services().owl.catalog.names()
    first = first_page(ENTRIES, Rows[Entry], entries.entries)
    begin = start("queue", table=ENTRIES, first=first, workflows=list(names))
    return render_template("queue.html", workflows=names, start=begin)


# Ways to look at what has ended: the name in the address, in words, and the table where it is one.
SHOWN: Mapping[str, tuple[str, Table | None]] = {
    "runs": ("Runs", RUNS),
    "steps": ("Executions", EXECUTIONS),
    "rates": ("Rates", None),
    "durations": ("Durations", None),
    "commands": ("Commands", COMMANDS),
    "audit": ("Audit", AUDIT),
}


@history.get("/history", endpoint="page")
def history_page() -> str:
    """What has ended."""
    show = request.args.get("show", "runs")
    if show not in SHOWN:
        raise NotFound(f"History doesn't show {show[:40]!r}; it shows {', '.join(SHOWN)}")
    words, table = SHOWN[show]
    begin = start("history", table=table, show=show)
    return render_template("history.html", shown=SHOWN, show=show, words=words, start=begin)


@poller.get("/poller", endpoint="page")
def poller_page() -> str:
    """Pollers and their file events."""
    return render_template("poller.html", start=start("poller"))


@settings.get("/preferences", endpoint="page")
def settings_page() -> str:
    """What one prefers; tokens; for administrators accounts."""
    return render_template("preferences.html", choices=preferences, start=start("preferences"))
