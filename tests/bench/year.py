"""A year of Webb-like traffic in PostgreSQL: size, the ten questions that are asked most, archive and restore.

OWL_BENCH_YEAR is the number of executions (default 2,000,000: 400,000 runs of five steps).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from owl.daemon import utc_now
from owl.db import archive, control
from owl.db.engine import Database
from owl.ops import Look, View
from owl.retention import archive_before, restore
from tests.bench.blackboards import dataset, fill
from tests.bench.queue import database

EXECUTIONS = int(os.environ.get("OWL_BENCH_YEAR", "2000000"))
ROUNDS = 20
MOVED_DAYS = 4  # of the oldest, about 22,000 executions


def figures() -> Iterator[dict[str, Any]]:
    """Size, questions, archive and restore."""
    with tempfile.TemporaryDirectory() as folder, database("postgresql", Path(folder)) as made:
        start = time.perf_counter()
        fill(made, EXECUTIONS)
        yield {"figure": "year_filled", "executions": EXECUTIONS, "seconds": round(time.perf_counter() - start)}
        yield from _sizes(made)
        for name, ask in _questions(made).items():
            yield {"figure": f"year_{name}", **_timed(ask), "load": os.getloadavg()[0]}
        yield from _moved(made, Path(folder))


def _sizes(made: Database) -> Iterator[dict[str, Any]]:
    for name in ("dpq", "run", "submission", "blackboard"):
        table = _bytes(made, f"pg_table_size('{name}')")
        indexes = _bytes(made, f"pg_indexes_size('{name}')")
        yield {"figure": "year_size", "table": name, "MB": table >> 20, "indexes_MB": indexes >> 20}
    total = _bytes(made, "pg_database_size(current_database())")
    yield {"figure": "year_size", "table": "all", "MB": total >> 20, "bytes_per_execution": total // EXECUTIONS}


def _bytes(made: Database, what: str) -> int:
    return int(made.read(lambda connection: connection.execute(text(f"SELECT {what}")).scalar_one()))


def _questions(made: Database) -> Mapping[str, Callable[[], Any]]:
    look, one = Look(database=made), dataset(EXECUTIONS // 10)

    def monitor(**given: Any) -> Callable[[], Any]:
        return lambda: look.executions(View(**given))

    return {
        "monitor_first_page": monitor(),
        "monitor_dataset": monitor(filters={"dataset": one[:12]}),
        "monitor_failed": monitor(filters={"state": "failed"}),
        "monitor_owner": monitor(filters={"owner": "mary"}),
        "monitor_search": monitor(search=one[3:24]),
        "queue_open": lambda: look.entries(View(filters={"state": "open"})),
        "runs_newest": lambda: look.runs(View()),
        "dashboard": lambda: Look(database=made).dashboard(),
        "history_30_days": lambda: look.tallies(utc_now() - timedelta(days=30)),
        "shoveler_rules": lambda: made.read(control.active),
    }


def _timed(ask: Callable[[], Any]) -> dict[str, float]:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    return {"median_ms": round(times[len(times) // 2], 1), "p95_ms": round(times[int(0.95 * len(times))], 1)}


def _moved(made: Database, folder: Path) -> Iterator[dict[str, Any]]:
    now = utc_now()
    oldest = made.read(archive.finished_before, now, limit=1)[0].completion_time or now
    start = time.perf_counter()
    moved = archive_before(made, oldest + timedelta(days=MOVED_DAYS), folder, now=now)
    seconds = time.perf_counter() - start
    rate = round(moved.executions / seconds)
    yield {"figure": "year_archived", "executions": moved.executions, "seconds": round(seconds, 1), "per_s": rate}
    if moved.file is None:
        return
    yield {"figure": "year_archive_size", "bytes_per_execution": moved.size // moved.executions}
    start = time.perf_counter()
    number = restore(made, moved.file)
    seconds = time.perf_counter() - start
    yield {
        "figure": "year_restored",
        "executions": number,
        "seconds": round(seconds, 1),
        "per_s": round(number / seconds),
    }
