"""What every daemon is: a `step()`, a loop around it, signals that only set an event, and one lock a host."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import logging.handlers
import os
import random
import select
import signal
import socket
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from owl.errors import AlreadyRunning, OperationError, OwlError, StorageError, UserError

_log = logging.getLogger(__name__)

LONGEST_BACKOFF = 10.0
_LOG_BYTES = 20_000_000
_LOG_FILES = 5


class Stop:
    """Whether the daemon shall end. SIGTERM and SIGINT ask once; a second one ends it at once.

    Not a threading.Event: its set() takes a lock that the wait() which the signal interrupts may hold, and then the
    daemon hangs for ever.
    """

    def __init__(self) -> None:
        self._asked = False
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        weakref.finalize(self, os.close, self._bell)

    @property
    def asked(self) -> bool:
        """Whether somebody has asked."""
        return self._asked

    def ask(self) -> None:
        """End after the step that runs now."""
        self._asked = True
        os.eventfd_write(self._bell, 1)

    def wait(self, seconds: float) -> bool:
        """Sleep, but not past the request to end; returns whether there is one."""
        bell = select.poll()
        bell.register(self._bell, select.POLLIN)
        bell.poll(max(0.0, seconds) * 1000)
        return self._asked

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let the signals ask, for the length of the block."""
        names = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
        before = {name: signal.signal(name, self._handle) for name in names}
        # condor_reconfig sends it to every child of condor_master; OWL's settings are read at the start only.
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._asked:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.ask()


def loop(step: Callable[[], bool], *, period: float, stop: Stop, memory_limit: int = 0) -> None:
    """Call `step` until asked to stop: at once again where it worked, else after `period` seconds.

    A step that fails with an error of the system's is told in the log and tried again, each time later, with
    jitter, at most every `LONGEST_BACKOFF` seconds. An error of the user's (a wrong setting) ends the daemon.

    A daemon that has grown over `memory_limit` bytes (0: none) ends too, and whoever started it starts it again:
    each search of a schedd's history leaks about a kilobyte in HTCondor's bindings (25.14.1, measured).
    """
    failures = 0
    while not stop.asked:
        if memory_limit and resident_bytes() > memory_limit:
            _log.warning("over the memory limit: it ends, to be started again", extra={"action": "memory_limit"})
            return
        try:
            worked = step()
        except UserError:
            raise
        except (OwlError, OSError) as error:
            failures += 1
            delay = min(LONGEST_BACKOFF, period * 2**failures) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
            _log.error("%s; trying again in %.1f s", error, delay)
            stop.wait(delay)
            continue
        if failures:
            _log.warning("it works again after %d failures", failures)
            failures = 0
        if not worked:
            stop.wait(period)


@contextlib.contextmanager
def alone(name: str, directory: Path) -> Iterator[None]:
    """Hold the lock `<name>.lock` in a directory for the length of the block.

    Raises:
        AlreadyRunning: another process holds it; its pid is in the message.
    """
    path = directory / f"{name}.lock"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{path}: can't be made ({error.strerror}); set state_dir in owl.toml") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"{name} runs here already (pid {pid}, lock {path}); stop that one first"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def configure_logging(level: str, form: str, file: Path | None) -> None:
    """Send the log to a file that is rotated, or to standard error; as text or one JSON object a line."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        try:
            handler = logging.handlers.RotatingFileHandler(
                file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
            )
        except OSError as error:
            raise OperationError(f"{file}: can't be opened for the log ({error.strerror})") from error
    renderer: Any = structlog.processors.JSONRenderer() if form == "json" else _line
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel("WARNING")


def resident_bytes() -> int:
    """This process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def leave_word(directory: Path, daemon: str, words: str) -> None:
    """Leave a daemon's word for this host's operators, for when the database can't take it; "" takes it back."""
    path = directory / f"{daemon}.word"
    with contextlib.suppress(OSError):
        if not words:
            path.unlink(missing_ok=True)
            return
        temporary = path.with_suffix(".tmp")
        temporary.write_text(words + "\n", encoding="utf-8")
        temporary.replace(path)


def words_left(directory: Path) -> list[str]:
    """What this host's daemons have left word of, each with its daemon's name."""
    found = []
    for path in sorted(directory.glob("*.word")):
        with contextlib.suppress(OSError):
            found.append(f"{path.stem}: {path.read_text(encoding='utf-8', errors='replace').strip()}")
    return found


def host_name() -> str:
    """This host, as daemons call it in the database."""
    return socket.gethostname()


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def _line(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    """`2026-01-02T03:04:05Z INFO what happened key=value`; a stranger's text can't begin a line of its own."""
    rest = dict(event)
    head = (rest.pop("timestamp", ""), str(rest.pop("level", "")).upper(), _escaped(rest.pop("event", "")))
    trace = rest.pop("exception", None)
    pairs = [f"{name}={_escaped(value)}" for name, value in sorted(rest.items())]
    return " ".join([*map(str, head), *pairs]) + (f"\n{trace}" if trace else "")


def _escaped(value: object) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))
