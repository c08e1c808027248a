"""owld's step: drain the spool, and every now and then compare with the schedd."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from owl import __version__
from owl.condor.collector import pool_facts
from owl.config import Settings
from owl.daemon import host_name, utc_now
from owl.db import blackboard, daemons
from owl.db.engine import Database
from owl.errors import DatabaseAway, OwlError
from owl.model import Daemon
from owl.owld import spool
from owl.owld.reconcile import Reconciler

_log = logging.getLogger(__name__)

NAME = "owld"
BEAT = timedelta(seconds=5)
BATCH = 500


@dataclass
class Owld:
    """One owld: it cares for its own host's spool and its own schedd."""

    settings: Settings
    database: Database
    reconciler: Reconciler
    host: str = field(default_factory=host_name)
    started_at: datetime = field(default_factory=utc_now)
    _beaten: datetime | None = None
    _compared: datetime | None = None
    _trouble: str = ""
    _facts: Mapping[str, Any] = field(default_factory=dict)
    _waiting: int = 0

    def step(self) -> bool:
        """Drain one batch and compare if it is time; returns whether more records are waiting."""
        now = utc_now()
        more = self.drain()
        period = timedelta(seconds=self.settings.reconcile_period)
        if self._compared is None or now - self._compared >= period:
            self._compare(now)
        self._beat(now)
        return more

    def drain(self) -> bool:
        """Bring one batch of records to the blackboard; a file goes only after the commit."""
        there = spool.waiting(self.settings.spool_dir)
        self._waiting = len(there)
        records = list(spool.read(there[:BATCH]))
        if records:
            try:
                self.database.write(blackboard.record, [record.report for record in records])
            except DatabaseAway as error:
                raise DatabaseAway(f"{error}; {len(there)} records are waiting") from error
            for record in records:
                _remove(record.path)
        return len(there) > BATCH

    def stopped(self) -> None:
        """Tell the database that this owld has ended as it should."""
        self.database.write(daemons.stopped, NAME, self.host, os.getpid(), now=utc_now())

    def _compare(self, now: datetime) -> None:
        self._compared = now
        try:
            rows = self.reconciler.step()
            self._facts = pool_facts()
        except DatabaseAway:
            raise
        except OwlError as error:
            # Without a schedd the hooks' records must still come through.
            if str(error) != self._trouble:
                _log.error("%s", error, extra={"action": "reconcile_failed"})
            self._trouble = str(error)
            return
        self._trouble = ""
        if rows:
            _log.debug("reconciled", extra={"action": "reconciled", "rows": rows})

    def _beat(self, now: datetime) -> None:
        if self._beaten is not None and now - self._beaten < BEAT:
            return
        alive = Daemon(
            name=NAME,
            host=self.host,
            pid=os.getpid(),
            version=__version__,
            started_at=self.started_at,
            heartbeat=now,
            message=self._trouble,
            facts={**self._facts, "waiting_records": self._waiting},
        )
        self.database.write(daemons.beat, alive)
        self._beaten = now


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.error("%s: can't be removed (%s); it will be read again", path, error.strerror)
