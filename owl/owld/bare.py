"""Executions of which no hook has told: they get their ClassAd from the schedd, and operators get a warning."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from owl.condor import nodelog
from owl.condor.schedd import Schedd
from owl.db import blackboard
from owl.db.engine import Database
from owl.model import Execution

_log = logging.getLogger(__name__)

_REASON = re.compile(r"OWL: hook on \S+: (.*)")
_LARGEST_LOG = 10_000_000
NO_REASON = "the hook didn't run, or its record was lost"


def complete(database: Database, schedd: Schedd, jobs: Sequence[str]) -> Counter[str]:
    """Fill in the ClassAds that no hook brought; returns "host: reason" for each step that began without a word."""
    rows = database.read(blackboard.bare, jobs)
    if not rows:
        return Counter()
    ads = schedd.full_ads(sorted({row.global_job_id for row in rows}))
    told = [replace(row, classad=ads[row.global_job_id]) for row in rows if row.global_job_id in ads]
    database.write(blackboard.record, told)
    silent = Counter(f"{row.host}: {_reason(row)}" for row in told if row.host and row.start_time)
    for place, number in silent.items():
        _log.warning("no hook told of %d steps on %s", number, place, extra={"action": "hook_silent"})
    return silent


def _reason(row: Execution) -> str:
    """What the hook could still say: its message in the job's event log (HTCondor manual, HookStatusMessage)."""
    log = _event_log(row)
    if log is None:
        return NO_REASON
    for event in nodelog.events(log):
        if (event.cluster, event.proc) == (row.cluster, row.proc) and event.type.name == "REMOTE_ERROR":
            found = _REASON.search(str(event.get("ErrorMsg", "")))
            if found:
                return found.group(1)
    return NO_REASON


def _event_log(row: Execution) -> Path | None:
    """The job's event log, if it lies in the run's work directory: a path in an ad is a stranger's."""
    if not row.log or not row.work_dir:
        return None
    path = (Path(row.work_dir) / row.log).resolve()
    try:
        small = path.is_file() and path.stat().st_size < _LARGEST_LOG
    except OSError:
        return None
    return path if small and path.is_relative_to(Path(row.work_dir).resolve()) else None
