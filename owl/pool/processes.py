"""Which processes are a pool's, read from /proc (proc(5)).

A pool's processes carry its mark in their environment, or (a scheduler universe job, whose environment is
the submitter's) the path of an ad in the pool's spool; or they descend from one that does.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from owl.pool.configuration import MARK_VARIABLE

PROC = Path("/proc")
PLACE_VARIABLES = ("_CONDOR_JOB_AD", "_CONDOR_SCRATCH_DIR")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. `start` is in clock ticks since boot; with the pid it names a process for ever."""

    pid: int
    parent: int
    state: str
    start: int
    command: tuple[str, ...]

    @property
    def program(self) -> str:
        """The base name of what it runs."""
        return Path(self.command[0]).name if self.command else ""


def parse_stat(text: str) -> tuple[int, str, int]:
    """Parent, state and start time from /proc/PID/stat; the command's name in it may hold anything."""
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), fields[0], int(fields[19])


def read_process(pid: int) -> Process | None:
    """The living process `pid`; None if there is none (a zombie counts as none)."""
    try:
        parent, state, start = parse_stat((PROC / str(pid) / "stat").read_text(errors="replace"))
        command = (PROC / str(pid) / "cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    if state in "ZX":
        return None
    words = tuple(os.fsdecode(word) for word in command.split(b"\0") if word)
    return Process(pid=pid, parent=parent, state=state, start=start, command=words)


def all_processes() -> dict[int, Process]:
    """Every living process, by pid."""
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    found = (read_process(pid) for pid in pids)
    return {process.pid: process for process in found if process is not None}


def read_environment(pid: int) -> dict[str, str]:
    """A process's environment; empty where it may not be read."""
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if b"=" in entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def is_marked(environment: Mapping[str, str], mark: str, directory: Path) -> bool:
    """Whether a process with this environment is of the pool in `directory`."""
    if environment.get(MARK_VARIABLE) == mark:
        return True
    places = (environment.get(name) for name in PLACE_VARIABLES)
    return any(place is not None and Path(place).is_relative_to(directory) for place in places)


def with_descendants(roots: Iterable[int], processes: Mapping[int, Process]) -> set[int]:
    """`roots` and all that descend from them."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    pending = [pid for pid in roots if pid in processes]
    while pending:
        pid = pending.pop()
        if pid not in found:
            found.add(pid)
            pending.extend(children.get(pid, ()))
    return found


def ancestors(pid: int, processes: Mapping[int, Process]) -> set[int]:
    """`pid` and every process above it."""
    found: set[int] = set()
    while pid in processes and pid not in found:
        found.add(pid)
        pid = processes[pid].parent
    return found


def members(mark: str, directory: Path) -> dict[int, Process]:
    """The pool's processes, without the caller and what the caller runs under."""
    processes = all_processes()
    marked = [pid for pid in processes if is_marked(read_environment(pid), mark, directory)]
    ours = with_descendants(marked, processes) - ancestors(os.getpid(), processes)
    return {pid: processes[pid] for pid in sorted(ours)}


def send(process: Process, number: signal.Signals, check: Callable[[int], Process | None] = read_process) -> None:
    """Signal exactly this process: hold the pid open, compare its start time, then send."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        handle = os.pidfd_open(process.pid)
        try:
            now = check(process.pid)
            if now is not None and now.start == process.start:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
