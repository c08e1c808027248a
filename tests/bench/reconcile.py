"""What one comparison with 10,000 queued jobs costs the schedd."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from owl.condor.schedd import Schedd
from owl.owld.reconcile import Reconciler
from tests.bench.place import bench_pool, bench_site, run_of_its_own

JOBS = 10_000
ROUNDS = 3


def figures() -> Iterator[dict[str, Any]]:
    """Seconds of the schedd's own time by its statistics, and the whole comparison's wall-clock seconds.

    The first comparison writes all the rows, the later ones find nothing new.
    """
    import htcondor2

    with bench_pool(1) as pool, bench_site(pool) as site:
        description = htcondor2.Submit(
            "executable = /bin/true\nhold = true\nshould_transfer_files = NO\n"
            f'+OwlRunId = "{run_of_its_own(site)}"\n+HookKeyword = "OWL"\n+DAGNodeName = "STEP"\n'
        )
        htcondor2.Schedd().submit(description, count=JOBS)
        reconciler = Reconciler(site.app.database, Schedd())
        rounds = [_one(reconciler) for _ in range(ROUNDS)]
        rows = sum(site.ops.status().executions.values())
        htcondor2.Schedd().act(htcondor2.JobAction.Remove, "true")
    yield {
        "figure": "reconcile_10000_jobs",
        "jobs_on_blackboard": rows,
        "schedd_s": [round(schedd, 3) for schedd, _ in rounds],
        "wall_s": [round(wall, 2) for _, wall in rounds],
        "load": os.getloadavg()[0],
        "target": "below 1 s of schedd time",
    }


def _one(reconciler: Reconciler) -> tuple[float, float]:
    before, begun = _busy(), time.monotonic()
    reconciler.step()
    wall = time.monotonic() - begun
    return _busy() - before, wall


def _busy() -> float:
    """Seconds that the schedd has worked: its daemon core's cycles without their waiting (DC statistics).

    A query may be answered by a child of the schedd's; that child's time isn't the schedd's.
    """
    import htcondor2

    ad = htcondor2.Collector().directQuery(htcondor2.DaemonType.Schedd, None, [], "DC:3")
    return float(ad["DCPumpCycleSum"]) - float(ad["DCSelectWaittime"])
