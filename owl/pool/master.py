"""The pool's condor_master as a process: find it, wait for it, end it and whatever it left."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from owl.errors import PoolError
from owl.pool.processes import Process, all_processes, members, read_process, send
from owl.pool.record import read_record

MASTER = "condor_master"
DOWN_DEADLINE = 30.0
TERM_PATIENCE = 2.0
KILL_PATIENCE = 10.0
POLL = 0.1
ERROR_WORD = re.compile(r"\bERROR\b")
T = TypeVar("T")


def find_master(directory: Path, mark: str) -> Process | None:
    """The pool's condor_master: the one that was recorded, else one that carries the pool's mark.

    The record matters where the environment can't be read: from inside another user namespace.
    """
    record = read_record(directory)
    if record is not None and record.master_pid:
        process = read_process(record.master_pid)
        if process is not None and process.start == record.master_start and process.program == MASTER:
            return process
    masters = {pid: one for pid, one in members(mark, directory).items() if one.program == MASTER}
    # What it has just forked to start a daemon looks like it for a moment.
    return next((one for one in masters.values() if one.parent not in masters), None)


def stop_master(master: Process) -> None:
    """Ask the master to end everything, and wait until it has ended itself, as it does last."""
    send(master, signal.SIGTERM)
    until(lambda: not lives(master), DOWN_DEADLINE)


def end_members(directory: Path, mark: str) -> None:
    """End what is left of the pool's processes: politely, then by force.

    Raises:
        PoolError: one of them doesn't end.
    """
    for number, patience in ((signal.SIGTERM, TERM_PATIENCE), (signal.SIGKILL, KILL_PATIENCE)):
        deadline = time.monotonic() + patience
        while (left := members(mark, directory)) and time.monotonic() < deadline:
            for process in left.values():
                send(process, number)
            time.sleep(POLL)
    if left := members(mark, directory):
        raise PoolError(f"the pool's processes {', '.join(map(str, left))} don't end: look at them with ps")


def daemons_of(master: Process) -> dict[str, int]:
    """The master's daemons and itself, by their names in DAEMON_LIST."""
    children = [process for process in all_processes().values() if process.parent == master.pid]
    # A child that is a copy of the master still, about to become a daemon, has its name.
    return {"MASTER": master.pid} | {daemon_name(child): child.pid for child in children if child.program != MASTER}


def daemon_name(process: Process) -> str:
    """What DAEMON_LIST calls it: `condor_shared_port` is SHARED_PORT, `owl shoveler run` is OWL_SHOVELER."""
    if process.program.startswith("condor_"):
        return process.program.removeprefix("condor_").upper()
    if "shoveler" in process.command:
        return "OWL_SHOVELER"
    if "web" in process.command:
        return "OWL_WEB"
    if "rescue-server" in process.command:
        return "OWL_RESCUE"
    return "OWLD" if "owld" in process.command else process.program


def last_error(log: Path) -> str:
    """The last line with ERROR in a daemon's log, without its time; empty if there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line[match.start() :] for line in lines if (match := ERROR_WORD.search(line))]
    return errors[-1] if errors else ""


def lives(process: Process) -> bool:
    """Whether this very process is there still."""
    now = read_process(process.pid)
    return now is not None and now.start == process.start


def is_gone(pid_file: Path) -> bool:
    """Whether the process that wrote `pid_file` has ended; not where none has written it yet."""
    try:
        return read_process(int(pid_file.read_text())) is None
    except (OSError, ValueError):
        return False


def until(condition: Callable[[], T], patience: float, unless: Callable[[], bool] = lambda: False) -> T:
    """Wait until `condition` is true, `patience` seconds have passed or `unless` is true.

    Returns:
        The condition's last value.
    """
    deadline = time.monotonic() + patience
    while not (result := condition()) and time.monotonic() < deadline and not unless():
        time.sleep(POLL)
    return result
