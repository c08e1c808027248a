"""A run's DAG as a graph: its nodes with the states that the blackboard knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from owl.condor import dag as dags
from owl.errors import OwlError
from owl.model import Execution, Run, State

LARGEST = 20_000_000  # bytes of a DAG file that is drawn


@dataclass(frozen=True, kw_only=True)
class DagNode:
    """A node; `state` is None where no execution of it is known yet."""

    name: str
    parents: Sequence[str] = ()
    state: State | None = None
    starts: int = 0
    exit_code: int | None = None
    exit_signal: int | None = None
    duration: float | None = None
    global_job_id: str | None = None
    start_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class RunDag:
    """Nodes and edges (parent, child); `source` is "file", "template" or, where no file is read, "blackboard"."""

    nodes: Sequence[DagNode]
    edges: Sequence[tuple[str, str]]
    source: str


def of_run(run: Run, executions: Sequence[Execution]) -> RunDag:
    """The DAG of a run: from its file, else from the parents' names that its steps tell."""
    last: dict[str, Execution] = {}
    starts: dict[str, int] = {}
    for one in executions:
        if one.process_name is not None:
            last[one.process_name] = one
            starts[one.process_name] = starts.get(one.process_name, 0) + 1
    parents, source = _from_file(run), "file"
    if parents is None:
        parents, source = {name: _parents(one) for name, one in last.items()}, "blackboard"
    names = list(dict.fromkeys([*parents, *last]))
    nodes = [_node(name, parents.get(name, ()), last.get(name), starts.get(name, 0)) for name in names]
    return _graph(nodes, source)


def of_text(text: str, place: str) -> RunDag:
    """The DAG that a text describes, without states; `CheckFailed` where it can't be read."""
    found = dags.parse(text, place)
    return _graph([DagNode(name=one.name, parents=one.parents) for one in found.nodes.values()], "template")


def _graph(nodes: Sequence[DagNode], source: str) -> RunDag:
    known = {node.name for node in nodes}
    edges = [(parent, node.name) for node in nodes for parent in node.parents if parent in known]
    return RunDag(nodes=nodes, edges=edges, source=source)


def _node(name: str, parents: Sequence[str], one: Execution | None, starts: int) -> DagNode:
    if one is None:
        return DagNode(name=name, parents=parents)
    return DagNode(
        name=name,
        parents=parents,
        state=one.state,
        starts=starts,
        exit_code=one.exit_code,
        exit_signal=one.exit_signal,
        duration=one.duration,
        global_job_id=one.global_job_id,
        start_number=one.start_number,
    )


def _parents(one: Execution) -> tuple[str, ...]:
    return tuple(name for name in (one.parent_name or "").split(",") if name)


def _from_file(run: Run) -> Mapping[str, Sequence[str]] | None:
    """Nodes and parents of the run's own DAG file; None where this host can't read it."""
    if not run.dag_file:
        return None
    folder = Path(run.work_dir)
    try:
        path = (folder / run.dag_file).resolve(strict=True)
        # What a job of the run may have put there isn't followed elsewhere.
        if not path.is_relative_to(folder.resolve()) or path.stat().st_size > LARGEST:
            return None
        found = dags.parse(path.read_text(encoding="utf-8", errors="replace"), str(path))
    except (OSError, OwlError):
        return None
    return {node.name: node.parents for node in found.nodes.values()}
