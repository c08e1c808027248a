"""The personal pool: up, down, status, and the environment in which its clients run."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from owl import names
from owl.config import Settings
from owl.errors import NotAllowed, PoolError
from owl.pool import surroundings
from owl.pool.configuration import CONFIG_FILE, MARK_VARIABLE, PoolFacts, render
from owl.pool.identity import Identity, find_identity
from owl.pool.obtain import Installation, obtain
from owl.pool.ports import choose_port
from owl.pool.processes import Process, all_processes, members, read_process, send
from owl.pool.query import Answer, ask_collector, ask_schedd
from owl.pool.record import PoolRecord, read_record, write_private, write_record

CACHE_VARIABLE = "OWL_POOL_CACHE"
MASTER = "condor_master"
PID_FILE = "run/master.pid"
UP_DEADLINE = 60.0
DOWN_DEADLINE = 30.0
KILL_DEADLINE = 10.0
POLL = 0.1
ERROR_WORD = re.compile(r"\bERROR\b")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PoolStatus:
    """What the pool is doing. `daemons` maps names as in DAEMON_LIST to process ids."""

    running: bool
    directory: Path
    master_pid: int | None = None
    collector: str | None = None
    version: str | None = None
    slots: int = 0
    ready: bool = False
    daemons: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


class PersonalPool:
    """A personal HTCondor pool in `<state_dir>/pool`.

    Nothing happens when it is made; HTCondor is looked for (and fetched, see `owl.pool.obtain`) when it is
    first needed. Of the environment only OWL_POOL_CACHE is read: a directory of relocated HTCondors that
    several pools may share (default: `<state_dir>/htcondor`).
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = settings.state_dir / "pool"
        self.cache = Path(os.environ.get(CACHE_VARIABLE) or settings.state_dir / "htcondor").absolute()
        # Not the path itself: this stands in job environments, where quoting has rules of its own.
        self.mark = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:24]

    @cached_property
    def installation(self) -> Installation:
        """The HTCondor that this pool runs."""
        return obtain(self.settings.pool_htcondor, self.cache)

    @cached_property
    def identity(self) -> Identity:
        """The account that this pool runs under."""
        return find_identity()

    def up(
        self,
        *,
        owl_daemons: bool = True,
        slots: int | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> PoolStatus:
        """Start the pool and wait until its collector, negotiator, schedd and all slots answer.

        Where it runs already, this only brings its configuration up to date. A pool whose master was killed
        is cleared away first; its job queue and history stay.

        Args:
            owl_daemons: let condor_master run the shoveler and owld too.
            slots: how many job slots (default: the setting pool_slots).
            overrides: further lines of HTCondor configuration, which win over all others.

        Raises:
            PoolError: it doesn't come up; the message names the log to look at.
            NotAllowed: it runs already with another number of slots or another HTCondor.
        """
        slots = self.settings.pool_slots if slots is None else slots
        with self._lock():
            master = self._master()
            if master is None:
                self._clear()
            record = self._record(owl_daemons, slots, overrides or {}, master)
            changed = self._write(record)
            if master is None:
                master = self._start(record)
            elif changed:
                self._tool("condor_reconfig")
            return self._wait_until_ready(master, record)

    def down(self) -> None:
        """End the pool, leaving no process behind; safe where none runs.

        Raises:
            PoolError: a process doesn't end even when it is killed.
        """
        if not self.directory.is_dir():
            return
        with self._lock():
            master = self._master()
            if master is not None:
                self._stop(master)
            self._clear()

    def status(self) -> PoolStatus:
        """What the pool is doing now."""
        record, master = read_record(self.directory), self._master()
        if master is None or record is None:
            return PoolStatus(running=False, directory=self.directory)
        answer = self._ask(record)
        return PoolStatus(
            running=True,
            directory=self.directory,
            master_pid=master.pid,
            collector=f"127.0.0.1:{record.port}",
            version=record.version,
            slots=answer.slots,
            ready=answer.ready(record.slots),
            daemons=self._daemons(master),
            problem=answer.problem,
        )

    def prepare(self) -> None:
        """Obtain HTCondor and write a configuration, so that clients find one; start nothing."""
        record = read_record(self.directory)
        if record is not None and record.version == self.installation.version:
            return
        with self._lock():
            if self._master() is None:
                self._write(self._record(True, self.settings.pool_slots, {}, None))

    def environment(self) -> dict[str, str]:
        """The caller's environment, such that HTCondor's programs and bindings find this pool."""
        installation = self.installation
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("_CONDOR_")}
        kept.pop(MARK_VARIABLE, None)
        path = kept.get("PATH", os.defpath).split(os.pathsep)
        ours = [str(installation.bin), str(installation.sbin)]
        kept["PATH"] = os.pathsep.join(ours + [part for part in path if part not in ours])
        kept["CONDOR_CONFIG"] = str(self.directory / CONFIG_FILE)
        return kept

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv`, such that it runs under the pool's ordinary account (see `owl.pool.identity`)."""
        return [*self.identity.prefix, *argv]

    def execute(self, argv: Sequence[str]) -> None:
        """Replace this process by `argv`, run as a client of the pool.

        Raises:
            PoolError: there is no such program.
        """
        self.prepare()
        command, environment = self.command(argv), self.environment()
        try:
            os.execvpe(command[0], command, environment)  # noqa: S606 - a list, no shell
        except OSError as error:
            raise PoolError(f"{command[0]}: {error.strerror}") from error

    def reconfig(self) -> None:
        """Have all daemons read their configuration again."""
        self._tool("condor_reconfig")

    def use_spool(self, spool: Path) -> None:
        """Have the job hook leave its records in `spool` from now on; make that directory."""
        surroundings.make_spool(spool)
        surroundings.point_spool(self.directory, spool)

    def log_files(self) -> dict[str, Path]:
        """The daemons' logs by name, such as `SchedLog`."""
        logs = sorted((self.directory / "log").glob("*Log*"))
        return {path.name: path for path in logs if path.is_file()}

    # --- parts ---------------------------------------------------------------------------------------------

    def _record(
        self, owl_daemons: bool, slots: int, overrides: Mapping[str, str], master: Process | None
    ) -> PoolRecord:
        before = read_record(self.directory)
        wanted = PoolRecord(
            port=before.port if before else 0,
            slots=slots,
            version=self.installation.version,
            owl_daemons=owl_daemons,
            overrides=dict(overrides),
        )
        if master is None:
            return dataclasses.replace(wanted, port=choose_port(before.port if before else None))
        if before is None or (before.slots, before.version) != (wanted.slots, wanted.version):
            have = f"HTCondor {before.version}, {before.slots} slots" if before else "a lost configuration"
            raise NotAllowed(f"the pool runs with {have}; `owl pool down` it first to change that")
        return dataclasses.replace(wanted, master_pid=master.pid, master_start=master.start)

    def _write(self, record: PoolRecord) -> bool:
        """Write everything that the daemons read; tell whether the configuration is another than before."""
        surroundings.make_directories(self.directory)
        hook = surroundings.install_hook(self.directory, names.resource("hooks") / names.HOOK_PROGRAM)
        self.use_spool(self.settings.spool_dir)
        facts = PoolFacts(
            directory=self.directory,
            installation=self.installation,
            roles=names.resource("condor_config.d"),
            user=self.identity.name,
            port=record.port,
            slots=record.slots,
            hook=hook,
            owl_bin=Path(sys.executable).parent,
            owl_config=surroundings.write_settings(self.directory, self.settings),
            mark=self.mark,
            owl_daemons=record.owl_daemons,
            overrides=record.overrides,
        )
        text, path = render(facts), self.directory / CONFIG_FILE
        before = path.read_text(encoding="utf-8") if path.is_file() else None
        write_private(path, text)
        write_record(self.directory, record)
        return text != before

    def _start(self, record: PoolRecord) -> Process:
        environment = {k: v for k, v in self.environment().items() if not k.startswith("OWL_")}
        environment[MARK_VARIABLE] = self.mark
        program, pid_file = self.installation.sbin / MASTER, self.directory / PID_FILE
        done = subprocess.run(
            self.command([str(program), "-pidfile", str(pid_file)]),
            env=environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise self._failure((done.stderr or done.stdout).strip() or f"exit code {done.returncode}")
        master = self._until(self._master, UP_DEADLINE, unless=lambda: _is_gone(pid_file))
        if master is None:
            raise self._failure("condor_master ended at once")
        write_record(self.directory, dataclasses.replace(record, master_pid=master.pid, master_start=master.start))
        return master

    def _wait_until_ready(self, master: Process, record: PoolRecord) -> PoolStatus:
        ready = self._until(
            lambda: self._ask(record).ready(record.slots), UP_DEADLINE, unless=lambda: not _lives(master)
        )
        if not _lives(master):
            raise self._failure("condor_master ended")
        status = self.status()
        if not ready or not status.ready:
            have = status.problem or f"{status.slots} of {record.slots} slots, {', '.join(status.daemons)}"
            raise self._failure(f"not ready after {UP_DEADLINE:.0f} s ({have})")
        return status

    def _ask(self, record: PoolRecord) -> Answer:
        environment, installation = self.environment(), self.installation
        answer = ask_collector(self.command([str(installation.bin / "condor_status")]), environment)
        if not answer.ready(record.slots):
            return answer
        problem = ask_schedd(self.command([str(installation.bin / "condor_q")]), environment)
        return dataclasses.replace(answer, problem=problem)

    def _tool(self, *argv: str) -> None:
        done = subprocess.run(
            self.command(argv), env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise PoolError(f"{argv[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")

    def _members(self) -> dict[int, Process]:
        return members(self.mark, self.directory)

    def _master(self) -> Process | None:
        """The pool's condor_master: the one that was recorded, else one that carries the pool's mark."""
        record = read_record(self.directory)
        if record is not None and record.master_pid:
            process = read_process(record.master_pid)
            if process is not None and process.start == record.master_start and process.program == MASTER:
                return process
        masters = [process for process in self._members().values() if process.program == MASTER]
        return masters[0] if masters else None

    def _daemons(self, master: Process) -> dict[str, int]:
        children = [process for process in all_processes().values() if process.parent == master.pid]
        return {"MASTER": master.pid} | {daemon_name(child): child.pid for child in children}

    def _stop(self, master: Process) -> None:
        """Ask the master to end everything, and wait until it has ended itself, as it does last."""
        send(master, signal.SIGTERM)
        self._until(lambda: not _lives(master), DOWN_DEADLINE)

    def _clear(self) -> None:
        """End what is left of the pool's processes, the hard way at last, and remove what is stale."""
        for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, KILL_DEADLINE)):
            deadline = time.monotonic() + patience
            while (left := self._members()) and time.monotonic() < deadline:
                for process in left.values():
                    send(process, number)
                time.sleep(POLL)
        if left := self._members():
            raise PoolError(f"the pool's processes {', '.join(map(str, left))} don't end: look at them with ps")
        surroundings.remove_stale(self.directory)

    def _failure(self, reason: str) -> PoolError:
        log = self.directory / "log" / "MasterLog"
        said = f" ({error})" if (error := last_error(log)) else ""
        return PoolError(f"the personal pool doesn't come up: {' '.join(reason.split())}{said}; look at {log}")

    @staticmethod
    def _until(condition: Callable[[], T], patience: float, unless: Callable[[], bool] = lambda: False) -> T:
        """Wait until `condition` is true, `patience` seconds have passed or `unless` is true."""
        deadline = time.monotonic() + patience
        while not (result := condition()) and time.monotonic() < deadline and not unless():
            time.sleep(POLL)
        return result

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One `up` or `down` of this pool at a time; the kernel frees it when its holder dies."""
        surroundings.make_directories(self.directory)
        with (self.directory / "lock.file").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def daemon_name(process: Process) -> str:
    """What DAEMON_LIST calls it: `condor_shared_port` is SHARED_PORT, `owl shoveler run` is OWL_SHOVELER."""
    if process.program.startswith("condor_"):
        return process.program.removeprefix("condor_").upper()
    arguments = process.command
    if "shoveler" in arguments:
        return "OWL_SHOVELER"
    return "OWLD" if "owld" in arguments else process.program


def last_error(log: Path) -> str:
    """The last line with ERROR in a daemon's log, without its time; empty if there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line[match.start() :] for line in lines if (match := ERROR_WORD.search(line))]
    return errors[-1] if errors else ""


def _is_gone(pid_file: Path) -> bool:
    """Whether the process that wrote `pid_file` has ended; not where none has written it yet."""
    try:
        return read_process(int(pid_file.read_text())) is None
    except (OSError, ValueError):
        return False


def _lives(process: Process) -> bool:
    now = read_process(process.pid)
    return now is not None and now.start == process.start
