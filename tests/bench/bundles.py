"""What a condor_dagman a workflow costs: 200 workflows of two short steps, raw and by OWL, alone and in bundles.

Every row in one run on one pool: wall seconds, CPU seconds of the whole machine, and what they went to by program,
memory of all condor_dagman.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owl.model import EntryState
from owl.pool.personal import PersonalPool
from tests.bench import account
from tests.bench.hooks import DAG, JOB, SLOTS, WORKFLOWS
from tests.bench.place import bench_pool, bench_site, machine_cpu, wait_for_queue
from tests.fixtures.site import Site, wait_for

BUNDLE = 50
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: raw HTCondor or OWL, which hooks there are, how many workflows share a condor_dagman."""

    name: str
    owl: bool
    hooks: bool = True
    bundle: int = 1
    overrides: Mapping[str, str] = field(default_factory=dict)


EXIT_ALONE = {"OWL_HOOK_PREPARE_JOB": ""}
ROWS = (
    Row(name="raw, a condor_dagman each, no hooks", owl=False, hooks=False),
    Row(name="raw, a condor_dagman each, OWL's hooks", owl=False),
    Row(name="OWL, DPQ to Done", owl=True),
    Row(name="OWL, DPQ to Done, bundle = 50", owl=True, bundle=BUNDLE),
    # No targets: what the default's other hook costs.
    Row(name="OWL, DPQ to Done, JOB_EXIT alone", owl=True, overrides=EXIT_ALONE),
    Row(name="OWL, DPQ to Done, bundle = 50, JOB_EXIT alone", owl=True, bundle=BUNDLE, overrides=EXIT_ALONE),
)


def figures() -> Iterator[dict[str, Any]]:
    """A line for each row, with its ratio to the first two."""
    done: list[dict[str, Any]] = []
    with bench_pool(SLOTS) as pool:
        for row in ROWS:
            pool.up(owl_daemons=False, overrides=row.overrides)
            with (
                bench_site(pool, max_active_runs=WORKFLOWS) as site,
                peak_of_dagmans(pool.settings.state_dir) as peak,
            ):
                before = account.used(pool, site)
                seconds, cpu = _owl(site, row) if row.owl else _raw(pool, row)
                went_to = account.since(before, account.used(pool, site))
            told = {"rate": WORKFLOWS / seconds, "memory": max(peak)}
            done.append(told)
            yield {
                "figure": "workflows_of_two_steps",
                "configuration": row.name,
                "workflows": WORKFLOWS,
                "wall_s": round(seconds, 1),
                "workflows_per_s": round(told["rate"], 2),
                "machine_cpu_s": round(cpu, 1),
                "cpu_s_by_program": went_to,
                "to_raw": round(told["rate"] / done[0]["rate"], 2),
                "to_raw_with_hooks": round(told["rate"] / done[1]["rate"], 2) if len(done) > 1 else None,
                "dagman_memory_mb": round(told["memory"] / 2**20),
                "dagman_memory_to_raw": round(told["memory"] / done[0]["memory"], 3),
                "load": os.getloadavg()[0],
                "target": "OWL 0.75 of raw and 0.97 of raw with hooks; bundles 1.2 of raw, memory 0.1",
            }


def _raw(pool: PersonalPool, row: Row) -> tuple[float, float]:
    import htcondor2

    folder = pool.settings.state_dir / f"dags-{secrets.token_hex(3)}"
    descriptions = []
    for number in range(WORKFLOWS):
        home = folder / str(number)
        home.mkdir(parents=True)
        (home / "a.job").write_text(JOB.format(hook='+HookKeyword = "OWL"' if row.hooks else ""), encoding="utf-8")
        (home / "two.dag").write_text(DAG.format(run="none"), encoding="utf-8")
        descriptions.append(htcondor2.Submit.from_dag(str(home / "two.dag"), {"force": True}))
    schedd, here, begun, used = htcondor2.Schedd(), Path.cwd(), time.monotonic(), machine_cpu()
    for number, description in enumerate(descriptions):
        os.chdir(folder / str(number))
        schedd.submit(description)
    os.chdir(here)
    wait_for_queue()
    return time.monotonic() - begun, machine_cpu() - used


def _owl(site: Site, row: Row) -> tuple[float, float]:
    folder = site.folder / "templates" / "two"
    folder.mkdir()
    (folder / "workflow.toml").write_text(f"bundle = {row.bundle}\n", encoding="utf-8")
    (folder / "two.dag").write_text(
        "JOB A a_{{ dataset }}.job\nJOB B a_{{ dataset }}.job\nPARENT A CHILD B\n", encoding="utf-8"
    )
    hook = '+HookKeyword = "OWL"\n+InputDataset = "{{ dataset }}"'
    (folder / "a.job").write_text(JOB.format(hook=hook), encoding="utf-8")
    site.start_daemons()
    wait_for(lambda: len(site.ops.status().daemons) == 2, "both daemons are up")
    (site.folder / "names").write_text("".join(f"ds{n:03d}\n" for n in range(WORKFLOWS)), encoding="utf-8")
    begun, used = time.monotonic(), machine_cpu()
    site.owl("dpq", "load", "names", "--workflow", "two")
    wait_for(lambda: site.ops.status().entries.get(EntryState.DONE) == WORKFLOWS, "all are Done", 600)
    return time.monotonic() - begun, machine_cpu() - used


@contextmanager
def peak_of_dagmans(below: Path) -> Iterator[list[int]]:
    """The resident memory of all condor_dagman processes that work below a folder, looked at twice a second."""
    seen, stop = [1], threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            seen.append(sum(_resident(process, below) for process in Path("/proc").glob("[0-9]*")))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _resident(process: Path, below: Path) -> int:
    try:
        if (process / "comm").read_text(encoding="utf-8").strip() != "condor_dagman":
            return 0
        if not (process / "cwd").readlink().is_relative_to(below):
            return 0
        return int((process / "statm").read_text(encoding="ascii").split()[1]) * PAGE
    except (OSError, ValueError):
        return 0  # it ended meanwhile
