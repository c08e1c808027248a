"""Reading a run's files: jobs have written them, so a name there may be a link to anything, or a pipe."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_plain(path: Path, most: int) -> bytes | None:
    """At most so many bytes of a regular file; None where it is none, a link among them, or can't be read."""
    try:
        # Of a link and of a pipe the open itself decides: a look before it would be a race that a job can win.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
