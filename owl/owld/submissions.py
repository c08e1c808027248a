"""What the schedd tells of a run's submission: its DAGMan job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owl import names
from owl.condor.classad import integer_of, text_of, time_of
from owl.condor.states import RUN_OF_EXIT_CODE, RUN_OF_STATUS, DagStatus, JobStatus
from owl.model import RunState

Ad = Mapping[str, Any]


def key(ad: Ad) -> tuple[str, int]:
    """Which submission a DAGMan job is, or which run a step is of."""
    return (
        text_of(ad, names.ATTR_RUN_ID) or "",
        integer_of(ad, names.ATTR_RESCUE) or 0,
    )


def bundle(ad: Ad) -> str:
    """Which bundle a DAGMan job is; empty where it is a run's own."""
    return text_of(ad, names.ATTR_BUNDLE) or ""


def state_in_queue(ad: Ad) -> RunState:
    """The state that the queue's ad of a DAGMan job tells."""
    status = integer_of(ad, "JobStatus") or JobStatus.IDLE
    if status in (JobStatus.COMPLETED, JobStatus.REMOVED):
        return state_in_history(ad)
    state = RUN_OF_STATUS.get(status, RunState.IDLE)
    failed = integer_of(ad, "DAG_NodesFailed") or 0
    return RunState.FUTILE if state is RunState.RUNNING and failed else state


def state_in_history(ad: Ad) -> RunState:
    """How a DAGMan job that has left the queue has ended."""
    if integer_of(ad, "JobStatus") == JobStatus.REMOVED or integer_of(ad, "DAG_Status") == DagStatus.RM:
        return RunState.REMOVED
    code = integer_of(ad, "ExitCode")
    return RunState.FAILED if code is None else RUN_OF_EXIT_CODE.get(code, RunState.FAILED)


def facts(ad: Ad, state: RunState) -> dict[str, Any]:
    """Columns of the submission that the ad tells."""
    ended = state in (RunState.DONE, RunState.FAILED, RunState.ABORTED, RunState.REMOVED)
    job = text_of(ad, "GlobalJobId") or ""
    return {
        "schedd": job.partition("#")[0] or None,
        "cluster": integer_of(ad, "ClusterId"),
        "global_job_id": job or None,
        "started_at": time_of(ad, "JobStartDate"),
        "ended_at": (time_of(ad, "CompletionDate") or time_of(ad, "EnteredCurrentStatus")) if ended else None,
        "exit_code": integer_of(ad, "ExitCode") if ended else None,
        "hold_reason": text_of(ad, "HoldReason") if state is RunState.HELD else None,
        "nodes_total": integer_of(ad, "DAG_NodesTotal"),
        "nodes_done": integer_of(ad, "DAG_NodesDone"),
        "nodes_failed": integer_of(ad, "DAG_NodesFailed"),
        "nodes_futile": integer_of(ad, "DAG_NodesFutile"),
    }


def error(ad: Ad, state: RunState) -> str | None:
    """Why it is so, in words, where that needs any."""
    if state is RunState.HELD:
        return text_of(ad, "HoldReason")
    if state is RunState.REMOVED:
        return text_of(ad, "RemoveReason") or "removed"
    if state in (RunState.FAILED, RunState.ABORTED, RunState.FUTILE):
        failed, total = integer_of(ad, "DAG_NodesFailed") or 0, integer_of(ad, "DAG_NodesTotal") or 0
        return f"{failed} of {total} steps failed" if total else f"condor_dagman exited with {ad.get('exitcode')}"
    return None
