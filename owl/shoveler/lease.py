"""Who claims, and whether another shoveler still lives.

Two shovelers on one host may share a database, so a name is the host's and a token of the state directory, which
is also where the lock lies that lets one shoveler run. Whether another lives is seen by its heartbeat changing, on
this process's own monotonic clock: hosts' clocks may differ, and may be set back.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from owl.errors import StorageError
from owl.model import Daemon

DEAD_AFTER = 45.0  # seconds without a new heartbeat
_FILE = "shoveler.id"


def token(state_dir: Path) -> str:
    """This state directory's token, made where there is none yet.

    Raises:
        StorageError: it can't be read or written.
    """
    path = state_dir / _FILE
    try:
        if not path.exists():
            state_dir.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{_FILE}.{os.getpid()}")
            temporary.write_text(secrets.token_hex(4) + "\n", encoding="ascii")
            temporary.replace(path)
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}: can't be used ({error}); set state_dir in owl.toml") from error
    if not found.isalnum() or len(found) > 16:
        raise StorageError(f"{path}: isn't a shoveler's token; remove the file")
    return found


@dataclass
class Watch:
    """What is known of other shovelers' heartbeats."""

    _seen: dict[str, tuple[object, float]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    def look(self, daemons: Sequence[Daemon], clock: float) -> None:
        """Take in the heartbeats as they are in the database; `clock` is monotonic seconds."""
        self._gone = {_identity(one) for one in daemons if one.stopped_at is not None}
        for one in daemons:
            sign = (one.pid, one.started_at, one.heartbeat)
            if self._seen.get(_identity(one), (None, 0.0))[0] != sign:
                self._seen[_identity(one)] = (sign, clock)

    def dead(self, identity: str, clock: float) -> bool:
        """Whether a shoveler has said goodbye, or hasn't been heard of for long enough."""
        if identity in self._gone:
            return True
        known = self._seen.setdefault(identity, (None, clock))
        return clock - known[1] > DEAD_AFTER


def _identity(daemon: Daemon) -> str:
    return f"{daemon.name}@{daemon.host}"
