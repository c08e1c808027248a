"""Rescue files: whether one is whole, which nodes are done, and one of OWL's own where DAGMan's won't do.

DAGMan writes a rescue file when a DAG ends without success: which nodes are done, and in its heading how many those
are (HTCondor manual, "The Rescue DAG"). A file that was cut short still parses, and the nodes that it lacks would
run again; the heading's count shows it. Then the nodes are counted anew from DAGMan's own node log, which is what
DAGMan itself goes by when it recovers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from owl import names
from owl.condor import dag as dags
from owl.condor.dag import Dag
from owl.condor.nodelog import events, node_of
from owl.errors import NotAllowed, StorageError

MOST = 100  # DAGMAN_MAX_RESCUE_NUM, HTCondor's default
_COUNT = re.compile(r"^# Nodes premarked DONE: (\d+)\s*$", re.MULTILINE)
_LARGEST = 64 * 2**20
_OURS = "made by OWL"  # in the heading of a rescue file that DAGMan didn't write
_MARGIN = timedelta(seconds=2)  # an event log's times have whole seconds


@dataclass(frozen=True, kw_only=True)
class Found:
    """The nodes that are done, and where that is known from."""

    done: frozenset[str]
    path: Path | None  # DAGMan's rescue file, where that one says so by itself
    words: str


def find(dag_file: Path, dag: Dag, *, claimed_at: datetime) -> Found:
    """Which nodes of a DAG are done, after the submission that was claimed then has ended.

    Not since it was marked as submitted: while the database is away a DAG may end before that.

    Raises:
        NotAllowed: there is no rescue file, or none that is whole, and no node log that could stand in for it.
    """
    there = dags.rescue_files(dag_file)
    last = there[-1] if there else None
    since = claimed_at - _MARGIN
    fresh = last is not None and last.stat().st_mtime >= since.timestamp() and _OURS not in _read(last)
    if last is not None and fresh and (done := whole(last, dag)) is not None:
        return Found(done=done, path=last, words=f"goes on from {last.name}")
    logged = from_node_log(dag_file, since=since)
    wrong = f"{last.name} was cut short or changed" if last is not None and fresh else "it left no rescue file"
    if logged is None:
        raise NotAllowed(f"{wrong}, and {dag_file.name}.nodes.log doesn't tell which steps are done; {_WAYS}")
    older = [path for path in there if path != last or not fresh]
    base = whole(older[-1], dag) if older else frozenset()
    if base is None:
        raise NotAllowed(f"{wrong}, and {older[-1].name} before it isn't whole either; {_WAYS}")
    return Found(done=base | logged & dag.nodes.keys(), path=None, words=f"{wrong}: counted anew from the node log")


_WAYS = "say --from STEP or --from-start"


def whole(path: Path, dag: Dag) -> frozenset[str] | None:
    """The nodes that a rescue file marks as done; None where it isn't whole."""
    text = _read(path)
    counted = _COUNT.search(text)
    done = frozenset(words[1] for words in map(str.split, text.splitlines()) if words[:1] == ["DONE"] and words[1:])
    if counted is None or not text.endswith("\n") or not done <= dag.nodes.keys():
        return None
    said = int(counted.group(1))
    # A FINAL node is counted by DAGMan and never marked: it runs in each rescue.
    return done if said == len(done) or (dag.apart and 0 < said - len(done) <= dag.apart) else None


def from_node_log(dag_file: Path, *, since: datetime) -> frozenset[str] | None:
    """The nodes that have ended well by the node log since a time; None where it has no event of that time."""
    log = dag_file.with_name(dag_file.name + ".nodes.log")
    if log.is_symlink() or not log.is_file():
        return None
    told = _Told()
    for event in events(log):
        if event.timestamp >= since.timestamp():
            told.take(event)
    return told.good if told.any else None


@dataclass
class _Told:
    """What the events of a node log tell: a node is good when every job of its last try ended with 0."""

    any: bool = False
    _node: dict[int, str] = field(default_factory=dict)
    _jobs: dict[str, dict[tuple[int, int], bool]] = field(default_factory=dict)
    _post: dict[str, bool] = field(default_factory=dict)

    def take(self, event: Any) -> None:
        self.any = True
        key = (int(event.cluster), int(event.proc))
        if event.type.name == "SUBMIT" and (node := node_of(event)) is not None:
            if self._node.get(key[0]) != node:  # another try
                self._jobs[node] = {}
                self._post.pop(node, None)
            self._node[key[0]] = node
            self._jobs[node][key] = False
        elif event.type.name == "JOB_TERMINATED" and key[0] in self._node:
            good = bool(event.get("TerminatedNormally")) and int(event.get("ReturnValue", 1)) == 0
            self._jobs[self._node[key[0]]][key] = good
        elif event.type.name == "POST_SCRIPT_TERMINATED" and (node := node_of(event)) is not None:
            self._post[node] = bool(event.get("TerminatedNormally")) and int(event.get("ReturnValue", 1)) == 0

    @property
    def good(self) -> frozenset[str]:
        by_jobs = {node: bool(jobs) and all(jobs.values()) for node, jobs in self._jobs.items()}
        return frozenset(node for node, good in {**by_jobs, **self._post}.items() if good)


def after(dag: Dag, step: str) -> frozenset[str]:
    """A step and all that comes after it.

    Raises:
        NotAllowed: the DAG has no such step.
    """
    require(dag, step)
    found = {step}
    while True:
        more = {node.name for node in dag.nodes.values() if found & set(node.parents)} - found
        if not more:
            return frozenset(found)
        found |= more


def require(dag: Dag, step: str) -> None:
    """Raise `NotAllowed` where a DAG has no such step."""
    if step not in dag.nodes:
        raise NotAllowed(f"there is no step {ascii(step)[:80]}; its steps: {', '.join(dag.nodes)}")


def write(dag_file: Path, dag: Dag, done: Iterable[str], skipped: Mapping[str, str], why: str) -> Path:
    """Write the next rescue file of a DAG; returns its path.

    Raises:
        NotAllowed: DAGMan would take no further one.
        StorageError: it can't be written.
    """
    there = dags.rescue_files(dag_file)
    number = int(there[-1].name.rpartition("rescue")[2]) + 1 if there else 1
    if number > MOST:
        raise NotAllowed(f"it has {MOST} rescue files, and DAGMan takes no more; take old ones away")
    path = dag_file.with_name(f"{dag_file.name}{names.RESCUE_SUFFIX}{number:03d}")
    temporary = path.with_name(f".{path.name[:200]}.tmp")
    try:
        temporary.write_text(_text(dag_file.name, dag, frozenset(done), skipped, why), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror}); make room there") from error
    return path


def _text(dag_name: str, dag: Dag, done: frozenset[str], skipped: Mapping[str, str], why: str) -> str:
    lines = [
        f"# Rescue DAG file of {dag_name}, {_OURS}: {' '.join(why.split())}",
        "# Rescue DAG version: 2.0.1 (partial)",
        *(f"# {step} is skipped: {' '.join(reason.split())}" for step, reason in sorted(skipped.items())),
        "#",
        f"# Total number of Nodes: {len(dag.nodes)}",
        f"# Nodes premarked DONE: {len(done)}",
        "",
        *(f"DONE {name}" for name in dag.nodes if name in done),
    ]
    return "\n".join(lines) + "\n"


def _read(path: Path) -> str:
    """What lies there may be anything of the owner's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LARGEST).decode("utf-8", "replace")
