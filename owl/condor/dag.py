"""DAG files: their nodes and edges, and rescue files.

OWL's own reading of a DAG serves messages, graphs and rescues. Whether HTCondor takes a DAG is for HTCondor's
own parser to say: `owl.condor.check`. Grammar: HTCondor manual, "DAGMan input file reference".
"""

from __future__ import annotations

import graphlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from owl.errors import CheckFailed

_NODE_WORDS = frozenset({"JOB", "NODE", "FINAL", "SERVICE", "PROVISIONER"})
_COMMON_WORDS = frozenset({"JOB", "NODE"})
_RESCUE = re.compile(r"\.rescue(\d{3,})\Z")


@dataclass(frozen=True, kw_only=True)
class Node:
    """One node: its submit description's file, the line where it stands, and its parents' names."""

    name: str
    job_file: str
    line: int
    priority: int = 0
    parents: tuple[str, ...] = ()
    macros: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dag:
    """The nodes of a DAG file in the order in which they stand there; `apart` of them are FINAL and the like."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    apart: int = 0


@dataclass
class _Lines:
    """What has been read so far."""

    place: str
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    priorities: dict[str, int] = field(default_factory=dict)
    macros: dict[str, dict[str, str]] = field(default_factory=dict)
    apart: int = 0


def parse(text: str, place: str) -> Dag:
    """Read a DAG file; `place` stands before the line number in messages.

    Raises:
        CheckFailed: a line that names a node which isn't there, or that lacks words.
    """
    found = _Lines(place=place)
    for number, words in _statements(text):
        _statement(found, number, words)
    for child, parents in found.parents.items():
        for parent in parents:
            for name in (child, parent):
                if name not in found.jobs:
                    raise CheckFailed(f"{place}: PARENT … CHILD names the node {name}, which no JOB line defines")
    nodes = {
        name: Node(
            name=name,
            job_file=job_file,
            line=line,
            priority=found.priorities.get(name, 0),
            parents=tuple(dict.fromkeys(found.parents.get(name, ()))),
            macros={**found.macros.get("ALL_NODES", {}), **found.macros.get(name, {})},
        )
        for name, (job_file, line) in found.jobs.items()
    }
    return Dag(nodes=nodes, apart=found.apart)


def check_cycles(dag: Dag, place: str) -> None:
    """Raise `CheckFailed` with the nodes of a cycle where there is one."""
    try:
        graphlib.TopologicalSorter({name: node.parents for name, node in dag.nodes.items()}).prepare()
    except graphlib.CycleError as error:
        path = " → ".join(reversed(error.args[1]))
        raise CheckFailed(f"{place}: the nodes go in a circle: {path}; take one PARENT … CHILD line out") from None


def check_job_files(dag: Dag, present: set[str], place: str) -> None:
    """Raise `CheckFailed` where a node's job file isn't among those present."""
    for node in dag.nodes.values():
        if node.job_file not in present:
            there = ", ".join(sorted(name for name in present if name.endswith(".job"))) or "none"
            raise CheckFailed(
                f"{place}:{node.line}: node {node.name} names the job file {node.job_file}, "
                f"which no template renders to; there are: {there}"
            )


def rescue_files(dag_file: Path) -> list[Path]:
    """The rescue files of a DAG, the latest last (HTCondor manual, "The Rescue DAG")."""
    pattern = dag_file.name + ".rescue*"
    found = [path for path in dag_file.parent.glob(pattern) if _RESCUE.search(path.name)]
    return sorted(found, key=lambda path: int(_RESCUE.search(path.name).group(1)))  # type: ignore[union-attr]  # just matched


def done_nodes(rescue_file: Path) -> set[str]:
    """The nodes that a rescue file marks as done."""
    lines = rescue_file.read_text(encoding="utf-8", errors="replace").splitlines()
    return {words[1] for words in map(str.split, lines) if len(words) == 2 and words[0].upper() == "DONE"}


def _statements(text: str) -> list[tuple[int, list[str]]]:
    statements = []
    for number, line in enumerate(text.split("\n"), start=1):  # HTCondor's lines end so
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            statements.append((number, _words(stripped)))
    return statements


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=False, posix=True)
    except ValueError:
        return line.split()


def _statement(found: _Lines, number: int, words: list[str]) -> None:
    keyword = words[0].upper()
    if keyword in _NODE_WORDS:
        _node(found, number, words)
        found.apart += keyword not in _COMMON_WORDS
    elif keyword == "PARENT":
        _edges(found, number, words)
    elif keyword == "PRIORITY" and len(words) == 3 and words[2].lstrip("-").isdigit():
        found.priorities[words[1]] = int(words[2])
    elif keyword == "VARS" and len(words) > 2:
        pairs = (word.partition("=") for word in words[2:] if "=" in word)
        found.macros.setdefault(words[1], {}).update({name: value for name, _, value in pairs})


def _node(found: _Lines, number: int, words: list[str]) -> None:
    if len(words) < 3:
        raise CheckFailed(f"{found.place}:{number}: {words[0]} needs a node's name and a job file")
    if words[1] in found.jobs:
        raise CheckFailed(f"{found.place}:{number}: the node {words[1]} is defined twice")
    found.jobs[words[1]] = (words[2], number)


def _edges(found: _Lines, number: int, words: list[str]) -> None:
    upper = [word.upper() for word in words]
    at = upper.index("CHILD") if "CHILD" in upper else 0
    parents, children = words[1:at], words[at + 1 :]
    if not at or not parents or not children:
        raise CheckFailed(f"{found.place}:{number}: it must be PARENT names… CHILD names…")
    for child in children:
        found.parents.setdefault(child, []).extend(parents)
