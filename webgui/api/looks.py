"""Reading: the tables, one execution, one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from owl.model import Entry, Run, Submission
from owl.ops import DatasetRow, RunDag, View
from webgui.api.registry import Registry
from webgui.api.rows import ExecutionRow, Rows, execution_row, execution_rows, of_page
from webgui.classads import readable
from webgui.services import services
from webgui.tables import DATASETS, EXECUTIONS, RUNS

TAG = "look"


@dataclass(frozen=True, kw_only=True)
class ExecutionDetails:
    """One execution with its full ClassAd; `readable`: what numbers in it mean, where their unit is known."""

    execution: ExecutionRow
    classad: Mapping[str, Any]
    readable: Mapping[str, str]
    run_id: str | None
    out: str | None
    err: str | None
    log: str | None
    work_dir: str | None


@dataclass(frozen=True, kw_only=True)
class RunDetails:
    """A run with everything that belongs to it."""

    run: Run
    entry: Entry
    submissions: Sequence[Submission]
    executions: Sequence[ExecutionRow]


def executions(view: View) -> Rows[ExecutionRow]:
    """Monitor: executions of job steps, filtered, sorted and paged by the database."""
    found = services().ops.look.executions(view)
    return execution_rows(found, found.runs)


def datasets(view: View) -> Rows[DatasetRow]:
    """Runs by dataset: each with its steps in the order in which they began."""
    found = services().ops.look.datasets(view)
    return of_page(found, found.rows)


def runs(view: View) -> Rows[Run]:
    """Runs, the latest first."""
    found = services().ops.look.runs(view)
    return of_page(found, found.rows)


def execution(job: str, start_number: int) -> ExecutionDetails:
    """One start of a job step, with every attribute of its ClassAd."""
    found = services().ops.look.execution(job, start_number)
    return ExecutionDetails(
        execution=execution_row(found),
        classad=found.classad or {},
        readable=readable(found.classad or {}),
        run_id=found.run_id,
        out=found.out,
        err=found.err,
        log=found.log,
        work_dir=found.work_dir,
    )


def run(run_id: str) -> RunDetails:
    """A run by its id, or the newest of a dataset: its request, submissions and executions."""
    found = services().ops.run(run_id)
    rows = [execution_row(row, found.run) for row in found.executions]
    return RunDetails(run=found.run, entry=found.entry, submissions=found.submissions, executions=rows)


def dag(run_id: str) -> RunDag:
    """The DAG of a run with the state of each node."""
    return services().ops.look.dag(run_id)


@dataclass(frozen=True, kw_only=True)
class DaemonHealth:
    """One daemon: when it was heard of last, and whether that is recent enough."""

    name: str
    host: str
    alive: bool
    heartbeat: datetime
    message: str


@dataclass(frozen=True, kw_only=True)
class Health:
    """The state of the database (it has answered) and of the daemons; how many alerts are open."""

    at: datetime
    daemons: Sequence[DaemonHealth]
    alerts: int


def health() -> Health:
    """Whether the daemons are alive, and how many alerts are open."""
    found = services().ops.status()
    daemons = [
        DaemonHealth(
            name=one.name, host=one.host, alive=found.alive(one), heartbeat=one.heartbeat, message=one.message
        )
        for one in found.daemons
        if one.stopped_at is None
    ]
    return Health(at=found.at, daemons=daemons, alerts=len(found.alerts))


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/health", tag=TAG)(health)
    api.get("/executions", tag=TAG, table=EXECUTIONS)(executions)
    api.get("/datasets", tag=TAG, table=DATASETS)(datasets)
    api.get("/runs", tag=TAG, table=RUNS)(runs)
    api.get("/executions/{job}/{start_number}", tag=TAG)(execution)
    api.get("/runs/{run_id}", tag=TAG)(run)
    api.get("/runs/{run_id}/dag", tag=TAG)(dag)
