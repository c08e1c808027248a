"""Monitor: the talk's pane, by step or by dataset; and one run as a page of its own."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from owl.ops import DatasetRow
from webgui.api import looks
from webgui.api.rows import ExecutionRow, Rows
from webgui.services import services
from webgui.start import first_page, start
from webgui.tables import DATASETS, EXECUTIONS

blueprint = Blueprint("monitor", __name__)


@blueprint.get("/monitor")
def page() -> str:
    """The page with its first rows in it: its script needs no second request to show them."""
    by_dataset = request.args.get("look") == "dataset"
    if by_dataset:
        table, first = DATASETS, first_page(DATASETS, Rows[DatasetRow], looks.datasets)
    else:
        table, first = EXECUTIONS, first_page(EXECUTIONS, Rows[ExecutionRow], looks.executions)
    return render_template("monitor.html", by_dataset=by_dataset, start=start("monitor", table=table, first=first))


@blueprint.get("/run/<run_id>")
def run(run_id: str) -> str:
    """A run, or with `job` and `start` one of its executions."""
    found = services().ops.run(run_id).run
    number = request.args.get("start", "0")
    begin = start(
        "run",
        run=found.id,
        job=request.args.get("job"),
        number=int(number) if number.isascii() and number.isdecimal() and len(number) < 8 else 0,
    )
    return render_template("run.html", run=found, start=begin)
