"""What is remembered of a personal pool between two commands: one small file in its directory."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECORD_FILE = "pool.json"


@dataclass(frozen=True, kw_only=True)
class PoolRecord:
    """How the pool was last started. `master_start` is in clock ticks since boot (see Process.start)."""

    port: int
    slots: int
    version: str
    owl_daemons: bool
    overrides: Mapping[str, str] = field(default_factory=dict)
    master_pid: int = 0
    master_start: int = 0


def read_record(directory: Path) -> PoolRecord | None:
    """The record in `directory`; None where there is none or it can't be understood (then it is stale)."""
    try:
        content = json.loads((directory / RECORD_FILE).read_text(encoding="utf-8"))
        record = PoolRecord(**content)
        numbers = (record.port, record.slots, record.master_pid, record.master_start)
        sound = all(isinstance(number, int) for number in numbers) and isinstance(record.overrides, dict)
    except (OSError, ValueError, TypeError):
        return None
    return record if sound else None


def write_record(directory: Path, record: PoolRecord) -> None:
    """Replace the record at once."""
    write_private(directory / RECORD_FILE, json.dumps(dataclasses.asdict(record), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, and rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(path)
