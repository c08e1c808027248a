"""What the job hook and owld cost: workflows of two short steps, with and without them, in one run on one pool."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owl.pool.personal import PersonalPool
from tests.bench.place import bench_pool, bench_site, machine_cpu, run_of_its_own, wait_for_queue
from tests.fixtures.site import Site, wait_for

WORKFLOWS = 200
SLOTS = 24
JOB = """executable = /bin/true
should_transfer_files = NO
log = log
{hook}
queue
"""
DAG = """JOB A a.job
JOB B a.job
PARENT A CHILD B
VARS ALL_NODES My.OwlRunId="\\"{run}\\""
"""
TRUE = {f"OWL_HOOK_{name}": "/bin/true" for name in ("PREPARE_JOB", "UPDATE_JOB_INFO", "JOB_EXIT")}
TRUE_TWICE = {name: value for name, value in TRUE.items() if name != "OWL_HOOK_UPDATE_JOB_INFO"}
OURS = {f"OWL_HOOK_{name}": "$(OWL_HOOK)" for name in ("PREPARE_JOB", "UPDATE_JOB_INFO", "JOB_EXIT")}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table: whether jobs ask for hooks, which hooks there are, and whether owld drains."""

    name: str
    hooks: bool = True
    overrides: Mapping[str, str] = field(default_factory=dict)
    owld: bool = False


ROWS = (
    Row(name="no hooks", hooks=False),
    Row(name="/bin/true as all three hooks", overrides=TRUE),
    Row(name="OWL's three hooks, owld", overrides=OURS, owld=True),
    Row(name="/bin/true as the two default hooks", overrides=TRUE_TWICE),
    Row(name="OWL's default configuration (prepare and exit), owld", owld=True),
)


def figures() -> Iterator[dict[str, Any]]:
    """A line for each row: seconds, workflows a second, the machine's CPU seconds, ratios to the first two."""
    done: dict[str, float] = {}
    with bench_pool(SLOTS) as pool:
        for row in ROWS:
            pool.up(owl_daemons=False, overrides=row.overrides)
            with bench_site(pool) as site:
                seconds, cpu, behind = _one(pool, site, row)
            done[row.name] = WORKFLOWS / seconds
            yield {
                "figure": "throughput",
                "configuration": row.name,
                "workflows": WORKFLOWS,
                "wall_s": round(seconds, 1),
                "workflows_per_s": round(WORKFLOWS / seconds, 2),
                "machine_cpu_s": round(cpu, 1),
                "to_no_hooks": round(done[row.name] / done[ROWS[0].name], 2),
                "to_bin_true": round(done[row.name] / done[ROWS[1].name], 2) if len(done) > 1 else None,
                "blackboard_behind_s": behind,
                "load": os.getloadavg()[0],
                "target": "three hooks 0.90 of /bin/true, default 0.75 of no hooks",
            }


def _one(pool: PersonalPool, site: Site, row: Row) -> tuple[float, float, float | None]:
    """Seconds, CPU seconds, and how long after the last job's end the blackboard had everything."""
    import htcondor2

    if row.owld:
        site.start("owld", "run")
        wait_for(lambda: site.ops.status().daemons, "owld is up")
    run = run_of_its_own(site)
    folder = pool.settings.state_dir / f"dags-{secrets.token_hex(3)}"
    descriptions = [_workflow(folder / str(number), run, row.hooks) for number in range(WORKFLOWS)]
    schedd, begun, used = htcondor2.Schedd(), time.monotonic(), machine_cpu()
    here = Path.cwd()
    for number, description in enumerate(descriptions):
        os.chdir(folder / str(number))  # the description's paths are relative to it
        schedd.submit(description)
    os.chdir(here)
    wait_for_queue()
    seconds, cpu = time.monotonic() - begun, machine_cpu() - used
    if not row.owld:
        return seconds, cpu, None
    ended = time.monotonic()
    wait_for(lambda: sum(site.ops.status().executions.values()) >= 2 * WORKFLOWS, "every step is there", 60)
    return seconds, cpu, round(time.monotonic() - ended, 1)


def _workflow(folder: Path, run: str, hooks: bool) -> Any:
    """A DAG of two steps, and how HTCondor wants it submitted."""
    import htcondor2

    folder.mkdir(parents=True)
    (folder / "a.job").write_text(JOB.format(hook='+HookKeyword = "OWL"' if hooks else ""), encoding="utf-8")
    dag = folder / "two.dag"
    dag.write_text(DAG.format(run=run), encoding="utf-8")
    return htcondor2.Submit.from_dag(str(dag), {"force": True})
