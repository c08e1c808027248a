"""A directory's file events as long as they come; where they don't, why, and when they are asked for again.

A poller works without them: the periodic scan finds everything. They only make it faster, so what is wrong with
them is told and never ends it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from owl.poller.paths import to_text
from owl.poller.watch import Changes, Watcher

_log = logging.getLogger(__name__)

_TOLD = 600.0  # seconds for which an overflow is told
_AGAIN = 60.0  # seconds, or a scan's period: until events that don't come are asked for again


@dataclass
class Hearing:
    """The file events of one directory.

    Args:
        wanted: whether they are used at all.
        deep: whether folders below are watched too.
        period: seconds between two scans.
    """

    root: str
    wanted: bool
    deep: bool
    period: float
    lost: int = 0  # how often there were more than the system keeps
    _watcher: Watcher | None = None
    _why: str = ""
    _limit: str = ""  # as it was told last
    _again_at: float = 0.0
    _lost_at: float | None = None

    @property
    def works(self) -> bool:
        """Whether events come."""
        return self._watcher is not None and self._watcher.works

    def begin(self, clock: float) -> None:
        """Watch the directory that is there now, from the beginning."""
        self.end()
        if not self.wanted:
            return
        self._again_at = clock + max(_AGAIN, self.period)
        watcher = Watcher(self.root, deep=self.deep)
        why = watcher.start()
        if why:
            self._fails(why)
            return
        self._watcher = watcher
        if self._why:
            self._warn("file events come again")
        self._why = ""

    def tend(self, clock: float) -> bool:
        """Ask for them again where they don't come, or not of every folder; True where a scan is to follow."""
        limited = self._watcher is not None and self._watcher.limit
        if not self.wanted or clock < self._again_at or (self._watcher is not None and not limited):
            return False
        self.begin(clock)
        return self._watcher is not None

    def take(self, clock: float) -> Changes:
        """What has happened since the last time; `lost` where only a scan can tell."""
        if self._watcher is None:
            return Changes()
        if not self._watcher.works:
            if self._watcher.gone:
                self._again_at = clock  # the directory was deleted: another may be there by now
            self.end()
            self._fails("they have ended")
            return Changes(lost=True)
        if self._watcher.limit != self._limit:
            self._limit = self._watcher.limit
            self._warn(self._limit or "every folder is watched again")
        changes = self._watcher.take()
        if changes.lost:
            self.lost += 1
            if self._lost_at is None or clock - self._lost_at > _TOLD:
                self._warn(_OVERFLOW)
            self._lost_at = clock
        return changes

    def end(self) -> None:
        """Watch no more."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def says(self, clock: float) -> str:
        """What is wrong, for people."""
        words = []
        if self._why:
            words.append(f"no file events ({self._why}); it is scanned every {self.period:g} s")
        elif self._watcher is not None and self._watcher.limit:
            words.append(f"not every folder is watched ({self._watcher.limit}); a scan finds the rest")
        if self._lost_at is not None and clock - self._lost_at <= _TOLD:
            words.append(_OVERFLOW)
        return "; ".join(words)

    def _fails(self, why: str) -> None:
        if why != self._why:
            self._warn(f"no file events ({why}); it is scanned every {self.period:g} s")
        self._why = why

    def _warn(self, words: str) -> None:
        _log.warning("%s: %s", to_text(self.root), words, extra={"action": "poller_watch"})


_OVERFLOW = "more file events than fs.inotify.max_queued_events at once: it was scanned instead"
