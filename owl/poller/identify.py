"""Which file this is: path, size, modification time and content, read without being led astray."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from owl.poller.interface import NotYet, Reject, open_plain

_CHUNK = 2**20
_SAMPLES = 16

Signature = tuple[int, int, int, int]  # size, mtime in ns, ctime in ns, inode


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file at one look. `path` is absolute, `real` is where its content is: elsewhere only for a link.

    Size and modification time are the content's; `own` is the file's own signature, of a link the link's.
    """

    relative: str
    path: str
    real: str
    size: int
    mtime_ns: int
    own: Signature
    digest: str
    identity: str

    @property
    def is_link(self) -> bool:
        """Whether its content is elsewhere, so that its own signature doesn't tell of it."""
        return self.real != self.path


def signature(path: str) -> Signature:
    """A file's size, times and inode; of a link, its own."""
    return signature_of(os.lstat(path))


def signature_of(status: os.stat_result) -> Signature:
    """The same from an `lstat`."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def mark_of(of: Signature) -> str:
    """Inode and change time, as the database keeps them."""
    return f"{of[3]}:{of[2]}"


def identify(root: str, relative: str, hash_bytes: int, *, empty: bool = False) -> Found:
    """Read a file to tell which it is. One larger than `hash_bytes` is known by 16 samples of a MiB.

    Raises:
        NotYet: it can't be read, or changes.
        Reject: it is no plain file, a link that leaves the directory, or has no bytes and not `empty`.
    """
    path = f"{root}/{relative}"
    try:
        before = os.lstat(path)
        real = _follow(root, path) if stat.S_ISLNK(before.st_mode) else path
    except OSError as error:
        raise NotYet(f"it can't be read ({error.strerror})") from error
    if not stat.S_ISREG(os.lstat(real).st_mode):
        raise Reject("it is no plain file")
    with open_plain(real) as stream:
        opened = os.fstat(stream.fileno())
        if opened.st_size == 0 and not empty:
            raise NotYet("it has 0 bytes", evidence=signature_of(opened))
        digest = _digest(stream, opened.st_size, hash_bytes)
        after = os.fstat(stream.fileno())
    if signature_of(opened) != signature_of(after) or (
        real == path and signature_of(before) != signature_of(after)
    ):
        raise NotYet("it is being written")
    return _found(relative, path, real, opened, digest, signature_of(before))


def unread(root: str, relative: str) -> Found:
    """A file that can't be read, to be rejected: known by everything but its content."""
    path = f"{root}/{relative}"
    status = os.lstat(path)
    return _found(relative, path, path, status, "", signature_of(status))


def _found(relative: str, path: str, real: str, status: os.stat_result, digest: str, own: Signature) -> Found:
    told = f"\0{status.st_size}\0{status.st_mtime_ns}\0{digest}".encode()
    return Found(
        relative=relative,
        path=path,
        real=real,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        own=own,
        digest=digest,
        identity=hashlib.sha256(os.fsencode(path) + told).hexdigest(),
    )


def _follow(root: str, path: str) -> str:
    """Where a link leads, if that is within the directory."""
    real = os.path.realpath(path)
    if not Path(real).is_relative_to(root):
        raise Reject("it is a symbolic link that leaves the directory")
    if not os.path.lexists(real):
        raise NotYet("it is a symbolic link that leads nowhere")
    return real


def _digest(stream: BinaryIO, size: int, hash_bytes: int) -> str:
    whole = hashlib.sha256()
    if size <= hash_bytes:
        while chunk := stream.read(_CHUNK):
            whole.update(chunk)
        return whole.hexdigest()
    whole.update(str(size).encode())
    for sample in range(_SAMPLES):
        stream.seek((size - _CHUNK) * sample // (_SAMPLES - 1))
        whole.update(stream.read(_CHUNK))
    return whole.hexdigest()
