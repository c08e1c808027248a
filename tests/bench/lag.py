"""How long after a step's end it is on the blackboard, while ten steps a second end."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bench.place import bench_pool, bench_site, run_of_its_own, wait_for_queue
from tests.fixtures.site import Site

STEPS = 600
SECONDS = 1  # each step's length; a slot is busy for about two more
SLOTS = 40
RATE = 11  # a second: so ten or more end each second


def figures() -> Iterator[dict[str, Any]]:
    """Seconds from the exit hook's call to the committed row, seen by a reader that looks every 20 ms."""
    with bench_pool(SLOTS) as pool, bench_site(pool) as site:
        site.start("owld", "run")
        seen: dict[str, float] = {}
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(site.folder / "state" / "owl.db", seen, stop))
        watcher.start()
        try:
            _steps(site)
            _wait_seen(seen)
        finally:
            stop.set()
            watcher.join()
        rows = [row for row in site.ops.executions(limit=STEPS) if row.completion_time is not None]
    ends = {row.global_job_id: row.completion_time.timestamp() for row in rows if row.completion_time is not None}
    lags = sorted(seen[job] - end for job, end in ends.items())
    yield {
        "figure": "lag_to_blackboard",
        "steps": len(lags),
        "steps_per_s": round(len(ends) / (max(ends.values()) - min(ends.values())), 1),
        "p50_s": round(lags[len(lags) // 2], 3),
        "p99_s": round(lags[int(len(lags) * 0.99)], 3),
        "max_s": round(lags[-1], 3),
        "load": os.getloadavg()[0],
        "target": "p99 below 2 s at 10 steps a second",
    }


def _steps(site: Site) -> None:
    """Steps by the second, as many as RATE, so that about so many end each second."""
    import htcondor2

    description = htcondor2.Submit(
        "executable = /bin/sleep\n"
        f"arguments = {SECONDS}\n"
        "should_transfer_files = NO\n"
        '+HookKeyword = "OWL"\n'
        f'+OwlRunId = "{run_of_its_own(site)}"\n'
        '+DAGNodeName = "STEP"\n'
    )
    schedd = htcondor2.Schedd()
    for _ in range(STEPS // RATE):
        begun = time.monotonic()
        schedd.submit(description, count=RATE)
        time.sleep(max(0.0, 1 - (time.monotonic() - begun)))
    wait_for_queue()


def _wait_seen(seen: dict[str, float]) -> None:
    end = time.monotonic() + 60
    while len(seen) < STEPS and time.monotonic() < end:
        time.sleep(0.1)


def _watch(file: Path, seen: dict[str, float], stop: threading.Event) -> None:
    """Note when each step is first seen as Exited."""
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        while not stop.wait(0.02):
            rows = connection.execute("SELECT global_job_id FROM blackboard WHERE state = 'Exited'").fetchall()
            now = time.time()
            for (job,) in rows:
                seen.setdefault(job, now)
