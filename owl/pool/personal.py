"""The personal pool: up, down, status, and the environment in which its clients run."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from owl import names
from owl.config import Settings
from owl.errors import NotAllowed, PoolError
from owl.pool import surroundings
from owl.pool.clients import Clients
from owl.pool.configuration import CONFIG_FILE, LOOPBACK, PoolFacts, render
from owl.pool.identity import Identity, find_identity
from owl.pool.master import (
    MASTER,
    daemons_of,
    end_members,
    find_master,
    is_gone,
    last_error,
    lives,
    stop_master,
    until,
)
from owl.pool.obtain import Installation, obtain
from owl.pool.processes import Process
from owl.pool.record import PoolRecord, kept_record, new_record, read_record, write_private, write_record
from owl.pool.status import PoolStatus

CACHE_VARIABLE = "OWL_POOL_CACHE"
PID_FILE = "run/master.pid"
UP_DEADLINE = 300.0


class PersonalPool:
    """A personal HTCondor pool in `<state_dir>/pool`.

    Nothing happens when it is made; HTCondor is looked for (and fetched, see `owl.pool.obtain`) when it is
    first needed. Of the environment only OWL_POOL_CACHE is read: a directory of relocated HTCondors that
    several pools may share (default: `<state_dir>/htcondor`). `tell` gets a line before what takes long.
    """

    def __init__(self, settings: Settings, *, tell: Callable[[str], None] = lambda _line: None) -> None:
        self.settings = settings
        self.tell = tell
        self.directory = settings.state_dir / "pool"
        self.cache = Path(os.environ.get(CACHE_VARIABLE) or settings.state_dir / "htcondor").absolute()
        # Not the path itself: this stands in job environments, where quoting has rules of its own.
        self.mark = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:24]

    @cached_property
    def installation(self) -> Installation:
        """The HTCondor of this pool: the one that it runs with, else the one that the settings ask for."""
        record = read_record(self.directory)
        if record is not None and self._master() is not None:
            return record.installation()
        return obtain(self.settings.pool_htcondor, self.cache, self.tell)

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
            slots: how many job slots (default: the setting pool_slots, or what it runs with).
            overrides: further lines of HTCondor configuration, which win over all others (default: none,
                or what it runs with).

        Raises:
            PoolError: it doesn't come up; the message names the log to look at.
            NotAllowed: it runs already with another number of slots or another HTCondor.
        """
        with self._lock():
            master = self._master()
            if master is None:
                self._clear()
                record = self._plan(slots, owl_daemons, overrides or {})
            else:
                self._refuse_another(slots)
                record = kept_record(self.directory, owl_daemons, overrides, master)
            changed = self._write(record)
            if master is None:
                master = self._start(record)
            elif changed:
                self.reconfig()
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
                stop_master(master)
            self._clear()
        # The next `up` may be of another HTCondor than the one that ran.
        for cached in ("installation", "_clients"):
            self.__dict__.pop(cached, None)

    def status(self) -> PoolStatus:
        """What the pool is doing now."""
        record, master = read_record(self.directory), self._master()
        if master is None or record is None:
            return PoolStatus(running=False, directory=self.directory)
        answer = self._clients.ask(record.slots)
        return PoolStatus(
            running=True,
            directory=self.directory,
            master_pid=master.pid,
            collector=f"{LOOPBACK}:{record.port}",
            version=record.version,
            slots=answer.slots,
            ready=answer.ready(record.slots),
            daemons=daemons_of(master),
            problem=answer.problem,
        )

    def prepare(self) -> None:
        """Obtain HTCondor and write a configuration, so that clients find one; start nothing."""
        record, written = read_record(self.directory), (self.directory / CONFIG_FILE).is_file()
        if record is not None and written and record.installation() == self.installation:
            return
        with self._lock():
            if self._master() is None:
                self._write(self._plan(None, True, {}))

    @cached_property
    def _clients(self) -> Clients:
        return Clients(directory=self.directory, installation=self.installation, identity=self.identity)

    def environment(self) -> dict[str, str]:
        """The caller's environment, such that HTCondor's programs and bindings find this pool."""
        return self._clients.environment()

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv`, such that it runs under the pool's ordinary account (see `owl.pool.identity`)."""
        return self._clients.command(argv)

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
        if problem := self._clients.run([str(self.installation.sbin / "condor_reconfig")]):
            raise PoolError(f"condor_reconfig: {problem}")

    def use_spool(self, spool: Path) -> None:
        """Have the job hook leave its records in `spool` from now on; make that directory."""
        surroundings.make_spool(spool)
        surroundings.point_spool(self.directory, spool)

    def log_files(self) -> dict[str, Path]:
        """The daemons' logs by name, such as `SchedLog`."""
        logs = sorted((self.directory / "log").glob("*Log*"))
        return {path.name: path for path in logs if path.is_file()}

    # --- parts ---------------------------------------------------------------------------------------------

    def _plan(self, slots: int | None, owl_daemons: bool, overrides: Mapping[str, str]) -> PoolRecord:
        slots = self.settings.pool_slots if slots is None else slots
        return new_record(self.directory, self.installation, slots, owl_daemons, overrides)

    def _refuse_another(self, slots: int | None) -> None:
        before, wanted = read_record(self.directory), self.settings.pool_htcondor
        if before is None:
            return
        if slots not in (None, before.slots) or wanted not in ("", self.installation.major):
            raise NotAllowed(
                f"the pool runs HTCondor {before.version} with {before.slots} slots; "
                "`owl pool down` it first to change that"
            )

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
        pid_file = self.directory / PID_FILE
        problem = self._clients.run(
            [str(self.installation.sbin / MASTER), "-pidfile", str(pid_file)],
            environment=self._clients.daemon_environment(self.mark),
        )
        if problem:
            raise self._failure(problem)
        master = until(self._master, UP_DEADLINE, unless=lambda: is_gone(pid_file))
        if master is None:
            raise self._failure("condor_master ended at once")
        write_record(self.directory, dataclasses.replace(record, master_pid=master.pid, master_start=master.start))
        return master

    def _wait_until_ready(self, master: Process, record: PoolRecord) -> PoolStatus:
        status = until(self._ready, UP_DEADLINE, unless=lambda: not lives(master))
        if not lives(master):
            raise self._failure("condor_master ended")
        if status is None:
            status = self.status()
            have = status.problem or f"{status.slots} of {record.slots} slots, {', '.join(status.daemons)}"
            raise self._failure(f"not ready after {UP_DEADLINE:.0f} s ({have})")
        return status

    def _ready(self) -> PoolStatus | None:
        status = self.status()
        return status if status.ready else None

    def _master(self) -> Process | None:
        return find_master(self.directory, self.mark)

    def _clear(self) -> None:
        end_members(self.directory, self.mark)
        surroundings.remove_stale(self.directory)

    def _failure(self, reason: str) -> PoolError:
        log = self.directory / "log" / "MasterLog"
        said = f" ({error})" if (error := last_error(log)) else ""
        return PoolError(f"the personal pool doesn't come up: {reason}{said}; look at {log}")

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """One `up` or `down` of this pool at a time; the kernel frees it when its holder dies."""
        surroundings.make_directories(self.directory)
        with (self.directory / "lock.file").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield
