"""The first OWL's own overhead test of 2011: N sleeps of 30 s on 24 slots, beside raw HTCondor.

    python -m tests.bench.overhead [--jobs 10 50] [--rows defaults tuned owl] [--set NAME=VALUE …]

The overhead is makespan - ceil(N / 24) · 30.02 s. Raw rows are a flat cluster, from submission until the last
job has left the queue; OWL's row is N requests of a one-step workflow in bundles, until the last is Done.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from owl.model import EntryState
from owl.pool.personal import PersonalPool
from tests.bench.place import bench_pool, bench_site, machine_cpu, wait_for_queue
from tests.fixtures.site import Site, wait_for

SLOTS = 24
SECONDS = 30
JOB = 30.02  # the authors' own figure of what such a job takes
JOBS = (10, 50, 100, 200)
# Means of the "Overhead Averages" of Oct 2011 (low latency).
IN_2011: Mapping[int, float] = {10: 1.6, 20: 1.6, 30: 2.0, 50: 1.6, 100: 1.9, 150: 3.5, 200: 5.2, 300: 17.4}
# HTCondor's own values for what condor_config.d and the personal pool set (condor_config_val -default).
DEFAULTS: Mapping[str, str] = {
    "NEGOTIATOR_INTERVAL": "60",
    "NEGOTIATOR_MIN_INTERVAL": "5",
    "NEGOTIATOR_CYCLE_DELAY": "20",
    "NEGOTIATOR_UPDATE_AFTER_CYCLE": "False",
    "SCHEDD_INTERVAL": "300",
    "SCHEDD_MIN_INTERVAL": "5",
    "UPDATE_INTERVAL": "300",
    "PERIODIC_EXPR_INTERVAL": "60",
    "DAGMAN_USER_LOG_SCAN_INTERVAL": "5",
    "STARTER_INITIAL_UPDATE_INTERVAL": "8",
}
ROWS: Mapping[str, str] = {
    "defaults": "raw HTCondor with its defaults",
    "tuned": "raw HTCondor with OWL's condor_config.d",
    "owl": "all of OWL, in bundles",
}


def figures(
    jobs: Sequence[int] = JOBS, rows: Sequence[str] = tuple(ROWS), knobs: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """A line for each row and each number of jobs."""
    with bench_pool(SLOTS) as pool:
        for row in rows:
            pool.up(
                owl_daemons=False,
                slots=SLOTS,
                overrides={**(DEFAULTS if row == "defaults" else {}), **(knobs or {})},
            )
            for number in jobs:
                used = machine_cpu()
                told = _owl(pool, number) if row == "owl" else {"makespan_s": _raw(number)}
                ideal = math.ceil(number / SLOTS) * JOB
                yield {
                    "figure": "overhead",
                    "row": ROWS[row],
                    "jobs": number,
                    **{name: round(value, 2) for name, value in told.items()},
                    "overhead_s": round(told["makespan_s"] - ideal, 2),
                    "in_2011_s": IN_2011.get(number),
                    "machine_cpu_s": round(machine_cpu() - used, 1),
                    "load": os.getloadavg()[0],
                    "target": "tuned: at or below 2011 from 50 on, below 2 s at 10; OWL: at most 2 s above tuned",
                }


def _raw(number: int) -> float:
    import htcondor2

    description = htcondor2.Submit(f"executable = /bin/sleep\narguments = {SECONDS}\nshould_transfer_files = NO\n")
    begun = time.monotonic()
    htcondor2.Schedd().submit(description, count=number)
    wait_for_queue()
    return time.monotonic() - begun


def _owl(pool: PersonalPool, number: int) -> dict[str, float]:
    """Seconds to the last step's end, and to the last entry's being Done in the database."""
    with bench_site(pool, max_active_runs=max(JOBS)) as site:
        _workflow(site)
        site.start_daemons()
        wait_for(lambda: len(site.ops.status().daemons) == 2, "both daemons are up")
        names = [f"ds-{secrets.token_hex(3)}-{index}" for index in range(number)]
        (site.folder / "names").write_text("\n".join(names) + "\n", encoding="utf-8")
        begun = time.monotonic()
        site.owl("dpq", "load", "names", "--workflow", "sleep")
        loaded = time.monotonic()
        wait_for(lambda: site.ops.status().entries.get(EntryState.DONE) == number, "all are Done", 600)
        ended = time.monotonic()
        return {"makespan_s": ended - loaded, "load_command_s": loaded - begun}


def _workflow(site: Site) -> None:
    folder = site.folder / "templates" / "sleep"
    folder.mkdir()
    (folder / "workflow.toml").write_text("bundle = 100\n", encoding="utf-8")
    (folder / "sleep.dag").write_text("JOB SLEEP sleep_{{ dataset }}.job\n", encoding="utf-8")
    (folder / "sleep.job").write_text(
        f"executable = /bin/sleep\narguments = {SECONDS}\nshould_transfer_files = NO\nlog = log\n"
        '+HookKeyword = "OWL"\n+InputDataset = "{{ dataset }}"\nqueue\n',
        encoding="utf-8",
    )


def main() -> int:
    """The table on the terminal, and a JSON object a line for programs (`--json`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=list(JOBS))
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="knobs")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    knobs = dict(item.split("=", 1) for item in given.knobs)
    found = []
    for figure in figures(given.jobs, given.rows, knobs):
        found.append(figure)
        if given.json:
            print(json.dumps(figure), flush=True)
    if not given.json:
        _table(found, given.jobs, given.rows)
    return 0


def _table(found: Sequence[Mapping[str, Any]], jobs: Sequence[int], rows: Sequence[str]) -> None:
    print(f"{'overhead in seconds':44}" + "".join(f"{number:>8}" for number in jobs))
    for row in rows:
        told = {figure["jobs"]: figure["overhead_s"] for figure in found if figure["row"] == ROWS[row]}
        print(f"{ROWS[row]:44}" + "".join(f"{told[number]:8.1f}" for number in jobs))
    print(
        f"{'the first OWL, October 2011':44}" + "".join(f"{IN_2011.get(number, math.nan):8.1f}" for number in jobs)
    )


if __name__ == "__main__":
    sys.exit(main())
