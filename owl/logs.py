"""Log files of a run: of steps and DAGMan, event logs, rescue files. Only what lies in its directories is read."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from owl.condor import dag as dags
from owl.errors import NotFound, OwlError
from owl.model import Execution
from owl.ops import RunDetails, latest_of_steps

_BLOCK = 65_536
_POLL = 0.25
_SETTING = re.compile(r"^[ \t]*(?:\+|MY\.)?(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_AT_MATCH = re.compile(r"\$\$\((?:\[.*?\]|[^)]*)\)")
_MACRO = re.compile(r"(?<!\$)\$\((\w+)\)")


@dataclass(frozen=True, kw_only=True)
class Log:
    """A log file and what to call it; `kind` is out, err, events, dagman or rescue."""

    title: str
    path: Path
    kind: str = ""


def find_logs(
    found: RunDetails, step: str | None, *, start: int | None = None, kinds: Sequence[str] = ()
) -> list[Log]:
    """The logs of one step (of its last execution, or of the `start`-th), or of all steps and of the DAG.

    What HTCondor expands at match time (`$$(…)`) is looked for by what the blackboard knows, else by its pattern;
    so are the steps of a run whose executions were archived.

    Raises:
        NotFound: there is no such step or execution, or no log.
    """
    work_dir = Path(found.run.work_dir)
    rows = _rows(found, step, start)
    logs = [log for row in rows for log in _of_execution(row, work_dir)]
    # Each by itself: the schedd's ad has a name with `$$(…)` in it as it was written, and another one whole.
    told = {log.title for log in logs}
    logs += [log for name, log in _by_pattern(found) if log.title not in told and step in (None, name)]
    if step is None:
        logs += _of_dag(found)
    logs = [log for log in _once(logs) if not kinds or log.kind in kinds]
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


def follow(
    logs: Callable[[], Sequence[Log]], over: Callable[[], bool], *, poll: float = _POLL
) -> Iterator[tuple[Log, str]]:
    """Whole lines as they are written, to logs that are there and to those that come, until `over`.

    Args:
        logs: which there are now; it is asked again and again.
        over: whether nothing more is to come; what is there then is still told.
    """
    opened: dict[Path, tuple[Log, BinaryIO]] = {}
    rest: dict[Path, bytes] = {}
    try:
        while True:
            last = over()
            for log in logs():
                if log.path not in opened:
                    opened[log.path] = (log, log.path.open("rb"))
            for path, (log, file) in opened.items():
                *lines, rest[path] = (rest.get(path, b"") + file.read()).split(b"\n")
                yield from ((log, line.decode("utf-8", "replace")) for line in lines)
                if last and rest[path]:
                    yield log, rest[path].decode("utf-8", "replace")
            if last:
                return
            time.sleep(poll)
    finally:
        for _, file in opened.values():
            file.close()


def _rows(found: RunDetails, step: str | None, start: int | None) -> list[Execution]:
    latest = latest_of_steps(found.executions)
    if step is None:
        return list(latest.values())
    if start is not None:
        mine = [row for row in found.executions if row.process_name == step]
        if not 1 <= start <= len(mine):
            raise NotFound(f"{step} of run {found.run.id} has {len(mine)} executions, not {start}")
        return [mine[start - 1]]
    if step in latest:
        return [latest[step]]
    steps = [name for name, _ in _patterns(found)]
    if step not in steps:
        there = ", ".join(dict.fromkeys([*latest, *steps])) or "none has begun"
        raise NotFound(f"run {found.run.id} of {found.run.dataset} has no step {step}; its steps: {there}")
    return []


def _of_execution(row: Execution, work_dir: Path) -> list[Log]:
    logs = []
    for kind, name in (("out", row.out), ("err", row.err)):
        logs += _there(f"{row.process_name} {kind}", work_dir, name, kind)
    return logs


def _of_dag(found: RunDetails) -> list[Log]:
    """DAGMan's own log (of a bundle: the bundle's), the event logs and the last rescue file."""
    run = found.run
    if run.dag_file is None:
        return []
    work_dir, dag_file = Path(run.work_dir), Path(run.dag_file)
    logs = _there("DAGMan", work_dir, f"{dag_file}.dagman.out", "dagman")
    bundles = work_dir.parent.parent.parent / ".bundles"
    for one in found.submissions:
        if one.bundle_id:
            shared = bundles / one.bundle_id
            logs += _there("DAGMan of the bundle", shared, f"{shared}/bundle.dag.dagman.out", "dagman")
    logs += _there("node events", work_dir, f"{dag_file}.nodes.log", "events")
    for name in dict.fromkeys(row.log for row in found.executions if row.log):
        logs += _there("job events", work_dir, name, "events")
    if dag_file.parent.is_dir() and (rescues := dags.rescue_files(dag_file)):
        logs += _there("rescue", work_dir, str(rescues[-1]), "rescue")
    return logs


def _by_pattern(found: RunDetails) -> Iterator[tuple[str, Log]]:
    """Logs of steps by what their job descriptions call them; the latest of each."""
    work_dir = Path(found.run.work_dir)
    for step, patterns in _patterns(found):
        for kind, pattern in patterns.items():
            there = sorted(work_dir.glob(pattern), key=lambda path: path.lstat().st_mtime) if pattern else []
            for path in there[-1:]:
                for log in _there(f"{step} {kind}", work_dir, path.name, kind):
                    yield step, log


def _patterns(found: RunDetails) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each step with the patterns of its logs' names, as the rendered files have them."""
    if found.run.dag_file is None:
        return
    dag_file = Path(found.run.dag_file)
    try:
        dag = dags.parse(dag_file.read_text(encoding="utf-8", errors="replace"), str(dag_file))
        for name, node in dag.nodes.items():
            text = (dag_file.parent / node.job_file).read_text(encoding="utf-8", errors="replace")
            yield name, _names_of(text)
    except (OSError, OwlError):
        return


def _names_of(text: str) -> dict[str, str]:
    said = {name.lower(): value.strip("\"'") for name, value in _SETTING.findall(text)}
    names = {"out": said.get("out") or said.get("output", ""), "err": said.get("err") or said.get("error", "")}
    return {kind: _pattern(name, said) for kind, name in names.items()}


def _pattern(name: str, said: Mapping[str, str], depth: int = 8) -> str:
    """A name as a pattern of the file: macros put in, and a star for what HTCondor fills in at match time."""
    for _ in range(depth):
        name = _MACRO.sub(lambda found: said.get(found.group(1).lower(), "*"), name)
    name = _AT_MATCH.sub("*", name)
    return name if name and "/" not in name and name.strip("*") else ""


def _there(title: str, directory: Path, name: str | None, kind: str) -> list[Log]:
    """The regular file of that name, if it lies in the directory: a name in an ad is a stranger's."""
    if not name:
        return []
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        return []
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return []
    return [Log(title=title, path=path, kind=kind)] if regular else []


def _once(logs: Sequence[Log]) -> list[Log]:
    return list({log.path: log for log in reversed(logs)}.values())[::-1]
