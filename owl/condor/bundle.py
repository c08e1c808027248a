"""A bundle's files: the DAG of splices, DAGMan's own word on every node, and the rescue file of one run.

Each run is a splice whose name is the run's id, so DAGMan's node names begin with `<run id>+` (HTCondor manual,
"Splices"; the `+` can't stand in a JOB line's name). The run's own DAG file is untouched and lies where it would
without a bundle, so that a rescue can go on from it alone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from owl import names
from owl.condor import dag as dags
from owl.errors import CheckFailed, StorageError

_LARGEST_STATUS = 64 * 2**20
_NODE = re.compile(r'^  Node = "([^"\n]+)";\n  NodeStatus = (\d+);', re.MULTILINE)
_WHOLE = re.compile(r'^  Type = "StatusEnd";', re.MULTILINE)

# What a DAG file may not say where others share its DAGMan, and what it would do to them.
_NOT_SHARED: Mapping[str, str] = {
    "ABORT-DAG-ON": "it would end the whole bundle",
    "FINAL": "a splice can't have a FINAL node",
    "SERVICE": "a splice can't have a SERVICE node",
    "PROVISIONER": "a splice can't have a PROVISIONER node",
    "CONFIG": "it would hold for the whole bundle",
    "SET_JOB_ATTR": "it would hold for the whole bundle",
    "ENV": "it would hold for the whole bundle",
    "NODE_STATUS_FILE": "OWL follows a bundle by its own",
    "JOBSTATE_LOG": "a splice can't have one",
    "DOT": "a splice can't have one",
    "REJECT": "it would stop the whole bundle",
}


class NodeStatus(IntEnum):
    """A node's status in DAGMan's node status file (HTCondor manual, "Capturing the status of nodes in a file")."""

    NOT_READY = 0
    READY = 1
    PRERUN = 2
    SUBMITTED = 3
    POSTRUN = 4
    DONE = 5
    ERROR = 6
    FUTILE = 7


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """How many nodes of one run there are, by what has become of them."""

    total: int = 0
    done: int = 0
    failed: int = 0
    futile: int = 0

    @property
    def over(self) -> bool:
        """Whether none of them will run any more."""
        return self.total > 0 and self.done + self.failed + self.futile == self.total

    @property
    def good(self) -> bool:
        """Whether all of them are done."""
        return self.total > 0 and self.done == self.total


def text(members: Mapping[str, Path], directory: Path) -> str:
    """The DAG of a bundle in `directory`: a splice for each run's DAG file, by the run's id."""
    lines = ["# A bundle of OWL's: each splice is a run, by its id."]
    for run_id, dag_file in members.items():
        # Relative: the work root's own name may hold what a DAG file can't, such as a space.
        place = os.path.relpath(dag_file.parent, directory)
        lines.append(f"SPLICE {run_id} {dag_file.name} DIR {place}")
    lines.append(f"NODE_STATUS_FILE {names.BUNDLE_STATUS} 1 ALWAYS-UPDATE")
    return "\n".join(lines) + "\n"


def check(dag_text: str, place: str) -> None:
    """Raise `CheckFailed` where a DAG says what would touch the others of its bundle."""
    for number, line in enumerate(dag_text.split("\n"), start=1):
        word = line.split(maxsplit=1)[0].upper() if line.strip() else ""
        if word in _NOT_SHARED:
            raise CheckFailed(
                f"{place}:{number}: {word} can't stand in a workflow that is bundled: {_NOT_SHARED[word]}; "
                f"take it out, or bundle out of {names.WORKFLOW_FILE}"
            )


def plain_node(name: str | None, run_id: str | None) -> str | None:
    """A step's name as its own DAG has it, without the bundle's prefix."""
    return name.removeprefix(f"{run_id}+") if name and run_id else name


def plain_nodes(listed: str | None, run_id: str | None) -> str | None:
    """The same for names separated by commas."""
    if not listed or not run_id:
        return listed
    return ",".join(part.removeprefix(f"{run_id}+") for part in listed.split(","))


def statuses(directory: Path) -> dict[str, int]:
    """Every node's status by its whole name, as DAGMan wrote it last; empty where it has written nothing yet."""
    found = _read(directory / names.BUNDLE_STATUS)
    # DAGMan renames a finished file into place; what isn't whole is no word of its.
    return {name: int(status) for name, status in _NODE.findall(found)} if _WHOLE.search(found) else {}


def nodes(of_bundle: Mapping[str, int]) -> dict[str, Nodes]:
    """What has become of each run's nodes, by the run's id."""
    counted: dict[str, Counter[int]] = {}
    for name, status in of_bundle.items():
        counted.setdefault(name.partition("+")[0], Counter())[status] += 1
    return {
        run_id: Nodes(
            total=count.total(),
            done=count[NodeStatus.DONE],
            failed=count[NodeStatus.ERROR],
            futile=count[NodeStatus.FUTILE],
        )
        for run_id, count in counted.items()
    }


def done_nodes(directory: Path, run_id: str) -> set[str]:
    """The nodes of one run that are done, by their plain names, as status and rescue files say."""
    whole = {name for name, status in statuses(directory).items() if status == NodeStatus.DONE}
    for path in dags.rescue_files(directory / names.BUNDLE_DAG):
        whole |= dags.done_nodes(path)
    prefix = f"{run_id}+"
    return {name.removeprefix(prefix) for name in whole if name.startswith(prefix)}


def write_rescue(dag_file: Path, directory: Path, run_id: str) -> Path:
    """Write the rescue file with which a run that was in a bundle goes on by itself; returns its path.

    Raises:
        StorageError: it can't be written.
    """
    there = dags.rescue_files(dag_file)
    number = int(there[-1].name.rpartition("rescue")[2]) + 1 if there else 1
    path = dag_file.with_name(f"{dag_file.name}{names.RESCUE_SUFFIX}{number:03d}")
    _write(path, rescue_text(dag_file.name, done_nodes(directory, run_id)))
    return path


def rescue_text(dag: str, done: Iterable[str]) -> str:
    """A rescue file in DAGMan's own form (HTCondor manual, "The Rescue DAG")."""
    lines = [
        f"# Rescue DAG file, made by OWL from the bundle that {dag} was in",
        "# Rescue DAG version: 2.0.1 (partial)",
    ]
    return "\n".join([*lines, "", *(f"DONE {name}" for name in sorted(done))]) + "\n"


def write(directory: Path, members: Mapping[str, Path]) -> Path:
    """Write a bundle's DAG file and return its path; what is there already is written again.

    Raises:
        StorageError: the work root is full, read-only or not ours.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{directory}: can't be made ({error.strerror}); make room there") from error
    path = directory / names.BUNDLE_DAG
    _write(path, text(members, directory))
    return path


def _write(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name[:200]}.tmp")
    try:
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path}: can't be written ({error.strerror}); make room there or set work_root in owl.toml"
        ) from error


def _read(path: Path) -> str:
    """A file of DAGMan's, or nothing: what lies there may be anything of the owner's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LARGEST_STATUS).decode("utf-8", "replace")
