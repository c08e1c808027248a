"""The spool's size while the database is away: updates go before anything that tells a start or an end."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path

from owl import names

_log = logging.getLogger(__name__)

# The hook writes the phase into the name too, so that nothing has to be opened here.
UPDATE_SUFFIX = f".update{names.SPOOL_RECORD_SUFFIX}"
TEMPORARY_SUFFIX = ".tmp"
ABANDONED_AFTER = 3600.0  # seconds: a hook that was killed half-way leaves its temporary file behind


def keep(directory: Path, limit: int) -> int:
    """Drop the oldest update records until the spool has at most `limit` bytes; returns how many went.

    Records of prepare and exit are never dropped: without them the blackboard would have to be mended from the
    schedd. Temporary files of hooks that were killed are removed, too.
    """
    updates, total, now = [], 0, time.time()
    with os.scandir(directory) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                total += status.st_size
                if entry.name.endswith(UPDATE_SUFFIX):
                    updates.append((status.st_mtime_ns, entry.name, status.st_size))
                elif entry.name.endswith(TEMPORARY_SUFFIX) and now - status.st_mtime > ABANDONED_AFTER:
                    Path(entry.path).unlink()
    dropped = 0
    for _, name, size in sorted(updates):
        if total <= limit:
            break
        with contextlib.suppress(OSError):
            (directory / name).unlink()
            total, dropped = total - size, dropped + 1
    if dropped:
        _log.warning(
            "the spool is over its limit: updates dropped", extra={"action": "updates_dropped", "number": dropped}
        )
    return dropped
