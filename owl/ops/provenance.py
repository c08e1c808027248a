"""Provenance: all that is known of a run, in one object that can be kept beside its products."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from owl.db import blackboard, commands, failures
from owl.db.failures import Failure
from owl.intent import Command
from owl.model import Entry, Execution, Run, Submission
from owl.ops.files import read_plain
from owl.workflow.catalog import Catalog

_LARGEST = 1_000_000
# What was asked of HTCondor and what was used, of each execution's ClassAd.
RESOURCES = (
    "RequestCpus",
    "RequestMemory",
    "RequestDisk",
    "RemoteUserCpu",
    "RemoteSysCpu",
    "RemoteWallClockTime",
    "ImageSize",
    "ResidentSetSize",
    "MemoryUsage",
    "DiskUsage",
    "NumShadowStarts",
    "JobPrio",
)


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a run: of a rendered one its SHA-256 and its text, of a product its size in bytes."""

    name: str
    bytes: int
    sha256: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """A run from its request to its products; `resources` are by GlobalJobId and start number."""

    run: Run
    entry: Entry
    submissions: Sequence[Submission]
    executions: Sequence[Execution]
    resources: Mapping[str, Mapping[str, Any]]
    commands: Sequence[Command]
    failures: Sequence[Failure]
    files: Sequence[File]
    products: Sequence[File]


def read(
    connection: Connection, catalog: Catalog, run: Run, entry: Entry, submissions: Sequence[Submission]
) -> Provenance:
    """All that is known of a run; its files where they can be read from here."""
    rows = blackboard.with_classads(connection, run.id)
    return Provenance(
        run=run,
        entry=entry,
        submissions=submissions,
        executions=blackboard.of_runs(connection, [run.id]),
        resources={f"{row.global_job_id} {row.start_number}": _resources(row.classad or {}) for row in rows},
        commands=commands.find(connection, run_id=run.id, limit=1000),
        failures=failures.of_runs(connection, [run.id]),
        files=list(_rendered(Path(run.work_dir))),
        products=list(_products(Path(run.work_dir), _patterns(catalog, run.workflow))),
    )


def _resources(ad: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name.lower(): name for name in RESOURCES}
    return {wanted[name.lower()]: value for name, value in ad.items() if name.lower() in wanted}


def _patterns(catalog: Catalog, workflow: str) -> Sequence[str]:
    return catalog.get(workflow).products if workflow in catalog.names() else ()


def _rendered(work_dir: Path) -> Sequence[File]:
    """The DAG and the job descriptions as they are now, run.json and the rescue files."""
    wanted = ("*.dag", "*.job", "run.json", "*.rescue[0-9]*")
    paths = sorted({path for pattern in wanted for path in work_dir.glob(pattern)})
    found = []
    for path in paths:
        data = read_plain(path, _LARGEST)
        if data is None:
            continue
        text = data.decode("utf-8", "replace")
        found.append(File(name=path.name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), text=text))
    return found


def _products(work_dir: Path, patterns: Sequence[str]) -> Sequence[File]:
    paths = sorted({path for pattern in patterns for path in work_dir.glob(pattern) if _is_plain(path)})
    return [File(name=path.name, bytes=path.stat().st_size) for path in paths]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
