"""Figures of a daemon for Prometheus: written into a file, or served on a loopback port."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
    write_to_textfile,
)

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
WRITE = 5.0  # seconds between two writings of the file

RATE_WINDOW = 60.0  # seconds that a rate is the mean of

# Every figure that there is: name → meaning. A name that ends with _total only grows; one that ends with
# _per_second is the rate of the total of that name, ready made; one in BUCKETS is a histogram.
MEANINGS: Mapping[str, str] = {
    "owl_step_seconds": "how long the daemon's last step took",
    "owl_steps_total": "steps of the daemon",
    "owl_database_away": "1 while the database can't be used",
    "owl_dpq_waiting": "requests that wait, by priority",
    "owl_runs_active": "runs in HTCondor, by workflow",
    "owl_room": "workflows that the schedd can take more",
    "owl_claims_troubled": "claims that haven't come through at the first try",
    "owl_claimed_total": "requests that this shoveler has claimed",
    "owl_claimed_per_second": "the same a second, over the last minute",
    "owl_submitted_total": "runs that HTCondor has taken from it",
    "owl_submitted_per_second": "the same a second, over the last minute",
    "owl_submit_lag_seconds": "from a request to its submission, how often how long",
    "owl_failed_total": "runs that failed before HTCondor had them",
    "owl_postponed_total": "deliveries that are to be tried again",
    "owl_records_waiting": "records in the spool",
    "owl_records_total": "records of hooks that were brought to the blackboard",
    "owl_records_per_second": "the same a second, over the last minute",
    "owl_records_lag_seconds": "from a hook's call to the blackboard, the longest of the last batch",
    "owl_updates_dropped_total": "records that were dropped because the spool was full",
    "owl_repairs_total": "ends that no hook had told, by cause",
    "owl_runs_ended_total": "runs whose end was seen",
    "owl_runs_ended_per_second": "the same a second, over the last minute",
    "owl_compare_seconds": "how long the last comparison with the schedd took",
}

# Upper bounds in seconds: a request may go at once, or wait for days behind others.
BUCKETS: Mapping[str, tuple[float, ...]] = {
    "owl_submit_lag_seconds": (0.5, 1, 2, 5, 15, 60, 300, 1800, 7200, 43_200, 86_400, 604_800)
}

Figure = TypeVar("Figure", Gauge, Counter, Histogram)


@dataclass
class Rate:
    """How much a second, over the last minute, on the monotonic clock."""

    begun: float = field(default_factory=lambda: time.monotonic())
    _counted: deque[tuple[float, float]] = field(default_factory=deque)

    def add(self, by: float) -> None:
        """Count."""
        self._counted.append((time.monotonic(), by))
        self._forget()

    def per_second(self) -> float:
        """The mean over the last minute, or since something was counted first."""
        self._forget()
        seconds = min(RATE_WINDOW, max(1.0, time.monotonic() - self.begun))
        return sum(by for _, by in tuple(self._counted)) / seconds

    def _forget(self) -> None:
        oldest = time.monotonic() - RATE_WINDOW
        while self._counted and self._counted[0][0] < oldest:
            self._counted.popleft()


@dataclass
class Figures:
    """One daemon's figures. `folder` and `port` are empty and 0 where nobody wants them."""

    daemon: str
    folder: str = ""
    port: int = 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _made: dict[str, Gauge | Counter | Histogram] = field(default_factory=dict)
    _rates: dict[str, Rate] = field(default_factory=dict)
    _written: float | None = None

    def serve(self) -> None:
        """Answer on the loopback port, if there is one.

        Raises:
            OSError: it is taken.
        """
        if self.port:
            start_http_server(self.port, addr=LOOPBACK, registry=self.registry)

    def set(self, name: str, value: float, **labels: str) -> None:
        """What a figure is now."""
        found = self._of(Gauge, name, labels)
        (found.labels(**labels) if labels else found).set(value)

    def set_all(self, name: str, label: str, values: Mapping[str, float]) -> None:
        """What a figure is now by a label; what isn't there any more is gone."""
        self._of(Gauge, name, {label: ""}).clear()
        for key, value in values.items():
            self.set(name, value, **{label: key})

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Add to a figure that only grows, and to its rate where there is one."""
        found = self._of(Counter, name, labels)
        (found.labels(**labels) if labels else found).inc(by)
        rate = name.removesuffix("_total") + "_per_second"
        if rate in MEANINGS:
            self._rate(rate).add(by)

    def observe(self, name: str, value: float) -> None:
        """One more value of a histogram."""
        self._of(Histogram, name, {}).observe(value)

    def write(self) -> None:
        """Write the file anew, now and then; a folder that can't be written to stops nothing."""
        clock = time.monotonic()
        if not self.folder or (self._written is not None and clock - self._written < WRITE):
            return
        try:
            write_to_textfile(str(Path(self.folder) / f"owl_{self.daemon}.prom"), self.registry)
        except OSError as error:
            if self._written is None:
                _log.error("metrics_dir %s: can't be written (%s)", self.folder, error.strerror)
        self._written = clock

    def _rate(self, name: str) -> Rate:
        if name not in self._rates:
            self._rates[name] = Rate()
            # Asked whenever the figures are read: it falls though nothing is counted any more.
            self._of(Gauge, name, {}).set_function(self._rates[name].per_second)
        return self._rates[name]

    def _of(self, kind: type[Figure], name: str, labels: Mapping[str, str]) -> Figure:
        if name not in self._made:
            given: dict[str, Any] = {"buckets": BUCKETS[name]} if name in BUCKETS else {}
            self._made[name] = kind(name, MEANINGS[name], list(labels), registry=self.registry, **given)
        found = self._made[name]
        assert isinstance(found, kind)  # noqa: S101 - a name is of one kind
        return found
