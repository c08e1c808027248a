"""Retention: finished executions leave the blackboard for compressed JSON lines, and can be read back."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from owl.db import archive, blackboard
from owl.db.engine import Database
from owl.errors import StorageError, UserError
from owl.model import Execution

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Archived:
    """What has been moved, and where it is now."""

    executions: int
    file: Path | None
    size: int = 0


def archive_before(database: Database, time: datetime, folder: Path, *, now: datetime) -> Archived:
    """Move what ended before `time` into a new file in `folder`.

    A batch is taken off the blackboard when it is safe on the disk. A crash in between leaves rows in both
    places, never in none, and reading them back changes nothing.

    Raises:
        StorageError: the folder can't be written.
    """
    path = folder / f"blackboard-{now:%Y%m%dT%H%M%S}-{os.getpid()}.jsonl.gz"
    moved = 0
    while rows := database.read(archive.finished_before, time, limit=BATCH):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _append(path, [json.dumps(archive.to_json(row), separators=(",", ":")) for row in rows])
        except OSError as error:
            raise StorageError(f"{path}: can't be written ({error.strerror}); nothing of it is lost") from error
        moved += database.write(archive.remove, [(row.global_job_id, row.start_number) for row in rows])
    return Archived(executions=moved, file=path if moved else None, size=path.stat().st_size if moved else 0)


def restore(database: Database, path: Path) -> int:
    """Bring an archive's executions back to the blackboard; returns how many rows are new or changed.

    Raises:
        UserError: the file isn't there, or isn't such an archive.
    """
    changed = 0
    try:
        for batch in archive.batches(_rows(path), BATCH):
            changed += database.write(blackboard.record, batch)
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: can't be read: {error}") from error
    return changed


def _append(path: Path, lines: list[str]) -> None:
    """A gzip member of its own for each batch: what is there already stays readable whatever happens."""
    # An ad holds the job's environment: the file is its owner's alone.
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb") as file:
            file.write(("\n".join(lines) + "\n").encode())
        raw.flush()
        os.fsync(raw.fileno())


def _rows(path: Path) -> Iterator[Execution]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield archive.from_json(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise UserError(f"{path}:{number}: not an execution of a blackboard archive: {error}") from error
