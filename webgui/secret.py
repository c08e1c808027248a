"""The key that signs sessions and CSRF tokens: made at the first start, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from owl.errors import StorageError

FILE = "web.secret"
_BYTES = 32


def secret_key(directory: Path) -> bytes:
    """The key kept in a directory; a new one where there is none yet.

    Raises:
        StorageError: it can't be read or written, or others may read it.
    """
    path = directory / FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _make(path)
        if path.stat().st_mode & 0o077:
            raise StorageError(f"{path}: others may read this key; take it away and start again, or chmod 600 it")
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: can't be used ({error.strerror}); it keeps the key of sessions") from error
    if len(key) < _BYTES:
        raise StorageError(f"{path}: is too short for a key; take it away and start again")
    return key


def _make(path: Path) -> None:
    """Write a whole key under a name of its own, then give it its name unless another process was first."""
    if path.exists():
        return
    temporary = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()
