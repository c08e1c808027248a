"""owld's step: drain the spool, and every now and then compare with the schedd."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from owl import __version__
from owl.condor import schedd
from owl.condor.collector import pool_facts
from owl.config import Settings
from owl.daemon import host_name, leave_word, utc_now
from owl.db import blackboard, daemons
from owl.db.engine import Database
from owl.errors import DatabaseAway, DatabaseError, OwlError, StorageError
from owl.figures import Figures
from owl.model import ENDED, Daemon
from owl.owld import limit, spool
from owl.owld.commands import Commands
from owl.owld.ends import Ends
from owl.owld.reconcile import Reconciler
from owl.owld.triage import Triage
from owl.owld.troubles import Troubles

_log = logging.getLogger(__name__)

NAME = "owld"
BEAT = timedelta(seconds=5)
BATCH = 500
# How old a list of what is in the spool may be, while there is something left of it.
LISTING_PERIOD = timedelta(seconds=5)
# A comparison that takes long is made less often: it may take at most this part of the time, or that one where
# DAGMan has told of an end.
BUSY_PART = 0.1
ENDS_PART = 0.25
LONGEST_PERIOD = timedelta(seconds=60)
# How soon a comparison follows a step's end: DAGMan needs about a second to see it, and mostly tells of it first.
SOON = timedelta(seconds=2.5)
# How soon one follows what DAGMan tells: the schedd has to see that DAGMan has ended.
REAPED = timedelta(seconds=0.2)
# For so long after that the comparisons follow each other each second.
LIVELY = timedelta(seconds=4)
LIVELY_PERIOD = timedelta(seconds=1)
# How often the spool's size is looked at.
LIMIT_PERIOD = timedelta(seconds=60)


@dataclass
class Owld:
    """One owld: it cares for its own host's spool and its own schedd."""

    settings: Settings
    database: Database
    reconciler: Reconciler
    commands: Commands
    triage: Triage
    ends: Ends
    host: str = field(default_factory=host_name)
    started_at: datetime = field(default_factory=utc_now)
    figures: Figures = field(default_factory=lambda: Figures(daemon=NAME))
    _beaten: datetime | None = None
    _compare_at: datetime | None = None
    _earliest: datetime = field(default_factory=utc_now)
    _earliest_end: datetime = field(default_factory=utc_now)
    _ended_at: datetime | None = None
    _limit_at: datetime | None = None
    _away_since: datetime | None = None
    _word_left: bool = True  # an owld that was killed may have left one
    _troubles: Troubles = field(default_factory=Troubles)
    _spool_trouble: str = ""
    _facts: Mapping[str, Any] = field(default_factory=dict)
    _repairs: Counter[str] = field(default_factory=Counter)
    _listed: list[str] = field(default_factory=list)
    _listed_at: datetime = field(default_factory=utc_now)
    _waiting: int = 0
    _dropped: int = 0

    def step(self) -> bool:
        """Drain one batch and compare if it is time; returns whether more records are waiting."""
        now = utc_now()
        self._keep_limit(now)
        try:
            more = self.drain()
            self._try(self.commands.step, "command_failed", now)
            self._try(self.triage.step, "triage_failed", now)
            self._look_for_ends(now)
            if self._compare_at is None or now >= self._compare_at:
                self._compare(now)
            self._beat(now)
        except DatabaseAway:
            self._tell_away(now)
            raise
        self._tell_back(now)
        return more

    def _try(self, work: Callable[[], object], action: str, now: datetime) -> None:
        """What operators want comes before the comparison, which may take its time; and nothing stops the rest.

        Without a schedd the hooks' records must still come through.
        """
        try:
            work()
        except DatabaseAway:
            raise
        except OwlError as error:
            self._troubles.meet(action, error, now)
        else:
            self._troubles.end(action, now)

    def drain(self) -> bool:
        """Bring one batch of records to the blackboard; a file goes only after the commit."""
        try:
            self._list()
        except StorageError as error:
            self._tell_spool(str(error))
            return False
        self._tell_spool("")
        batch = self._listed[:BATCH]
        records = list(spool.read([self.settings.spool_dir / name for name in batch]))
        try:
            self._write(records)
        except DatabaseAway:
            raise
        except DatabaseError:
            self._write_one_by_one(records)
        del self._listed[: len(batch)]
        return bool(self._listed)

    def _list(self) -> None:
        """Look what is in the spool; where a hundred thousand records wait, not anew for each batch."""
        now = utc_now()
        if not self._listed or now - self._listed_at >= LISTING_PERIOD:
            spool.make(self.settings.spool_dir)
            self._listed = spool.waiting_names(self.settings.spool_dir)
            self._listed_at = now
        self._waiting = len(self._listed)
        self.figures.set("owl_records_waiting", self._waiting)

    def _write(self, records: list[spool.Record]) -> None:
        if records:
            self.database.write(blackboard.record, [record.report for record in records])
            self._count(records)
        for record in records:
            _remove(record.path)

    def _count(self, records: list[spool.Record]) -> None:
        now = utc_now()
        self.figures.count("owl_records_total", len(records))
        oldest = min(record.report.observed_at for record in records)
        self.figures.set("owl_records_lag_seconds", (now - oldest).total_seconds())
        if any(record.report.state in ENDED for record in records):
            # A step has ended, so a run may have: look soon, and not at the end of the period only.
            self._compare_at = min(self._compare_at or now, max(self._earliest, now + SOON))

    def _look_for_ends(self, now: datetime) -> None:
        """A run may have ended: its entry is Done as soon as the schedd says so too."""
        if self.ends.look(now):
            self._ended_at = now
            self._compare_at = min(self._compare_at or now, max(self._earliest_end, now + REAPED))

    def _write_one_by_one(self, records: list[spool.Record]) -> None:
        """The database refuses one of a batch: the others must not wait for it."""
        for record in records:
            try:
                self._write([record])
            except DatabaseAway:
                raise
            except DatabaseError as error:
                spool.set_aside(record.path, str(error))

    def _tell_spool(self, trouble: str) -> None:
        """Without a spool the schedd still tells everything: owld goes on."""
        if trouble and trouble != self._spool_trouble:
            _log.error("%s; the blackboard follows the schedd alone", trouble, extra={"action": "spool_lost"})
        self._spool_trouble = trouble

    @property
    def place(self) -> str:
        """Where it runs, as its heartbeat says."""
        return self.host

    def stopped(self) -> None:
        """Tell the database that this owld has ended as it should."""
        self.database.write(daemons.stopped, NAME, self.host, os.getpid(), now=utc_now())

    def _compare(self, now: datetime) -> None:
        ended = self.reconciler.ended
        self._try(self._reconcile, "reconcile_failed", now)
        self.figures.count("owl_runs_ended_total", self.reconciler.ended - ended)
        took = utc_now() - now
        self.figures.set("owl_compare_seconds", took.total_seconds())
        period = timedelta(seconds=self.settings.reconcile_period)
        if self._ended_at is not None and now - self._ended_at < LIVELY:
            period = min(period, LIVELY_PERIOD)
        self._earliest = now + min(took / BUSY_PART, LONGEST_PERIOD)
        self._earliest_end = now + min(took / ENDS_PART, LONGEST_PERIOD)
        self._compare_at = max(self._earliest, now + period)

    def _reconcile(self) -> None:
        here = schedd.is_here()
        repairs = self.reconciler.step() if here else Counter[str]()
        self._repairs += repairs
        for cause, number in repairs.items():
            self.figures.count("owl_repairs_total", number, cause=cause)
        self._facts = pool_facts() if here else {"spool_only": True}

    def _keep_limit(self, now: datetime) -> None:
        if (self._limit_at is None or now >= self._limit_at) and self.settings.spool_dir.is_dir():
            dropped = limit.keep(self.settings.spool_dir, self.settings.spool_limit)
            self._dropped += dropped
            self.figures.count("owl_updates_dropped_total", dropped)
            self._limit_at = now + LIMIT_PERIOD

    def _tell_away(self, now: datetime) -> None:
        """The database can't be told that it is away: a file beside it is, for `owl status`."""
        self._away_since = self._away_since or now
        words = f"database away since {self._away_since:%Y-%m-%d %H:%M:%S} UTC, {self._waiting} records waiting"
        leave_word(self.settings.state_dir, NAME, words)
        self._word_left = True

    def _tell_back(self, now: datetime) -> None:
        if self._away_since is not None:
            _log.warning(
                "the database is back", extra={"action": "database_back", "seconds": now - self._away_since}
            )
            self._away_since = None
        if self._word_left:
            leave_word(self.settings.state_dir, NAME, "")
            self._word_left = False

    def _beat(self, now: datetime) -> None:
        if self._beaten is not None and now - self._beaten < BEAT:
            return
        counted: dict[str, Any] = {
            "waiting_records": self._waiting,
            "dropped_updates": self._dropped,
            "repairs": dict(self._repairs),
            "silent_hooks": dict(self.reconciler.silent_hooks),
            "schedd": self.reconciler.schedd.known_name,
        }
        alive = Daemon(
            name=NAME,
            host=self.host,
            pid=os.getpid(),
            version=__version__,
            started_at=self.started_at,
            heartbeat=now,
            message=self._troubles.message or self._spool_trouble,
            facts={**self._facts, **counted},
        )
        self.database.write(daemons.beat, alive)
        self._beaten = now


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.error("%s: can't be removed (%s); it will be read again", path, error.strerror)
