"""Rendering is pure: a workflow and an entry's values become file names and texts, nothing else happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import jinja2

from owl import names
from owl.errors import TemplateError
from owl.workflow.catalog import Workflow
from owl.workflow.values import check_values


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a template may know of the run that it is rendered for."""

    dataset: str
    priority: int
    campaign: str
    run_id: str
    work_dir: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The files of one run: names as they lie in the work directory, and the name of the DAG among them."""

    dag: str
    files: Mapping[str, str]
    digest: str


class Renderer:
    """Renders workflows; each version of one is compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[str, tuple[str, dict[str, jinja2.Template]]] = {}

    def render(self, workflow: Workflow, request: Request) -> Rendered:
        """Render every template of a workflow for one request.

        Raises:
            InvalidName: a parameter that the workflow doesn't take, lacks, or can't pass on.
            TemplateError: a template that isn't valid or names what isn't defined, with file and line.
        """
        values = check_values(workflow.parameters, request.parameters, workflow=workflow.name)
        values |= {
            "dataset": request.dataset,
            "workflow": workflow.name,
            "priority": request.priority,
            "campaign": request.campaign,
            "run_id": request.run_id,
            "work_dir": request.work_dir,
        }
        files = {}
        for name, template in self._templates(workflow).items():
            files[rendered_name(name, request.dataset)] = _render(workflow, name, template, values)
        dag = rendered_name(workflow.dag, request.dataset)
        files[dag] += _identity(request.run_id)
        return Rendered(dag=dag, files=files, digest=workflow.digest)

    def _templates(self, workflow: Workflow) -> dict[str, jinja2.Template]:
        digest, templates = self._compiled.get(workflow.name, ("", {}))
        if digest != workflow.digest:
            templates = _compile(workflow)
            self._compiled[workflow.name] = (workflow.digest, templates)
        return templates


def rendered_name(template: str, dataset: str) -> str:
    """`crds_submit.job` becomes `crds_submit_<dataset>.job`: so the talk's DAG files name them."""
    path = PurePath(template)
    return f"{path.stem}_{dataset}{path.suffix}"


def _compile(workflow: Workflow) -> dict[str, jinja2.Template]:
    # What is rendered is a submit description, not HTML: escaping is values.py's, before rendering.
    environment = jinja2.Environment(  # noqa: S701 - see above
        loader=jinja2.DictLoader(dict(workflow.sources)),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    templates = {}
    for name in workflow.sources:
        try:
            templates[name] = environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            place = f"{workflow.folder / (error.name or name)}:{error.lineno}"
            raise TemplateError(f"{place}: not a valid Jinja2 template: {error.message}") from error
    return templates


def _render(workflow: Workflow, name: str, template: jinja2.Template, values: Mapping[str, Any]) -> str:
    try:
        text = template.render(values)
    except jinja2.UndefinedError as error:
        place = f"{workflow.folder / name}:{_line(error, name)}"
        raise TemplateError(
            f"{place}: {error.message}; declare it in {names.WORKFLOW_FILE} or give it as a parameter"
        ) from error
    except Exception as error:  # a template is a program: whatever it raises is its author's to mend
        place = f"{workflow.folder / name}:{_line(error, name)}"
        raise TemplateError(f"{place}: {type(error).__name__}: {error}") from error
    return text if text.endswith("\n") else text + "\n"


def _line(error: BaseException, name: str) -> int:
    """The line of the template: Jinja2 rewrites tracebacks so that its frames carry the template's lines."""
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename in (name, "<template>"):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _identity(run_id: str) -> str:
    """Every step of the DAG carries its run's id (HTCondor manual, DAGMan: VARS, "+" makes an attribute)."""
    line = f'VARS ALL_NODES +{names.ATTR_RUN_ID}="\\"{run_id}\\""'
    return f"\n# Added by OWL: each job step tells which run it is of.\n{line}\n"
