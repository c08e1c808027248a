"""From a workflow's name to its templates: one folder each below the template root."""

from __future__ import annotations

import difflib
import hashlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owl import names
from owl.errors import TemplateError, UnknownWorkflow
from owl.workflow.retry import Policy, read_policy
from owl.workflow.values import MAXIMUM_WORKFLOW, Parameter, ValueType, check_name, show

# Variables that OWL itself gives to every template; a parameter can't take such a name.
OWN_VARIABLES = frozenset({"dataset", "workflow", "priority", "campaign", "run_id", "work_dir"})

AUTO = 0
MAXIMUM_BUNDLE = 1000

_KEYS = {"description": str, "type": str, "required": bool, "default": object}


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A named set of templates: one `.dag`, some `.job`, a `workflow.toml`."""

    name: str
    folder: Path
    description: str
    parameters: Mapping[str, Parameter]
    products: tuple[str, ...]
    sources: Mapping[str, str]  # file name → template text, the .dag and the .job files
    digest: str
    bundle: int = 1  # most datasets under one condor_dagman; AUTO: as many as the pool has slots
    retry: Policy = field(default_factory=Policy)

    @property
    def dag(self) -> str:
        """The name of the DAG template."""
        return next(name for name in self.sources if name.endswith(".dag"))


class Catalog:
    """The workflows below a template root. A changed file is seen at the next look."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[str, tuple[tuple[Any, ...], Workflow]] = {}

    def names(self) -> list[str]:
        """Every workflow's name, sorted."""
        if not self.root.is_dir():
            raise UnknownWorkflow(f"{self.root}: no such template root; set template_root in owl.toml")
        return sorted(folder.name for folder in self.root.iterdir() if any(folder.glob("*.dag")))

    def away(self) -> str:
        """Why no workflow at all can be found, "" where one may be: the root is gone, or what is mounted there."""
        try:
            with os.scandir(self.root) as there:
                empty = next(there, None) is None
        except OSError as error:
            return f"the template root {self.root} can't be read ({error.strerror})"
        return f"the template root {self.root} is empty: is it mounted?" if empty else ""

    def get(self, name: str) -> Workflow:
        """The workflow of that name.

        Raises:
            UnknownWorkflow: there is none.
            TemplateError: its folder isn't as it must be.
        """
        check_name("workflow", name, MAXIMUM_WORKFLOW)
        folder = self.root / name
        if not folder.is_dir():
            raise UnknownWorkflow(self._unknown(name))
        state = _fingerprint(folder)
        if name not in self._read or self._read[name][0] != state:
            self._read[name] = (state, load(folder))
        return self._read[name][1]

    def __iter__(self) -> Iterator[Workflow]:
        return (self.get(name) for name in self.names())

    def _unknown(self, name: str) -> str:
        there = self.names()
        close = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(there) or 'none'}"
        return f"there is no workflow {name} in {self.root}; {hint}"


def load(folder: Path) -> Workflow:
    """Read one workflow's folder."""
    sources = {path.name: _text(path) for path in _templates(folder)}
    dags = [name for name in sources if name.endswith(".dag")]
    if len(dags) != 1:
        raise TemplateError(f"{folder}: a workflow has one .dag template, here are {len(dags)}")
    table = _table(folder / names.WORKFLOW_FILE)
    return Workflow(
        name=folder.name,
        folder=folder,
        description=str(table.get("description", "")),
        parameters=_parameters(folder / names.WORKFLOW_FILE, table.get("parameters", {})),
        products=tuple(str(pattern) for pattern in table.get("products", {}).get("files", ())),
        sources=sources,
        digest=_digest(folder, sources),
        bundle=_bundle(folder / names.WORKFLOW_FILE, table.get("bundle", 1)),
        retry=read_policy(table, str(folder / names.WORKFLOW_FILE)),
    )


def _templates(folder: Path) -> list[Path]:
    """The .dag and .job files, not what an editor left beside them."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in (".dag", ".job") and path.is_file() and path.name[0] not in ".#"
    )


def _fingerprint(folder: Path) -> tuple[Any, ...]:
    files = [*_templates(folder), folder / names.WORKFLOW_FILE]
    stats = [(path.name, path.stat()) for path in files if path.exists()]
    return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise TemplateError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: isn't UTF-8 text (byte {error.start})") from error


def _table(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path}: not valid TOML: {error}") from error


def _bundle(path: Path, given: Any) -> int:
    if given == "auto":
        return AUTO
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MAXIMUM_BUNDLE:
        raise TemplateError(f'{path}: bundle is "auto" or a whole number from 1 to {MAXIMUM_BUNDLE}')
    return given


def _parameters(path: Path, table: Any) -> dict[str, Parameter]:
    if not isinstance(table, dict):
        raise TemplateError(f"{path}: parameters must be tables, as in [parameters.pathname]")
    return {name: _parameter(path, name, given) for name, given in table.items()}


def _parameter(path: Path, name: str, given: Any) -> Parameter:
    place = f"{path}: [parameters.{name}]"
    if not name.isidentifier() or name in OWN_VARIABLES:
        raise TemplateError(f"{place}: {show(name)} can't be a parameter's name, or is OWL's own")
    if not isinstance(given, dict) or not all(
        key in _KEYS and isinstance(value, _KEYS[key]) for key, value in given.items()
    ):
        raise TemplateError(f"{place}: takes description, type, required (true or false) and default")
    try:
        kind = ValueType(given.get("type", "string"))
    except ValueError:
        raise TemplateError(f"{place}: type is one of {', '.join(ValueType)}") from None
    return Parameter(
        name=name,
        type=kind,
        description=given.get("description", ""),
        required=given.get("required", False),
        default=given.get("default"),
    )


def _digest(folder: Path, sources: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    declared = folder / names.WORKFLOW_FILE
    files = {**sources, **({declared.name: _text(declared)} if declared.exists() else {})}
    for name, text in sorted(files.items()):
        whole.update(f"{name}\0{len(text)}\0{text}".encode())
    return whole.hexdigest()
