"""The shoveler's step: beat, settle old claims, carry out commands, claim the next entries, deliver them.

Exactly once: a request is claimed, with its run and submission rows, in one transaction before HTCondor hears of
it, and the run's id travels in the DAGMan job's ad. A claim whose outcome isn't known (the shoveler was killed,
the database or the schedd went away) is settled by asking the schedd's queue and history for that id.
"""

from __future__ import annotations

import getpass
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from owl import __version__, associations
from owl.condor import load as schedd_load
from owl.condor.check import Checker
from owl.condor.schedd import Schedd
from owl.condor.submit import Submitter
from owl.config import Settings
from owl.daemon import host_name, utc_now
from owl.db import commands, control, daemons, dpq, runs
from owl.db.engine import Database
from owl.db.rules import Grouping, Rules
from owl.figures import Figures
from owl.intent import Target
from owl.model import Daemon, Submission
from owl.shoveler import breaker, lease
from owl.shoveler.bundles import BundleCourier, Sizes
from owl.shoveler.claim import Batch, Claimant, claim, probe_due
from owl.shoveler.commands import OURS, Commands
from owl.shoveler.deliver import Courier
from owl.shoveler.faults import Faults
from owl.shoveler.settle import Settler
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer

_log = logging.getLogger(__name__)

NAME = "shoveler"
BEAT = 5.0  # seconds
FRESH = 15.0  # a submission begins only where the last heartbeat is no older
LOAD_PERIOD = 5.0
BREAKER_PERIOD = 2.0
GATHER_PERIOD = 1.0
COUNT_PERIOD = 5.0
COUNT_PART = 0.001  # counting a million entries takes a while: this part of the time at most


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What the database says at the beginning of a step."""

    rules: Rules
    claims: Sequence[Submission]
    commands: Sequence[Target]
    shovelers: Sequence[Daemon]


@dataclass
class Shoveler:
    """One shoveler: `step()` takes one shovel-full. All it keeps in memory it can lose."""

    settings: Settings
    database: Database
    catalog: Catalog
    renderer: Renderer
    checker: Checker
    submitter: Submitter
    schedd: Schedd
    host: str = field(default_factory=host_name)
    owner: str = field(default_factory=getpass.getuser)
    started_at: datetime = field(default_factory=utc_now)
    faults: Faults = field(default_factory=lambda: Faults.of(os.environ))
    figures: Figures = field(default_factory=lambda: Figures(daemon=NAME))
    _counted: float | None = None
    _beaten: float | None = None
    _claimed: float | None = None
    _pressure: schedd_load.Pressure | None = None
    _pressed: float = 0.0
    _watched: float | None = None
    _gathered: float | None = None
    _active_before: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.place = f"{self.host}/{lease.token(self.settings.state_dir)}"
        self.identity = f"{NAME}@{self.place}"
        self.courier = Courier(
            settings=self.settings,
            database=self.database,
            catalog=self.catalog,
            renderer=self.renderer,
            checker=self.checker,
            submitter=self.submitter,
            schedd=self.schedd,
            identity=self.identity,
            lease=self._keep_lease,
            figures=self.figures,
            faults=self.faults,
        )
        self.bundles = BundleCourier(self.courier, self.settings.work_root)
        self.sizes = Sizes(self.catalog, self.database)
        self.settler = Settler(self.database, self.schedd, self.courier, self.bundles, self.host)
        self.commands = Commands(self.database, self.schedd)

    def step(self) -> bool:
        """Settle old claims, then take and deliver one shovel-full; returns whether there was any."""
        now, clock = utc_now(), time.monotonic()
        if self._beaten is None:
            self.submitter.prepare()
        self._beat(BEAT)
        look = self.database.read(self._look)
        worked = self.settler.step(look.claims, look.shovelers, clock) if look.claims else False
        self.commands.step(look.commands, clock)
        self._watch(look.rules, now, clock)
        self._gather(now, clock)
        self._count(look.rules, clock)
        batch = self._claim(look.rules, now, clock)
        for name, members in batch.bundles.items():
            self._beat(BEAT)
            self.bundles.deliver(name, members)
        for run in batch.single:
            self._beat(BEAT)
            self.courier.deliver(run, run.submission)
        return worked or bool(batch.runs)

    def stopped(self) -> None:
        """Tell the database that this shoveler has ended as it should."""
        self.database.write(daemons.stopped, NAME, self.place, os.getpid(), now=utc_now())

    def _look(self, connection: Connection) -> _Look:
        claims = runs.claims(connection)
        foreign = any(one.claimed_by != self.identity for one in claims)
        shovelers = [one for one in daemons.find(connection) if one.name == NAME] if foreign else []
        return _Look(
            rules=control.rules(connection, self._defaults()),
            claims=claims,
            commands=commands.open_targets(connection, verbs=OURS),
            shovelers=shovelers,
        )

    def _claim(self, rules: Rules, now: datetime, clock: float) -> Batch:
        period = rules.value("period") or 0
        due = self._claimed is None or clock - self._claimed >= period
        if not due or (rules.room <= 0 and not probe_due(rules, now)):
            return Batch()
        if not self.database.read(dpq.candidates, limit=1, now=now):
            return Batch()
        pressure = self._press(rules, clock)
        shovel, largest = int(rules.value("shovel_size") or 1), self.sizes.look(clock)
        # A bundle is one job for HTCondor: a shovel-full is at least the largest.
        limit = min(max(shovel, largest), pressure.runs)
        most = min(shovel, pressure.dagmans)
        if limit <= 0 or most <= 0:
            return Batch()
        batch = self._claim_now(limit, most, now)
        self.figures.count("owl_claimed_total", len(batch.runs))
        if batch.runs:
            self._claimed = clock
            self._pressure = pressure.less(len(batch.single) + len(batch.bundles), len(batch.runs))
        return batch

    def _claim_now(self, limit: int, most: int, now: datetime) -> Batch:
        claimant = Claimant(
            identity=self.identity,
            owner=self.owner,
            schedd=self.schedd.name,
            work_root=self.settings.work_root,
        )

        def work(connection: Connection) -> Batch:
            defaults = self._defaults()
            batch = claim(connection, claimant, defaults, limit, now, lambda: Grouping(self.sizes.of, most))
            if batch.runs:
                self.faults.passing("claiming")
            return batch

        batch = self.database.write(work)
        self.faults.passing("claimed")
        return batch

    def _press(self, rules: Rules, clock: float) -> schedd_load.Pressure:
        """How much the schedd can take; asked anew every few seconds, counted down in between."""
        if self._pressure is None or clock - self._pressed >= LOAD_PERIOD:
            before = self._pressure.reason if self._pressure is not None else ""
            self._pressure = schedd_load.pressure(
                schedd_load.load(self.schedd.name, self.owner),
                shovel=int(rules.value("shovel_size") or 1),
                duty=rules.value("max_duty_cycle") or 1.0,
                idle=rules.value("max_idle_jobs"),
                total=rules.value("max_total_jobs"),
            )
            self._pressed = clock
            if self._pressure.reason != before:
                self._beaten = None  # operators are to see it
                words = self._pressure.reason or "the schedd takes workflows again"
                _log.warning("%s", words, extra={"action": "pressure"})
        return self._pressure

    def _watch(self, rules: Rules, now: datetime, clock: float) -> None:
        """Look at the breakers: at the start of every workflow's, then of those that have runs or are stopped."""
        if self._watched is not None and clock - self._watched < BREAKER_PERIOD:
            return
        wanted = {one.workflow for one in rules.active} | {one.scope for one in rules.pauses}
        if self._watched is None:
            wanted |= set(self.catalog.names())
        for workflow in sorted((wanted | self._active_before) & set(self.catalog.names())):
            self.database.write(breaker.look, workflow, rules, now)
        self._active_before = {one.workflow for one in rules.active}
        self._watched = clock

    def _gather(self, now: datetime, clock: float) -> None:
        """Ask for associations whose members are there; where several shovelers do, one of them is first."""
        if self._gathered is None or clock - self._gathered >= GATHER_PERIOD:
            associations.gather(self.database, self.catalog, now)
            self._gathered = clock

    def _count(self, rules: Rules, clock: float) -> None:
        """The figures that cost a look at the queue: seldom where it is long."""
        if self._counted is not None and clock < self._counted:
            return
        waiting = self.database.read(dpq.depths)
        self.figures.set_all("owl_dpq_waiting", "priority", {str(priority): n for priority, n in waiting.items()})
        active: Counter[str] = Counter()
        for one in rules.active:
            active[one.workflow] += one.runs
        self.figures.set_all("owl_runs_active", "workflow", active)
        self.figures.set("owl_claims_troubled", len(self.courier.trouble))
        if self._pressure is not None:
            self.figures.set("owl_room", self._pressure.room)
        took = time.monotonic() - clock
        self._counted = clock + max(COUNT_PERIOD, took / COUNT_PART)

    def _defaults(self) -> Mapping[str, float]:
        settings = self.settings
        return {
            "shovel_size": settings.shovel_size,
            "period": settings.shoveler_period,
            "max_active_runs": settings.max_active_runs,
        }

    def _keep_lease(self) -> float:
        """Make sure that others count this shoveler as alive; returns the monotonic clock."""
        self._beat(FRESH)
        return time.monotonic()

    def _beat(self, every: float) -> None:
        clock = time.monotonic()
        if self._beaten is not None and clock - self._beaten < every:
            return
        alive = Daemon(
            name=NAME,
            host=self.place,
            pid=os.getpid(),
            version=__version__,
            started_at=self.started_at,
            heartbeat=utc_now(),
            message=self._message(),
            facts=self._facts(),
        )
        self.database.write(daemons.beat, alive)
        self._beaten = time.monotonic()

    def _message(self) -> str:
        words = [self._pressure.reason] if self._pressure is not None and self._pressure.reason else []
        if self.courier.trouble:
            words.append(f"{len(self.courier.trouble)} claims in trouble")
        return "; ".join(words)

    def _facts(self) -> dict[str, Any]:
        pressure = self._pressure
        return {} if pressure is None else {"room": pressure.room, "pressure": pressure.reason}
