"""The spool: records that the job hook left, read as what they are: files of strangers."""

from __future__ import annotations

import logging
import os
import pwd
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from owl import names
from owl.condor.classad import parse_ad
from owl.condor.reports import HookCall, from_hook
from owl.daemon import utc_now
from owl.errors import StorageError
from owl.model import Execution

_log = logging.getLogger(__name__)

LARGEST_RECORD = 16 * 2**20
SPOOL_MODE = 0o3733  # every job's user may leave a file; only owld may look, and by its group reads all
# Seconds without a byte more; the hook gives itself 10 and HTCondor gives it 30, unless told otherwise.
UNFINISHED_FOR = 60.0
_PHASES = frozenset({"prepare", "update", "exit"})


class BadRecord(Exception):
    """A file in the spool that isn't a record; the reason is the message."""


class Unfinished(Exception):
    """A record that its hook is still writing."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record that was read: its file and what it reports."""

    path: Path
    report: Execution


def make(directory: Path) -> None:
    """Make the spool directory with its mode, if it isn't there."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / names.SPOOL_BAD).mkdir(exist_ok=True, mode=0o700)
        if stat.S_IMODE(directory.stat().st_mode) != SPOOL_MODE:
            directory.chmod(SPOOL_MODE)
    except OSError as error:
        raise StorageError(
            f"{directory}: can't be the spool ({error.strerror}); set spool_dir in owl.toml"
        ) from error


def waiting(directory: Path) -> list[Path]:
    """The records that are there, the oldest first (their names begin with their time)."""
    return [directory / name for name in waiting_names(directory)]


def waiting_names(directory: Path) -> list[str]:
    """The same by their names alone: there may be a hundred thousand."""
    try:
        with os.scandir(directory) as entries:
            found = [
                (not entry.is_file(follow_symlinks=False), entry.name)
                for entry in entries
                if entry.name.endswith(names.SPOOL_RECORD_SUFFIX)
            ]
    except OSError as error:
        raise StorageError(f"{directory}: the spool can't be read ({error.strerror})") from error
    # What is no file comes last: a stranger's directory can't always be moved away, and must not be in the way.
    return [name for _, name in sorted(found)]


def read(paths: list[Path]) -> Iterator[Record]:
    """Read records; a bad one is set aside with its reason and passed over, an unfinished one stays for later."""
    for path in paths:
        try:
            yield Record(path=path, report=_read(path))
        except (FileNotFoundError, Unfinished):
            continue
        except (BadRecord, OSError) as error:
            set_aside(path, str(error))
        except Exception as error:  # a stranger's file: whatever it does to the reader costs one record
            set_aside(path, f"{type(error).__name__}: {error}")


def set_aside(path: Path, reason: str) -> None:
    """Move a record that can't be used to `bad/`, and write the reason beside it."""
    place = _free(path.parent / names.SPOOL_BAD / path.name)
    _log.warning("a spool record is set aside", extra={"action": "bad_record", "file": path.name, "reason": reason})
    try:
        path.replace(place)
        place.with_name(place.name + ".reason").write_text(reason + "\n", encoding="utf-8")
    except OSError as error:
        _log.error("%s: can't be set aside: %s", path, error)


def _free(place: Path) -> Path:
    """That path or, where something has it already, the same with a number."""
    number = 0
    tried = place
    while os.path.lexists(tried):
        number += 1
        tried = place.with_name(f"{place.name}.{number}")
    return tried


def _read(path: Path) -> Execution:
    data, status = _contents(path)
    owner = _user(status.st_uid)
    if names.SPOOL_ENDED_MARK in path.name:
        data = _ended(data, status)
    # No database's text holds a NUL.
    head, separator, body = data.decode("utf-8", "replace").replace("\0", "\ufffd").partition("\n\n")
    if not separator:
        raise BadRecord("cut short: no empty line after the first")
    call = _call(head, status.st_mtime)
    ad = parse_ad(body)
    report = from_hook(ad, call)
    if report is None:
        raise BadRecord("the ad has no GlobalJobId")
    if report.owner != owner:
        raise BadRecord(f"forged: the file belongs to {owner}, the ad to {report.owner}")
    return report


def _ended(data: bytes, status: os.stat_result) -> bytes:
    """A record without its last line. By ctime it is seen how long nobody wrote: no user can set that."""
    if data.endswith(names.SPOOL_RECORD_END):
        return data[: -len(names.SPOOL_RECORD_END)]
    if time.time() - status.st_ctime < UNFINISHED_FOR:
        raise Unfinished
    raise BadRecord("cut short: its last line is missing, so the hook was ended half-way")


def _contents(path: Path) -> tuple[bytes, os.stat_result]:
    """A record's bytes and what is known of its file. A link or a pipe is never followed, and never waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadRecord("not a plain file")
        if status.st_size > LARGEST_RECORD:
            raise BadRecord(f"{status.st_size} bytes; a record has at most {LARGEST_RECORD}")
        return _read_whole(descriptor, status.st_size), status
    finally:
        os.close(descriptor)


def _read_whole(descriptor: int, size: int) -> bytes:
    """What the file had when it was looked at, mostly in one call: Python's file objects take twice the time."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


@lru_cache(maxsize=1024)
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _call(line: str, written_at: float) -> HookCall:
    words = line.split()
    if words[:1] == [names.HOOK_MAGIC] and len(words) > 1 and words[1] not in names.HOOK_VERSIONS:
        other = " ".join(words[:2])[:40]
        raise BadRecord(
            f"the job hook is another OWL's ({other!a}, this one reads versions {', '.join(names.HOOK_VERSIONS)}): "
            f"install this OWL's {names.HOOK_PROGRAM} on that host"
        )
    if words[:1] != [names.HOOK_MAGIC] or len(words) != 7 or words[2] not in _PHASES:
        raise BadRecord(f"not a record of the job hook: {line[:80]!a}")
    try:
        at = datetime.fromtimestamp(written_at if words[4] == "-" else int(words[4]) / 1e9, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadRecord(f"no time: {words[4]!a}") from None
    at = min(at, utc_now())  # a clock that is ahead, or a stranger, must not outvote what comes later
    return HookCall(phase=words[2], reason=words[3], at=at, host=words[6])
