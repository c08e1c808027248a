"""Figures of a daemon for Prometheus: written into a file, or served on a loopback port."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server, write_to_textfile

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
WRITE = 5.0  # seconds between two writings of the file

# Every figure that there is: name → meaning. A name that ends with _total only grows.
MEANINGS: Mapping[str, str] = {
    "owl_step_seconds": "how long the daemon's last step took",
    "owl_steps_total": "steps of the daemon",
    "owl_database_away": "1 while the database can't be used",
    "owl_dpq_waiting": "requests that wait, by priority",
    "owl_runs_active": "runs in HTCondor, by workflow",
    "owl_room": "workflows that the schedd can take more",
    "owl_claims_troubled": "claims that haven't come through at the first try",
    "owl_claimed_total": "requests that this shoveler has claimed",
    "owl_submitted_total": "runs that HTCondor has taken from it",
    "owl_failed_total": "runs that failed before HTCondor had them",
    "owl_postponed_total": "deliveries that are to be tried again",
    "owl_records_waiting": "records in the spool",
    "owl_records_total": "records of hooks that were brought to the blackboard",
    "owl_records_lag_seconds": "from a hook's call to the blackboard, the longest of the last batch",
    "owl_updates_dropped_total": "records that were dropped because the spool was full",
    "owl_repairs_total": "ends that no hook had told, by cause",
    "owl_compare_seconds": "how long the last comparison with the schedd took",
}


@dataclass
class Figures:
    """One daemon's figures. `folder` and `port` are empty and 0 where nobody wants them."""

    daemon: str
    folder: str = ""
    port: int = 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _made: dict[str, Gauge | Counter] = field(default_factory=dict)
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
        found = self._of(name, labels)
        if isinstance(found, Gauge):
            (found.labels(**labels) if labels else found).set(value)

    def set_all(self, name: str, label: str, values: Mapping[str, float]) -> None:
        """What a figure is now by a label; what isn't there any more is gone."""
        self._of(name, {label: ""}).clear()
        for key, value in values.items():
            self.set(name, value, **{label: key})

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Add to a figure that only grows."""
        found = self._of(name, labels)
        (found.labels(**labels) if labels else found).inc(by)

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

    def _of(self, name: str, labels: Mapping[str, str]) -> Gauge | Counter:
        if name not in self._made:
            kind = Counter if name.endswith("_total") else Gauge
            self._made[name] = kind(name, MEANINGS[name], list(labels), registry=self.registry)
        return self._made[name]
