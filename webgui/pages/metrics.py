"""`/metrics` for Prometheus: what the database says of all of OWL. Each daemon has figures of its own besides."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from owl.ops import DAEMON_SILENT_AFTER, Dashboard
from webgui.services import services

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics", endpoint="metrics")
def metrics() -> Response:
    """The figures; from this machine without a login (see `webgui.login`), from elsewhere as any page."""
    registry = CollectorRegistry()
    found = services().ops.look.dashboard()
    registry.register(_Figures(found))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures:
    """The Dashboard's numbers as metrics."""

    def __init__(self, found: Dashboard) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._found
        entries = GaugeMetricFamily("owl_entries", "Open requests in the DPQ", labels=["state", "priority"])
        for cell in found.queue:
            entries.add_metric([cell.state.value, str(cell.priority)], cell.entries)
        runs = GaugeMetricFamily("owl_runs", "Runs by state", labels=["state"])
        for run_state, number in found.runs.items():
            runs.add_metric([run_state.value], number)
        steps = GaugeMetricFamily("owl_steps", "Executions by state; large numbers are cut", labels=["state"])
        for state, counted in found.steps.items():
            steps.add_metric([state.value], counted.number)
        yield from (entries, runs, steps)
        yield GaugeMetricFamily("owl_alerts", "Alerts that are open", value=len(found.alerts))
        yield from self._daemons()

    def _daemons(self) -> Iterator[GaugeMetricFamily]:
        silence = GaugeMetricFamily(
            "owl_daemon_silence_seconds", "Seconds since a daemon's last heartbeat", labels=["daemon", "host"]
        )
        alive = GaugeMetricFamily("owl_daemon_alive", "1 where it was heard of lately", labels=["daemon", "host"])
        for one in (one for one in self._found.daemons if one.stopped_at is None):
            age = (self._found.at - one.heartbeat).total_seconds()
            silence.add_metric([one.name, one.host], max(0.0, age))
            alive.add_metric([one.name, one.host], float(age < DAEMON_SILENT_AFTER))
        yield from (silence, alive)
        known = [one for one in self._found.daemons if one.facts.get("slots") is not None]
        if known:
            facts = max(known, key=lambda one: one.heartbeat).facts
            yield GaugeMetricFamily("owl_slots", "Slots of the pool", value=float(facts["slots"]))
            yield GaugeMetricFamily("owl_slots_busy", "Slots that run a job", value=float(facts.get("busy", 0)))
