"""Workflows to look at: templates, parameters, DAG, what HTCondor says of them, a rendering for a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from owl.ops import CheckResult, Role, TemplateDetails, TemplateInfo
from webgui.api.registry import Registry
from webgui.services import services

TAG = "workflows"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A dataset and parameters that a workflow is to be rendered for; nothing is kept or submitted."""

    dataset: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def workflows() -> Sequence[TemplateInfo]:
    """Every workflow, also one that is broken."""
    return services().ops.templates.list()


def workflow(name: str) -> TemplateDetails:
    """One workflow: its templates, parameters, DAG, and the versions that runs were made of."""
    return services().ops.templates.show(name)


def check_workflow(name: str, body: Trial) -> CheckResult:
    """Render a workflow for a dataset and ask HTCondor's own parsers about it."""
    return services().ops.templates.check(name, body.dataset.strip(), body.parameters)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/workflows", tag=TAG)(workflows)
    api.get("/workflows/{name}", tag=TAG)(workflow)
    api.post("/workflows/{name}/check", tag=TAG, role=Role.VIEWER)(check_workflow)
