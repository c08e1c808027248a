"""Workflows to look at: files, parameters, the DAG, what HTCondor says of them, which versions runs used."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from owl.db import tallies
from owl.db.engine import Database
from owl.errors import OwlError, TemplateError
from owl.ops import graph
from owl.ops.graph import RunDag
from owl.workflow.catalog import Catalog, Workflow
from owl.workflow.render import Rendered, Renderer, Request
from owl.workflow.values import Parameter, check_name

_RUN_ID, _WORK_DIR = "RUN_ID", "WORK_DIR"


@dataclass(frozen=True, kw_only=True)
class TemplateInfo:
    """A workflow; `error` is what is wrong with its folder, "" where nothing is."""

    name: str
    description: str = ""
    digest: str = ""
    products: Sequence[str] = ()
    parameters: Mapping[str, Parameter]
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TemplateVersion:
    """A version of a workflow's templates that runs were made of."""

    digest: str
    runs: int
    first: datetime
    last: datetime
    current: bool


@dataclass(frozen=True, kw_only=True)
class TemplateDetails:
    """A workflow with its files; `dag` is None where it can't be drawn before it is rendered."""

    info: TemplateInfo
    files: Mapping[str, str]
    dag: RunDag | None
    versions: Sequence[TemplateVersion]


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What a workflow becomes for a dataset, and what HTCondor's own parsers say of it."""

    ok: bool
    text: str
    files: Mapping[str, str]
    dag: RunDag | None


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Calls for people and programs that only read."""

    database: Database
    catalog: Catalog
    environment: Mapping[str, str]
    scratch: Path | None = None  # not below /tmp: DAGMan refuses node logs there, even to check a DAG

    def list(self) -> Sequence[TemplateInfo]:
        """Every workflow, also one that is broken."""
        return [self._info(name)[0] for name in self.catalog.names()]

    def show(self, name: str) -> TemplateDetails:
        """One workflow with its files and versions, or `UnknownWorkflow`."""
        info, workflow = self._info(name)
        known = self.database.read(tallies.versions, name)
        versions = [
            TemplateVersion(digest=digest, runs=runs, first=first, last=last, current=digest == info.digest)
            for digest, runs, first, last in known
        ]
        if workflow is None:
            return TemplateDetails(info=info, files={}, dag=None, versions=versions)
        return TemplateDetails(
            info=info, files=workflow.sources, dag=_drawn(workflow.sources[workflow.dag], name), versions=versions
        )

    def render(self, name: str, dataset: str, parameters: Mapping[str, Any]) -> Rendered:
        """What a workflow becomes for a dataset; nothing is kept."""
        return Renderer().render(self.catalog.get(name), _request(dataset, parameters))

    def check(self, name: str, dataset: str, parameters: Mapping[str, Any]) -> CheckResult:
        """Render a workflow for a dataset in a scratch directory and ask HTCondor's own parsers about it."""
        from owl.condor.check import Checker

        try:
            rendered = self.render(name, dataset, parameters)
        except OwlError as error:
            return CheckResult(ok=False, text=str(error), files={}, dag=None)
        if self.scratch is not None:
            self.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="owl-check-", dir=self.scratch) as scratch:
            folder = Path(scratch)
            for file, text in rendered.files.items():
                (folder / file).write_text(text, encoding="utf-8")
            try:
                Checker().check(
                    rendered.files,
                    rendered.dag,
                    work_dir=folder,
                    environment={**_surroundings(self.catalog.root / name), **self.environment},
                    filled=[dataset, _RUN_ID, _WORK_DIR],
                )
                ok, said = True, "HTCondor's parsers take it"
            except OwlError as error:
                ok, said = False, str(error).replace(f"{folder}/", "")
        return CheckResult(ok=ok, text=said, files=rendered.files, dag=_drawn(rendered.files[rendered.dag], name))

    def _info(self, name: str) -> tuple[TemplateInfo, Workflow | None]:
        try:
            found = self.catalog.get(name)
        except TemplateError as error:
            return TemplateInfo(name=name, parameters={}, error=str(error)), None
        info = TemplateInfo(
            name=name,
            description=found.description,
            digest=found.digest,
            products=found.products,
            parameters=found.parameters,
        )
        return info, found


def _surroundings(folder: Path) -> Mapping[str, str]:
    """What the shoveler gives to every step: see `owl.shoveler.deliver`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"PIPELINE_BASE": str(folder), "PATH": path}


def _request(dataset: str, parameters: Mapping[str, Any]) -> Request:
    return Request(
        dataset=check_name("dataset", dataset),
        priority=0,
        campaign="",
        run_id=_RUN_ID,
        work_dir=_WORK_DIR,
        parameters=parameters,
    )


def _drawn(text: str, place: str) -> RunDag | None:
    try:
        return graph.of_text(text, place)
    except OwlError:
        return None
