"""Log files of a run: only those in its work directory are ever read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from owl.errors import NotFound
from owl.model import Execution
from owl.ops import RunDetails, latest_of_steps

_BLOCK = 65_536


@dataclass(frozen=True, kw_only=True)
class Log:
    """A log file and what to call it."""

    title: str
    path: Path


def find_logs(found: RunDetails, step: str | None) -> list[Log]:
    """The logs of one step, or of all steps and of DAGMan, that are there.

    Raises:
        NotFound: there is no such step, or no log.
    """
    work_dir = Path(found.run.work_dir)
    latest = latest_of_steps(found.executions)
    if step is not None and step not in latest:
        there = ", ".join(latest) or "none has begun"
        raise NotFound(f"run {found.run.id} of {found.run.dataset} has no step {step}; its steps: {there}")
    rows = [latest[step]] if step is not None else list(latest.values())
    logs = [log for row in rows for log in _of_execution(row, work_dir)]
    if step is None and found.run.dag_file is not None:
        logs += _there("DAGMan", work_dir, f"{found.run.dag_file}.dagman.out")
    if not logs:
        raise NotFound(f"run {found.run.id} of {found.run.dataset} has no log in {work_dir}")
    return logs


def tail(path: Path, lines: int) -> Iterator[str]:
    """The last lines of a text file; bytes that are no UTF-8 are replaced."""
    with path.open("rb") as file:
        position, data = file.seek(0, os.SEEK_END), b""
        while position > 0 and data.count(b"\n") <= lines:
            start = max(0, position - _BLOCK)
            file.seek(start)
            data = file.read(position - start) + data
            position = start
    yield from data.decode("utf-8", "replace").splitlines()[-lines:]


def _of_execution(row: Execution, work_dir: Path) -> list[Log]:
    logs = []
    for kind, name in (("out", row.out), ("err", row.err)):
        logs += _there(f"{row.process_name} {kind}", work_dir, name)
    return logs


def _there(title: str, work_dir: Path, name: str | None) -> list[Log]:
    """The file of that name, if it lies in the work directory: a name in an ad is a stranger's."""
    if not name:
        return []
    path = (work_dir / name).resolve()
    inside = path.is_relative_to(work_dir.resolve())
    return [Log(title=title, path=path)] if inside and path.is_file() else []
