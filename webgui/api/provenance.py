"""Provenance: all that is known of a run, to look at and to keep beside its products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from owl.model import Entry, Run, Submission
from owl.ops import Command, FailureCause, File
from webgui.api.registry import Registry, answer
from webgui.api.rows import ExecutionRow, execution_row, plain_name
from webgui.services import services

TAG = "look"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A run from its request to its products.

    `resources` are by GlobalJobId and start number: what was asked of HTCondor, and what was used. `files` are the
    rendered ones with their texts; they are empty where the run's directory can't be read from here.
    """

    run: Run
    entry: Entry
    submissions: Sequence[Submission]
    executions: Sequence[ExecutionRow]
    resources: Mapping[str, Mapping[str, Any]]
    commands: Sequence[Command]
    failures: Sequence[FailureCause]
    files: Sequence[File]
    products: Sequence[File]


def provenance(run_id: str, download: bool = False) -> Response:
    """All that is known of a run, or of the newest run of a dataset; `download`: as a file to keep."""
    found = services().ops.provenance(run_id)
    known = {name: getattr(found, name) for name in Origin.__dataclass_fields__ if name != "executions"}
    rows = [execution_row(one, found.run) for one in found.executions]
    response = answer(Origin, Origin(executions=rows, **known))
    if download:
        name = f"{plain_name(found.run.dataset)}_{found.run.id}.provenance.json"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/runs/{run_id}/provenance", tag=TAG)(provenance)
