"""A poller's step: what operators want, what has happened in the directory, what is complete now.

Everything in memory can be lost: the directory and the database tell it all again. An event is known by its path,
size, modification time and content, and is written down with its requests in one transaction; its file is put where
it goes after that. So a kill -9 loses nothing and doubles nothing, wherever it comes.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from owl.daemon import host_name, utc_now
from owl.db import pollers
from owl.db.engine import Database
from owl.faults import Faults
from owl.intake import PollerLook
from owl.poller.batch import Intake
from owl.poller.hearing import Hearing
from owl.poller.identify import signature_of
from owl.poller.paths import to_text
from owl.poller.pattern import walk
from owl.poller.pending import Pending
from owl.poller.settle import Settler
from owl.poller.table import Recipe
from owl.poller.translate import Translator
from owl.workflow.catalog import Catalog

_log = logging.getLogger(__name__)

BATCH = 500
BEAT = 10.0  # seconds
CONTROL = 1.0  # seconds between two looks at what operators want, and whether the directory is still there
SETTLE_AGAIN = 1.0  # a new directory is walked once more: files may have come before its events did
# A scan begins so much early that what it finds is in the DPQ before the period is over.
EARLY = 0.2  # seconds
EARLY_PART = 0.1  # of the period, where that is less
REST = 3.0  # times its own length, between scans that lost events ask for


@dataclass
class Poller:
    """One poller on one directory; `step()` does one bounded piece of its work."""

    recipe: Recipe
    database: Database
    catalog: Catalog
    quarantine: Path
    host: str = field(default_factory=host_name)
    started_at: datetime = field(default_factory=utc_now)
    faults: Faults = field(default_factory=lambda: Faults.of(os.environ))
    away: str = ""  # why the directory can't be looked at
    untold: str = ""  # why files that wait can't become requests
    scanned: int = 0  # complete scans since the start
    _directory: tuple[int, int] | None = None  # device and inode
    _seen: float | None = None  # when the directory was looked for
    _scan_at: float = 0.0
    _scan_again_at: float = 0.0  # not sooner for lost events
    _controlled: float | None = None
    _beaten: float | None = None
    _told: tuple[Any, ...] = ()
    _look: PollerLook | None = None
    _later: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.recipe.table
        self.root = os.path.realpath(table.directory)
        self.pending = Pending(self.root, table)
        deep = self.recipe.pattern.deep or table.kind == "manifest"
        self.hearing = Hearing(root=self.root, wanted=table.file_events, deep=deep, period=table.scan_period)
        self.settler = Settler(self.recipe, self.root, self.database, self.pending, self.faults.passing)
        translator = Translator(
            recipe=self.recipe, root=self.root, quarantine=self.quarantine, catalog=self.catalog
        )
        self.intake = Intake(self.database, translator, self.settler, self.pending, self.faults.passing)

    @property
    def paused(self) -> bool:
        """Whether an operator has paused it."""
        return self._look is not None and self._look.paused_at is not None

    def step(self) -> bool:
        """Look at what has happened, deal with what is complete; returns whether there was any."""
        clock = time.monotonic()
        self._control(clock)
        if self.paused or not self._is_there(clock):
            return False
        self._hear(clock)
        if clock >= self._scan_at:
            self.scan(clock)
        self.untold = self.catalog.away() if len(self.pending) else ""
        if self.untold:
            return False
        ready = self.pending.ready(clock, BATCH)
        if ready:
            self.intake.process(ready, clock)
        return bool(ready)

    def scan(self, clock: float) -> None:
        """Look at every file of the directory that isn't known as it is."""
        asked = self._look.scan_asked_at if self._look is not None else None
        self.settler.recover()
        for relative in self.settler.bring_back():
            self.intake.known.pop(relative, None)
            self.pending.look_at(relative, clock)
        self._walk("", clock)
        period = self.recipe.table.scan_period
        self._scan_at = clock + period - min(EARLY, EARLY_PART * period)
        self._scan_again_at = clock + max(CONTROL, (1 + REST) * (time.monotonic() - clock))
        self.scanned += 1
        if asked is not None:
            self.database.write(pollers.scanned, self.recipe.table.name, asked)

    def stopped(self) -> None:
        """End the watch, and tell the database that this poller has ended as it should."""
        self.hearing.end()
        self.database.write(self._last_words)

    def _last_words(self, connection: Connection) -> None:
        name = self.recipe.table.name
        found = pollers.look(connection, name)
        if found is None or (found.host, found.pid) == (self.host, os.getpid()):
            self._beat(connection)  # what waits now, not some seconds ago
        pollers.stopped(connection, name, self.host, os.getpid(), now=utc_now())

    def _is_there(self, clock: float) -> bool:
        """Whether the directory is there; one that has come back, or is another, is looked at anew."""
        if self._seen is not None and clock - self._seen < CONTROL:
            return not self.away
        self._seen = clock
        try:
            status = Path(self.root).stat()
            os.close(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as error:
            self._lost(f"{to_text(self.root)} can't be read ({error.strerror})")
            return False
        if self.away:
            _log.warning("%s is there again", to_text(self.root), extra={"action": "poller_directory"})
            self.away = ""
        if self._directory != (status.st_dev, status.st_ino):
            self._directory = (status.st_dev, status.st_ino)
            self.hearing.begin(clock)
            self._scan_at = 0.0
        return True

    def _lost(self, why: str) -> None:
        if not self.away:
            _log.error("%s; it is waited for", why, extra={"action": "poller_directory"})
        self.away, self._directory, self._seen = why, None, time.monotonic()
        self.pending.clear()

    def _hear(self, clock: float) -> None:
        """What file events tell."""
        if self.hearing.tend(clock):
            self._scan_at = 0.0
        changes = self.hearing.take(clock)
        for relative in changes.files:
            if self.recipe.pattern.match(relative):
                self._noticed(relative, clock)
            self.pending.touched(relative, clock)
        for folder in changes.folders:
            self._later[folder] = clock + SETTLE_AGAIN
            self._walk_into(folder, clock)
        for folder in [folder for folder, due in self._later.items() if due <= clock]:
            del self._later[folder]
            self._walk_into(folder, clock)
        if changes.lost:
            self._scan_at = min(self._scan_at, self._scan_again_at)

    def _noticed(self, relative: str, clock: float) -> None:
        try:
            found = signature_of(os.lstat(f"{self.root}/{relative}"))
        except OSError:
            return
        if not self.intake.is_known(relative, found):
            self.pending.look_at(relative, clock)

    def _walk_into(self, folder: str, clock: float) -> None:
        if self.recipe.pattern.deep and self.recipe.pattern.leads_into(folder):
            self._walk(folder, clock)

    def _walk(self, below: str, clock: float) -> None:
        """Look at what isn't known below a directory; a walk of all of it forgets what is gone."""
        known, there = self.intake.known, {}
        try:
            for relative, status in walk(self.root, self.recipe.pattern, below):
                found = signature_of(status)
                if known.get(relative) == (mark := hash(found)):
                    there[relative] = mark
                else:
                    self.pending.look_at(relative, clock)
        except OSError as error:
            self._lost(f"{to_text(self.root)} can't be read ({error.strerror})")
            return
        if not below:
            self.intake.known = there

    def _control(self, clock: float) -> None:
        """Say what there is to say, and read what operators want."""
        if self._controlled is not None and clock - self._controlled < CONTROL:
            return
        told = (self._message(), len(self.pending) // 100, bool(self.pending), self.scanned > 0)
        if self._beaten is None or clock - self._beaten >= BEAT or told != self._told:
            self._look = self.database.write(self._beat)
            self._beaten, self._told = clock, told
        else:
            self._look = self.database.read(pollers.look, self.recipe.table.name)
        self._controlled = clock
        if self._look is not None and self._look.scan_asked_at is not None:
            self._scan_at = 0.0

    def _beat(self, connection: Connection) -> PollerLook | None:
        now, clock = utc_now(), time.monotonic()
        waiting = [
            {"path": to_text(one.relative), "why": one.why, "since": round(clock - one.found, 1)}
            for one in self.pending.first()
        ]
        look = PollerLook(
            name=self.recipe.table.name,
            kind=self.recipe.table.kind,
            directory=to_text(self.root),
            host=self.host,
            pid=os.getpid(),
            started_at=self.started_at,
            looked_at=now,
            message=self._message(),
            facts={
                "waiting": len(self.pending),
                "waiting_for": waiting,
                "file_events": self.hearing.works,
                "scan_period": self.recipe.table.scan_period,
                "file": str(self.recipe.file),
            },
        )
        pollers.beat(connection, look)
        return pollers.look(connection, look.name)

    def _message(self) -> str:
        heard = self.hearing.says(time.monotonic())
        return "; ".join(one for one in (self.away, self.untold, heard, self.settler.says()) if one)
