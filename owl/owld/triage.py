"""Triage: the cause of each failure is read off the end of its error log once, as soon as it has failed."""

from __future__ import annotations

import logging
import os
import stat
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from owl import causes
from owl.daemon import utc_now
from owl.db import failures
from owl.db.engine import Database
from owl.db.failures import Failure
from owl.model import Execution, Run, State

_log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
BATCH = 500
BACK = timedelta(days=7)  # how far back is looked after a start
OVERLAP = timedelta(minutes=10)  # records come late
TAIL = 4096
_LINE = 300


@dataclass
class Triage:
    """Looks for failures that have no cause yet."""

    database: Database
    _mark: datetime | None = None
    _next: float = 0.0

    def step(self) -> int:
        """Find the causes of what has failed; returns of how many."""
        if time.monotonic() < self._next:
            return 0
        now = utc_now()
        since = self._mark - OVERLAP if self._mark is not None else now - BACK
        found = [_failure(row, run, now) for row, run in self.database.read(failures.unseen, since, limit=BATCH)]
        if len(found) < BATCH:
            found += [_of_run(run, now) for run in self.database.read(failures.unseen_runs, since, limit=BATCH)]
            self._mark, self._next = now, time.monotonic() + EVERY
        if found:
            self.database.write(failures.add, found)
            _log.info("%d failures looked at", len(found), extra={"action": "triage"})
        return len(found)


def _failure(row: Execution, run: Run | None, now: datetime) -> Failure:
    names = [row.dataset or "", row.run_id or "", run.work_dir if run is not None else ""]
    text = (row.hold_reason or "") if row.state is State.HELD else tail(run, row)
    line = causes.line_of(text)
    return Failure(
        global_job_id=row.global_job_id,
        start_number=row.start_number,
        run_id=row.run_id,
        dataset=row.dataset,
        host=machine(row.host),
        failed_at=row.completion_time or now,
        step=row.process_name or "",
        exit_code=row.exit_code,
        exit_signal=row.exit_signal,
        hold_code=row.hold_code if row.state is State.HELD else None,
        says=causes.mask(line, names=names) or (str(row.state) if row.state is not State.EXITED else ""),
        line=line[:_LINE],
    )


def _of_run(run: Run, now: datetime) -> Failure:
    text = run.error or str(run.state)
    return Failure(
        global_job_id=f"run:{run.id}",
        start_number=run.submission,
        run_id=run.id,
        dataset=run.dataset,
        failed_at=run.ended_at or now,
        says=causes.mask(text, names=[run.dataset, run.id, run.work_dir]),
        line=text[:_LINE],
    )


def machine(host: str | None) -> str | None:
    """The machine of a slot's name: slot1_2@node7 is node7."""
    return host.rpartition("@")[2] if host else None


def tail(run: Run | None, row: Execution) -> str:
    """The end of a step's error log, or of its output where that is empty: of files in the run's directory."""
    if run is None:
        return ""
    home = Path(run.work_dir).resolve()
    for name in (row.err, row.out):
        if name and (path := (home / name).resolve()).is_relative_to(home):
            text = _end(path)
            if text.strip():
                return text
    return ""


def _end(path: Path) -> str:
    """What lies there is a job's: it may be a pipe that never ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return ""
        file.seek(max(0, status.st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace")
