"""Event logs in a run's work directory: the events of every step, as reports on executions.

DAGMan's node log (`<dag>.nodes.log`) begins anew with each rescue; the logs that the job descriptions name go on.
An event knows no GlobalJobId; the id is put together from schedd, job id and the submit event's time, which is what
the schedd makes it of (HTCondor manual, "Job ClassAd Attributes": GlobalJobId).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from owl.condor.bundle import plain_node
from owl.model import Execution, State

_log = logging.getLogger(__name__)

SOURCE_NODE_LOG = "nodelog"
_LOG = re.compile(r"^\s*log\s*=\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_NODE = re.compile(r"DAG Node: (\S+)")


@dataclass
class _Job:
    """What a job's events have told so far."""

    submitted_at: datetime
    node: str | None
    begun: int = 0
    started_at: datetime | None = None


def executions(dag_file: Path, *, run_id: str, dataset: str, schedd: str) -> Iterator[Execution]:
    """Every execution that ended, as the event logs beside a DAG tell it; an execution may be told twice."""
    for log in _logs(dag_file):
        yield from _of_log(log, run_id=run_id, dataset=dataset, schedd=schedd)


def _logs(dag_file: Path) -> list[Path]:
    """The node log and every log that a job description in the same directory names, where they are there."""
    folder = dag_file.parent
    named = [dag_file.name + ".nodes.log"]
    for job in sorted(folder.glob("*.job")):
        named += _LOG.findall(job.read_text(encoding="utf-8", errors="replace"))
    there = {(folder / name).resolve() for name in named}
    return sorted(path for path in there if path.is_relative_to(folder.resolve()) and path.is_file())


def _of_log(log: Path, *, run_id: str, dataset: str, schedd: str) -> Iterator[Execution]:
    jobs: dict[tuple[int, int], _Job] = {}
    for event in events(log):
        key, at = (int(event.cluster), int(event.proc)), datetime.fromtimestamp(event.timestamp, UTC)
        name = event.type.name
        if name == "SUBMIT":
            jobs[key] = _Job(submitted_at=at, node=node_of(event))
        elif name == "EXECUTE" and key in jobs:
            jobs[key].begun += 1
            jobs[key].started_at = at
        elif key in jobs and (ended := _end(name, event)) is not None:
            job = jobs[key]
            yield Execution(
                global_job_id=f"{schedd}#{key[0]}.{key[1]}#{int(job.submitted_at.timestamp())}",
                start_number=max(1, job.begun),
                source=SOURCE_NODE_LOG,
                observed_at=at,
                completion_time=at,
                start_time=job.started_at,
                run_id=run_id,
                dataset=dataset,
                process_name=plain_node(job.node, run_id),
                schedd=schedd,
                cluster=key[0],
                proc=key[1],
                **ended,
            )


def events(log: Path) -> Iterator[Any]:
    """Every event of an event log, as far as it can be read."""
    import htcondor2

    try:
        yield from htcondor2.JobEventLog(str(log)).events(stop_after=0)
    except (htcondor2.HTCondorException, OSError) as error:
        _log.warning("%s: can't be read to its end: %s", log, error)


def node_of(event: Any) -> str | None:
    """The node that a submit event names, as DAGMan writes it there."""
    found = _NODE.search(" ".join(str(event.get(name, "")) for name in ("LogNotes", "UserNotes")))
    return found.group(1) if found else None


def _end(name: str, event: Any) -> dict[str, Any] | None:
    """State and exit of an execution that this event ends, or None where it ends none."""
    if name == "JOB_TERMINATED":
        if event.get("TerminatedNormally"):
            return {"state": State.EXITED, "exit_code": int(event["ReturnValue"])}
        return {"state": State.EXITED, "exit_signal": int(event.get("TerminatedBySignal", 0))}
    states = {"JOB_EVICTED": State.EVICTED, "JOB_HELD": State.HELD, "JOB_ABORTED": State.REMOVED}
    if name not in states:
        return None
    reason = event.get("HoldReason") if name == "JOB_HELD" else event.get("Reason")
    field = "hold_reason" if name == "JOB_HELD" else "exit_reason"
    return {"state": states[name], field: str(reason) if reason else None}
