"""Looking: what the GUI and its API show. All of it only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import blackboard, control, daemons, runs, tallies
from owl.db.control import Alert
from owl.db.tallies import Bucket, QueueCell
from owl.model import Daemon, RunState, State
from owl.ops import graph
from owl.ops.campaigns import Campaigns, CampaignState
from owl.ops.export import Export
from owl.ops.graph import RunDag
from owl.ops.history import Failure, History
from owl.ops.pages import Pages
from owl.ops.shared import Shared

FRESH = 1.0  # seconds for which one look serves all who look
SLOW = 15.0  # the same of what changes by the hour
BUCKETS = 96


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A number; not `exact`: more than that."""

    number: int
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Whether everything is all right; `hours` is how far back failures and throughput go."""

    at: datetime
    hours: float
    queue: Sequence[QueueCell]
    runs: Mapping[RunState, int]
    steps: Mapping[State, Counted]
    daemons: Sequence[Daemon]
    alerts: Sequence[Alert]
    failures: Sequence[Failure]
    throughput: Sequence[Bucket]
    campaigns: Sequence[CampaignState]


@dataclass(frozen=True, kw_only=True)
class Look(Pages, History, Export):
    """Calls for people and programs that only read; each raises an `OwlError` that says what to do."""

    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    def dashboard(self, hours: float = 24) -> Dashboard:
        """Everything at one look, made once a second at most however many look."""
        now = self.shared.get("dashboard", FRESH, lambda: self.database.read(_now))
        failures = self.shared.get(f"failures {hours}", 5 * FRESH, lambda: self.failures(hours, examples=False))
        seconds = max(60, int(hours * 3600 / BUCKETS))
        chart = self.shared.get(
            f"chart {hours}",
            5 * FRESH,
            lambda: self.throughput(utc_now() - timedelta(hours=hours), bucket_seconds=seconds),
        )
        campaigns = self.shared.get("campaigns", SLOW, lambda: Campaigns(database=self.database).list())
        return Dashboard(**now, hours=hours, failures=failures, throughput=chart, campaigns=campaigns)

    def dag(self, run_id: str) -> RunDag:
        """A run's DAG with the states of its nodes, or `NotFound`."""
        run, steps = self.database.read(lambda c: (runs.get(c, run_id), blackboard.of_runs(c, [run_id])))
        return graph.of_run(run, steps)


def _now(connection: Connection) -> dict[str, Any]:
    most = tallies.STEPS_COUNTED
    steps = tallies.steps(connection)
    return {
        "at": utc_now(),
        "queue": tallies.queue(connection),
        "runs": runs.counts(connection),
        "steps": {state: Counted(number=min(n, most), exact=n <= most) for state, n in steps.items()},
        "daemons": daemons.find(connection),
        "alerts": control.open_alerts(connection),
    }
