"""Monitor: the talk's pane, by step or by dataset."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from webgui.start import start
from webgui.tables import DATASETS, EXECUTIONS

blueprint = Blueprint("monitor", __name__)


@blueprint.get("/monitor")
def page() -> str:
    """The page with its first rows in it: its script needs no second request to show them."""
    by_dataset = request.args.get("look") == "dataset"
    table = DATASETS if by_dataset else EXECUTIONS
    return render_template("monitor.html", by_dataset=by_dataset, start=start("monitor", table=table))
