"""When a run may have ended: DAGMan's own files tell it at once, and cost the schedd nothing.

condor_dagman writes `<dag>.metrics` as the last thing it does; a bundle's node status file says it of each run.
Both are only looked at here: that a run has ended is still for the schedd to say. Where owld may not read the
files, its comparisons find the end, a little later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from owl import names
from owl.condor import bundle
from owl.db import runs
from owl.db.engine import Database

# How often the database is asked which runs there are.
LIST_PERIOD = timedelta(seconds=1)

Mark = tuple[int, int]


@dataclass
class Ends:
    """The files of the runs that go on, as they were at the last look."""

    database: Database
    _listed_at: datetime | None = None
    # Names, not paths: there may be hundreds, four times a second.
    _dags: dict[str, Mark | None] = field(default_factory=dict)
    _bundles: dict[str, tuple[Mark | None, int]] = field(default_factory=dict)

    def look(self, now: datetime) -> bool:
        """Whether a run may have ended since the last look."""
        # A clock that was set back must not stop the looking.
        if self._listed_at is None or abs(now - self._listed_at) >= LIST_PERIOD:
            self._list()
            self._listed_at = now
        now_there = {name: _mark(name) for name in self._dags}
        ended = now_there != self._dags
        self._dags = now_there
        bundles = [directory for directory in self._bundles if self._more_over(directory)]
        return ended or bool(bundles)

    def _list(self) -> None:
        """What has a file already counts as changed: it may have ended before it was listed."""
        going = self.database.read(runs.going)
        dags = {one.dag_file + names.METRICS_SUFFIX for one in going if one.dag_file and not one.bundle}
        bundles = {one.bundle for one in going if one.bundle}
        self._dags = {name: self._dags.get(name) for name in dags}
        self._bundles = {name: self._bundles.get(name, (None, 0)) for name in bundles}

    def _more_over(self, directory: str) -> bool:
        before, over = self._bundles[directory]
        mark = _mark(f"{directory}/{names.BUNDLE_STATUS}")
        if mark == before:
            return False
        now_over = sum(nodes.over for nodes in bundle.nodes(bundle.statuses(Path(directory))).values())
        self._bundles[directory] = (mark, now_over)
        return now_over > over


def _mark(name: str) -> Mark | None:
    try:
        status = os.stat(name)  # noqa: PTH116 - a Path for each of hundreds, four times a second, is most of the cost
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
