"""What two submit hosts drain against one, on the pool of six hosts, whose steps take next to no time."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from owl.model import ENTRY_ENDED, EntryState
from owl.pool.personal import CACHE_VARIABLE, PersonalPool
from tests.bench.queue import _binaries
from tests.conftest import ROOT, RUNS, run_settings
from tests.multihost.network import network
from tests.multihost.pool import DATABASE, HOSTS, MANAGER, SUBMITS, Pool, add, make_postgres

WORKFLOWS = int(os.environ.get("OWL_BENCH_MULTIHOST", "60"))


def figures() -> Iterator[dict[str, Any]]:
    """Workflows a second with one submit host and with two."""
    os.environ.setdefault(CACHE_VARIABLE, str(ROOT / ".owl" / "htcondor"))
    RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=RUNS))
    personal = PersonalPool(run_settings(folder / "pool"))
    try:
        with network(folder, HOSTS) as made:
            postgres = make_postgres(folder / DATABASE, made.hosts[DATABASE], _binaries())
            pool = Pool(
                folder=folder,
                installation=personal.installation,
                network=made,
                postgres=postgres,
                mark=personal.mark,
            )
            try:
                pool.up()
                two = _drained(pool, "two")
                pool.run(SUBMITS[1], "condor_off", "-daemon", "OWL_SHOVELER")
                pool.run(MANAGER, "true")
                one = _drained(pool, "one")
            finally:
                pool.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    load = os.getloadavg()[0]
    yield {"figure": "one_submit_host", "workflows": WORKFLOWS, "per_s": round(one, 2), "load": load}
    yield {
        "figure": "two_submit_hosts",
        "workflows": WORKFLOWS,
        "per_s": round(two, 2),
        "times": round(two / one, 2),
    }


def _drained(pool: Pool, prefix: str) -> float:
    door = pool.folder / "open"
    door.touch()
    start = time.perf_counter()
    numbers = add(pool, WORKFLOWS, "door", prefix, {"door": str(door)})
    while True:
        states = [pool.app.ops.entry(number).state for number in numbers]
        if all(state in ENTRY_ENDED for state in states):
            break
        time.sleep(0.2)
    assert set(states) == {EntryState.DONE}
    return WORKFLOWS / (time.perf_counter() - start)
