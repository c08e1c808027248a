"""What the GUI asks of the database, on blackboards of 10,000 and 1,000,000 executions, SQLite and PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from owl.daemon import utc_now
from owl.db.engine import Database
from owl.ops import Look, View
from tests.bench.blackboards import dataset, fill
from tests.bench.queue import database

SIZES = (10_000, 1_000_000)
ROUNDS = 40
PAGE, SEARCH = "p95 below 150 ms, at most twice that at 10,000", "p95 below 500 ms"
_TARGETS: Mapping[str, str] = {
    "first_page": PAGE,
    "dataset_prefix": PAGE,
    "dataset_prefix_of_many": PAGE,
    "dataset_prefix_of_oldest": PAGE,
    "state": PAGE,
    "failed": PAGE,
    "failed_of_owner": PAGE,
    "owner": PAGE,
    "sort_start_time": PAGE,
    "search_middle": SEARCH,
    "search_nothing": SEARCH,
}


def figures() -> Iterator[dict[str, Any]]:
    """Milliseconds of each question, 95 of 100."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            small: dict[str, float] = {}
            for size in SIZES:
                with database(kind, Path(folder)) as made:
                    start = time.perf_counter()
                    fill(made, size)
                    seconds = round(time.perf_counter() - start, 1)
                    yield {"figure": "fill", "database": kind, "executions": size, "seconds": seconds}
                    for figure in measured(made, size):
                        name = str(figure["figure"])
                        small.setdefault(name, float(figure["p95_ms"]))
                        ratio = round(float(figure["p95_ms"]) / max(0.1, small[name]), 2)
                        yield {"database": kind, **figure, "ratio_to_10000": ratio, "load": os.getloadavg()[0]}


def measured(made: Database, size: int) -> Iterator[dict[str, Any]]:
    """Each question some times."""
    for name, question in questions(made, size).items():
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            question()
            times.append(1000 * (time.perf_counter() - start))
        times.sort()
        yield {
            "figure": name,
            "executions": size,
            "median_ms": round(times[len(times) // 2], 1),
            "p95_ms": round(times[int(0.95 * len(times))], 1),
            "target": _TARGETS.get(name, ""),
        }


def questions(made: Database, size: int) -> Mapping[str, Callable[[], Any]]:
    """What is asked: the Monitor's pages first, then what the other tabs show."""
    look, now = Look(database=made), utc_now()
    one = dataset(size // 10)

    def executions(**given: Any) -> Callable[[], Any]:
        return lambda: look.executions(View(**given))

    return {
        "first_page": executions(),
        "dataset_prefix": executions(filters={"dataset": one[:12]}),
        "dataset_prefix_of_many": executions(filters={"dataset": one[:5]}),
        "state": executions(filters={"state": "Held"}),
        "state_of_most": executions(filters={"state": "Exited"}),
        "failed": executions(filters={"state": "failed"}),
        "failed_of_owner": executions(filters={"state": "failed", "owner": "=mary"}),
        "dataset_prefix_of_oldest": executions(filters={"dataset": dataset(0)[:5]}),
        "owner": executions(filters={"owner": "mary"}),
        "sort_start_time": executions(sort=(("start_time", False),)),
        "sort_duration": executions(sort=(("duration", True),)),
        "sort_two_columns": executions(sort=(("owner", False), ("dataset", True))),
        "workflow": executions(filters={"workflow": "level2"}),
        "search_middle": executions(search=one[3:24]),
        "search_nothing": executions(search="nothing_like_it"),
        "search_many": executions(search="mirifu"),
        "datasets": lambda: look.datasets(View()),
        "datasets_search": lambda: look.datasets(View(search=one[3:24])),
        "queue": lambda: look.entries(View(filters={"state": "open"})),
        "dashboard": lambda: Look(database=made).dashboard(),
        "dashboard_shared": look.dashboard,
        "history_by_day": lambda: look.tallies(now - timedelta(days=30)),
        "history_by_instrument": lambda: look.tallies(now - timedelta(days=30), by="parameter:instrument"),
        "durations": lambda: look.durations(now - timedelta(days=7)),
    }
