"""When a run may have ended: DAGMan's own files tell it at once, and cost the schedd nothing.

condor_dagman writes `<dag>.metrics` as the last thing it does; a bundle's node status file says it of each run.
Both are only looked at here: that a run has ended is still for the schedd to say. Where owld may not read the
files, its comparisons find the end, a little later.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    _dags: dict[Path, Mark | None] = field(default_factory=dict)
    _bundles: dict[Path, tuple[Mark | None, int]] = field(default_factory=dict)

    def look(self, now: datetime) -> bool:
        """Whether a run may have ended since the last look."""
        # A clock that was set back must not stop the looking.
        if self._listed_at is None or abs(now - self._listed_at) >= LIST_PERIOD:
            self._list()
            self._listed_at = now
        dags = [path for path, mark in self._dags.items() if _mark(path) != mark]
        self._dags |= {path: _mark(path) for path in dags}
        bundles = [directory for directory in self._bundles if self._more_over(directory)]
        return bool(dags or bundles)

    def _list(self) -> None:
        """What has a file already counts as changed: it may have ended before it was listed."""
        going = self.database.read(runs.going)
        dags = _only(one.dag_file + names.METRICS_SUFFIX for one in going if one.dag_file and not one.bundle)
        bundles = _only(one.bundle for one in going if one.bundle)
        self._dags = {path: self._dags.get(path) for path in dags}
        self._bundles = {path: self._bundles.get(path, (None, 0)) for path in bundles}

    def _more_over(self, directory: Path) -> bool:
        before, over = self._bundles[directory]
        mark = _mark(directory / names.BUNDLE_STATUS)
        if mark == before:
            return False
        now_over = sum(nodes.over for nodes in bundle.nodes(bundle.statuses(directory)).values())
        self._bundles[directory] = (mark, now_over)
        return now_over > over


def _only(paths: Iterable[str | None]) -> list[Path]:
    return sorted({Path(path) for path in paths if path})


def _mark(path: Path) -> Mark | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
