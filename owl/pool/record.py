"""What is remembered of a personal pool between two commands: one small file in its directory."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from owl.errors import NotAllowed
from owl.pool.obtain import Installation
from owl.pool.ports import choose_port
from owl.pool.processes import Process

RECORD_FILE = "pool.json"


@dataclass(frozen=True, kw_only=True)
class PoolRecord:
    """How the pool was last started. `master_start` is in clock ticks since boot (see Process.start)."""

    port: int
    slots: int
    version: str
    bin: str
    sbin: str
    libexec: str
    owl_daemons: bool
    overrides: Mapping[str, str] = field(default_factory=dict)
    master_pid: int = 0
    master_start: int = 0

    def installation(self) -> Installation:
        """The HTCondor that it was started with."""
        return Installation(
            version=self.version, bin=Path(self.bin), sbin=Path(self.sbin), libexec=Path(self.libexec)
        )


def read_record(directory: Path) -> PoolRecord | None:
    """The record in `directory`; None where there is none or it can't be understood (then it is stale)."""
    try:
        content = json.loads((directory / RECORD_FILE).read_text(encoding="utf-8"))
        record = PoolRecord(**content)
        numbers = (record.port, record.slots, record.master_pid, record.master_start)
        texts = (record.version, record.bin, record.sbin, record.libexec)
        sound = (
            all(isinstance(number, int) for number in numbers)
            and all(isinstance(text, str) for text in texts)
            and isinstance(record.overrides, dict)
        )
    except (OSError, ValueError, TypeError):
        return None
    return record if sound else None


def new_record(
    directory: Path, installation: Installation, slots: int, owl_daemons: bool, overrides: Mapping[str, str]
) -> PoolRecord:
    """The record of a pool that is about to start, on the port of the last time if that is free still."""
    before = read_record(directory)
    return PoolRecord(
        port=choose_port(before.port if before else None),
        slots=slots,
        version=installation.version,
        bin=str(installation.bin),
        sbin=str(installation.sbin),
        libexec=str(installation.libexec),
        owl_daemons=owl_daemons,
        overrides=dict(overrides),
    )


def kept_record(
    directory: Path, owl_daemons: bool, overrides: Mapping[str, str] | None, master: Process
) -> PoolRecord:
    """The record of a pool that runs, with what can change while it does.

    Raises:
        NotAllowed: its record is lost, so nobody knows what it runs with.
    """
    before = read_record(directory)
    if before is None:
        raise NotAllowed("the pool runs, but its record is lost; `owl pool down` it first")
    return dataclasses.replace(
        before,
        owl_daemons=owl_daemons,
        overrides=before.overrides if overrides is None else dict(overrides),
        master_pid=master.pid,
        master_start=master.start,
    )


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
