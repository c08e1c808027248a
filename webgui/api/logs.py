"""A run's files: which there are, their ends, what was added since, search, download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from flask import Response

from owl.errors import InvalidSetting
from owl.model import Execution
from owl.ops import RunDetails
from webgui.api.registry import Registry
from webgui.api.rows import plain_name
from webgui.logfiles import MOST_BYTES, Hits, Part, RunFiles
from webgui.services import services

TAG = "logs"
MOST_LINES = 5000


class FileKind(StrEnum):
    """What a file of a run is."""

    OUT = "out"
    ERR = "err"
    EVENTS = "events"
    DAGMAN = "dagman"
    SUBMIT = "submit"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """A file of a run's directory, and of which step it is where that is known."""

    name: str
    kind: FileKind
    step: str | None
    size: int
    modified_at: datetime


_DAGMAN = (".dagman.out", ".dagman.log", ".lib.out", ".lib.err", ".nodes.log", ".metrics", ".status", ".condor.sub")


def files(run_id: str) -> Sequence[RunFile]:
    """The files of a run's directory, logs first."""
    found = services().ops.run(run_id)
    known = _known(found.executions)
    order = list(FileKind)
    rows = []
    for one in _files(found).list():
        kind, step = known.get(one.name) or (_kind(one.name), None)
        rows.append(RunFile(name=one.name, kind=kind, step=step, size=one.size, modified_at=one.modified_at))
    return sorted(rows, key=lambda row: (order.index(row.kind), row.name))


def tail(run_id: str, name: str, lines: int = 500) -> Part:
    """The last lines of a file of a run."""
    return _of(run_id).tail(name, _within("lines", lines, MOST_LINES))


def part(run_id: str, name: str, start: int, limit: int = MOST_BYTES) -> Part:
    """What stands in a file from a byte on: following a log is asking from where the last answer ended."""
    return _of(run_id).part(name, max(0, start), _within("limit", limit, MOST_BYTES))


def before(run_id: str, name: str, end: int, limit: int = MOST_BYTES // 4) -> Part:
    """Lines of a file that stand before a byte."""
    return _of(run_id).before(name, max(0, end), _within("limit", limit, MOST_BYTES))


def search(run_id: str, name: str, words: str) -> Hits:
    """Lines of a file that hold some text, whatever its case; the first 200."""
    if not words or len(words) > 200:
        raise InvalidSetting("words: give 1 to 200 characters to search for")
    return _of(run_id).search(name, words)


def download(run_id: str, name: str) -> Response:
    """A whole file of a run, as it is now."""
    size, blocks = _of(run_id).stream(name)
    response = Response(blocks, mimetype="application/octet-stream")
    plain = plain_name(Path(name).name)
    encoded = quote(Path(name).name, safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    response.content_length = size
    return response


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/runs/{run_id}/files", tag=TAG)(files)
    api.get("/runs/{run_id}/files/tail", tag=TAG)(tail)
    api.get("/runs/{run_id}/files/part", tag=TAG)(part)
    api.get("/runs/{run_id}/files/before", tag=TAG)(before)
    api.get("/runs/{run_id}/files/search", tag=TAG)(search)
    api.get("/runs/{run_id}/files/download", tag=TAG)(download)


def _of(run_id: str) -> RunFiles:
    return _files(services().ops.run(run_id))


def _files(found: RunDetails) -> RunFiles:
    return RunFiles(services().settings.work_root, found.run.work_dir)


def _known(executions: Sequence[Execution]) -> dict[str, tuple[FileKind, str | None]]:
    """Which file is which step's, by what its executions say; a name with a directory in it is nobody's here."""
    known: dict[str, tuple[FileKind, str | None]] = {}
    for row in executions:
        for kind, name in ((FileKind.EVENTS, row.log), (FileKind.OUT, row.out), (FileKind.ERR, row.err)):
            if name:
                step = None if kind is FileKind.EVENTS else row.process_name
                known[Path(name).name] = (kind, step)
    return known


def _kind(name: str) -> FileKind:
    if name.endswith(_DAGMAN) or ".rescue" in name:
        return FileKind.DAGMAN
    if name.endswith((".condor_log", ".log")):
        return FileKind.EVENTS
    if name.endswith((".dag", ".job", ".sub")) or name == "run.json":
        return FileKind.SUBMIT
    if name.endswith((".out", ".err")):
        return FileKind.OUT if name.endswith(".out") else FileKind.ERR
    return FileKind.OTHER


def _within(name: str, value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise InvalidSetting(f"{name} = {value}; give 1 to {most}")
    return value
