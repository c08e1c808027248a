"""What `owl pool` prints."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from owl.errors import NotFound, PoolError
from owl.pool.status import PoolStatus


def status_text(status: PoolStatus) -> str:
    """The status for people, a few lines."""
    if not status.running:
        return f"no pool runs in {status.directory}"
    state = "ready" if status.ready else f"not ready ({status.problem or 'not all daemons answer'})"
    daemons = ", ".join(f"{name} {pid}" for name, pid in status.daemons.items())
    return (
        f"HTCondor {status.version} at {status.collector}, {status.slots} slots: {state}\n"
        f"daemons: {daemons}\n"
        f"files: {status.directory}"
    )


def status_json(status: PoolStatus) -> str:
    """The status as one JSON object."""
    return json.dumps(dataclasses.asdict(status), default=str)


def show_logs(files: Mapping[str, Path], name: str | None, lines: int) -> None:
    """Print the last `lines` lines of one log, or of each.

    Raises:
        NotFound: no log has that name.
    """
    for path in _chosen(files, name):
        if name is None:
            print(f"==> {path.name} <==")
        with path.open(encoding="utf-8", errors="replace") as stream:
            sys.stdout.writelines(printable(line) for line in deque(stream, maxlen=lines))


def follow_logs(files: Mapping[str, Path], name: str | None, lines: int) -> None:
    """Become tail(1) on one log, or on all.

    Raises:
        NotFound: no log has that name.
    """
    command = ["tail", "-n", str(lines), "-F", *(str(path) for path in _chosen(files, name))]
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, no shell
    except OSError as error:
        raise PoolError(f"tail: {error.strerror}") from error


def printable(line: str) -> str:
    """A log line without what a terminal would obey: logs quote names that strangers chose."""
    return "".join(char if char.isprintable() or char in "\t\n" else "?" for char in line)


def _chosen(files: Mapping[str, Path], name: str | None) -> list[Path]:
    if name is not None:
        matching = [path for key, path in files.items() if key.lower() in (name.lower(), f"{name.lower()}log")]
        if not matching:
            raise NotFound(f"there is no log {name!r}; there are: {', '.join(files) or 'none'}")
        return matching
    if not files:
        raise NotFound("there are no logs: the pool has never run (`owl pool up`)")
    return list(files.values())
