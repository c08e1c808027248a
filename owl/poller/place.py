"""Where files go: away from the directory, without overwriting anything and without losing what has just arrived.

A file is renamed to a hidden name beside it first. What is renamed may be a newer file of that name, that arrived a
moment ago: its inode tells, and then it goes back. Every step can be done again after a kill -9.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from datetime import datetime
from pathlib import Path

from owl.poller.identify import Found
from owl.poller.table import Afterwards, PollerTable

REASON_SUFFIX = ".reason"


def destination(table: PollerTable, found: Found, others: bool, now: datetime) -> str:
    """Where a file goes afterwards; "" where it stays or is deleted. Nothing is there yet."""
    if table.destination is None:
        return ""
    base = str(table.destination)
    if table.afterwards is Afterwards.ARCHIVE:
        base = f"{base}/{now:%Y}/{now:%j}"
    if not others:
        return free(f"{base}/{found.relative}", found.identity)
    folder, _, name = found.relative.rpartition("/")
    path = f"{base}/{folder}/{name}" if folder else f"{base}/{name}"
    if not _there(path):
        return path
    return f"{base}/{folder or 'delivery'}.{found.identity[:8]}/{name}"


def free(path: str, identity: str) -> str:
    """This path, or where something is there already one that is the event's own."""
    return f"{path}.{identity[:8]}" if _there(path) else path


def carry(source: str, target: str, inode: int | None, identity: str) -> bool:
    """Take a file away: to `target`, or for good where that is "". False where another file has its name by now.

    `inode` is the file's, None for whatever has that name; `identity` is its event's.

    Raises:
        OSError: it can't be moved; nothing is lost.
    """
    staged = _staged(source, identity)
    if not _there(staged):
        if inode is not None and _inode(source) != inode:
            return not _there(source)
        try:
            os.rename(source, staged)  # noqa: PTH104 - each file of a batch: no Path each
        except FileNotFoundError:
            return True  # another process of this poller was first
    if inode is not None and _inode(staged) not in (inode, None):
        _give_back(staged, source)
        return False
    if target:
        _put(staged, target)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(staged)  # noqa: PTH108 - as above
    return True


def bring_back(kept: str, source: str) -> bool:
    """Bring a quarantined file back to where it arrived; False where it isn't there, or its place is taken.

    Raises:
        OSError: it can't be moved.
    """
    if not _there(kept):
        return _there(source)
    if _there(source):
        return False
    Path(source).parent.mkdir(parents=True, exist_ok=True)
    _put(kept, source)
    os.unlink(kept)  # noqa: PTH108 - as above
    Path(kept + REASON_SUFFIX).unlink(missing_ok=True)
    return True


def write_reason(kept: str, text: str) -> None:
    """Leave the reason beside a quarantined file."""
    path = Path(kept + REASON_SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _staged(source: str, identity: str) -> str:
    token = hashlib.sha256(os.fsencode(source) + identity.encode()).hexdigest()[:16]
    return f"{source.rpartition('/')[0]}/.owl-{token}"


def _put(staged: str, target: str) -> None:
    """Give a file a second name, on another file system a copy; what is there already is never replaced."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(staged, target, follow_symlinks=False)
    except FileExistsError:
        if not _same(staged, target):
            raise
    except FileNotFoundError:
        if not _there(target):
            raise
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        _copy(staged, target)


def _copy(staged: str, target: str) -> None:
    folder, _, name = target.rpartition("/")
    temporary = f"{folder}/.{name}.owl-copy"
    Path(temporary).unlink(missing_ok=True)
    shutil.copy2(staged, temporary, follow_symlinks=False)
    if not Path(temporary).is_symlink():
        with Path(temporary).open("rb") as copied:
            os.fsync(copied.fileno())
    if _there(target) and not _same(temporary, target):
        Path(temporary).unlink()
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    os.replace(temporary, target)  # noqa: PTH105 - as above


def _give_back(staged: str, source: str) -> None:
    """What was renamed is a newer file than the one that was meant; the newest of all wins the name."""
    with contextlib.suppress(FileExistsError):
        os.link(staged, source, follow_symlinks=False)
    os.unlink(staged)  # noqa: PTH108 - as above


def _same(one: str, other: str) -> bool:
    """Whether two names are one file, or copies of one."""
    if _inode(one) == _inode(other) and os.lstat(one).st_dev == os.lstat(other).st_dev:
        return True
    if Path(one).is_symlink() or Path(other).is_symlink() or os.lstat(one).st_size != os.lstat(other).st_size:
        return False
    with Path(one).open("rb") as mine, Path(other).open("rb") as theirs:
        while chunk := mine.read(2**20):
            if chunk != theirs.read(2**20):
                return False
    return True


def _inode(path: str) -> int | None:
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None


def _there(path: str) -> bool:
    return os.path.lexists(path)
