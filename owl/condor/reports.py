"""From a job's ad, wherever it comes from, to a report on one of its executions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from owl import names
from owl.condor.bundle import plain_node, plain_nodes
from owl.condor.classad import boolean_of, from_epoch, integer_of, lower_names, number_of, text_of, time_of
from owl.condor.states import STATE_OF_EXIT_REASON, JobStatus, state_of_status
from owl.model import ENDED, Execution, State

SOURCE_HOOK = "hook"  # owl.db.blackboard trusts this one least
SOURCE_QUEUE = "queue"
SOURCE_HISTORY = "history"
SOURCE_EPOCHS = "epochs"

# HTCondor's clock in ads has whole seconds: what happened "at" a second may have happened up to its end.
_SECOND = timedelta(microseconds=999_999)
_LARGEST_INTEGER = 2**31 - 1

Ad = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class HookCall:
    """What the hook says beside the ad: when it was called, why, and where."""

    phase: str
    reason: str
    at: datetime
    host: str


def from_hook(ad: Ad, call: HookCall) -> Execution | None:
    """The report of one call of the job hook, or None where the ad names no job."""
    low = lower_names(ad)
    job = text_of(low, "GlobalJobId")
    if job is None:
        return None
    state = _state_of_call(low, call)
    started = time_of(low, "JobStartDate") if call.phase == "exit" else None
    shared = _shared(low)
    shared |= {
        "host": call.host,
        "start_time": started or _start_time(low) or call.at,
        "completion_time": call.at if state in ENDED else None,
        "duration": number_of(low, "JobDuration") if state is State.EXITED else None,
        "exit_reason": call.reason if call.phase == "exit" else None,
        "classad": dict(ad),
    }
    if state is State.EXITED:
        shared |= _exit(low)
    return Execution(
        global_job_id=job,
        start_number=max(1, _small(low, "NumShadowStarts") or 1),
        state=state,
        source=SOURCE_HOOK,
        observed_at=call.at,
        **shared,
    )


def from_schedd(ad: Ad, *, source: str, start_number: int, state: State, now: datetime) -> Execution:
    """The report of the schedd's queue or history on one execution; `ad` has names in lower case.

    What is in the queue is so now (a suspension doesn't change EnteredCurrentStatus); what is in the history was
    so when the job left the queue.
    """
    entered = integer_of(ad, "EnteredCurrentStatus")
    at = from_epoch(entered) if entered else None
    if state not in ENDED:
        at = now
    fields = _shared(ad)
    fields |= {"host": _host(ad), "start_time": _start_time(ad) if state is not State.IDLE else None}
    if state in ENDED:
        fields["completion_time"] = time_of(ad, "CompletionDate") or at
    if state is State.EXITED:
        fields |= _exit(ad)
    if state is State.HELD:
        fields |= _hold(ad)
    if state in (State.REMOVED, State.ABORTED):
        fields["exit_reason"] = text_of(ad, "RemoveReason")
    return Execution(
        global_job_id=str(ad["globaljobid"]),
        start_number=start_number,
        state=state,
        source=source,
        observed_at=min(now, at + _SECOND) if at is not None else now,
        **fields,
    )


def from_epoch_history(ad: Ad, *, now: datetime) -> Execution:
    """The report of the epoch history on one start of a job that has ended: with an exit code, or evicted."""
    # ExitBySignal is False from the submission on, so it tells an end only where it is True.
    exited = integer_of(ad, "ExitCode") is not None or boolean_of(ad, "ExitBySignal") is True
    exited = exited and not _vacated(ad)
    written = time_of(ad, "EpochWriteDate")
    at = min(now, written + _SECOND) if written is not None else now
    fields = _shared(ad)
    fields |= {"host": _host(ad), "start_time": _own_start_time(ad), "completion_time": written}
    if not exited:
        fields["exit_reason"] = text_of(ad, "VacateReason")
    return Execution(
        global_job_id=str(ad["globaljobid"]),
        start_number=max(1, _small(ad, "NumShadowStarts") or 1),
        state=State.EXITED if exited else State.EVICTED,
        source=SOURCE_EPOCHS,
        observed_at=at,
        **{**fields, **(_exit(ad) if exited else {})},
    )


def current_state(ad: Ad) -> State:
    """The state that a queue's or history's ad tells."""
    status = integer_of(ad, "JobStatus") or JobStatus.IDLE
    state = state_of_status(status)
    if state is State.RUNNING and time_of(ad, "JobCurrentStartExecutingDate") is None:
        return State.STARTING
    if state is State.REMOVED and boolean_of(ad, "TerminationPending"):
        # The shadow had written its end into the job's event log, and DAGMan goes by that: a step that was done.
        # When its DAG has ended the schedd takes away what is left of it, and this step just hadn't left the queue.
        return State.EXITED
    if state is State.REMOVED and _with_its_dag(text_of(ad, "RemoveReason") or ""):
        return State.ABORTED
    return state


def _with_its_dag(reason: str) -> bool:
    """Whether it was taken away with its DAG, not by somebody's hand, whose reason may speak of DAGs too."""
    return "DAG" in reason.upper() and names.BY_COMMAND not in reason


def _vacated(ad: Ad) -> bool:
    """Whether this very start was ended from outside; its program may have exited with a code of its own on that.

    The reason may be empty (a removal's is), and an earlier start's stays in the ad.
    """
    vacated, began = integer_of(ad, "LastVacateTime"), integer_of(ad, "ShadowBday")
    if boolean_of(ad, "TerminationPending") or "vacatereason" not in ad:
        return False
    return vacated is None or began is None or vacated >= began


def _state_of_call(ad: Ad, call: HookCall) -> State:
    if call.phase == "prepare":
        return State.STARTING
    if call.phase == "exit":
        return STATE_OF_EXIT_REASON.get(call.reason, State.EXITED)
    return State.SUSPENDED if text_of(ad, "JobState") == "Suspended" else State.RUNNING


def _shared(ad: Ad) -> dict[str, Any]:
    job, run_id = text_of(ad, "GlobalJobId") or "", text_of(ad, names.ATTR_RUN_ID)
    return {
        "run_id": run_id,
        "dataset": text_of(ad, names.ATTR_DATASET),
        "owner": text_of(ad, "Owner"),
        "process_name": plain_node(text_of(ad, "DAGNodeName"), run_id),
        "parent_name": plain_nodes(text_of(ad, "DAGParentNodeNames"), run_id),
        "schedd": job.partition("#")[0] or None,
        "cluster": _small(ad, "ClusterId"),
        "proc": _small(ad, "ProcId"),
        "dagman_cluster": _small(ad, "DAGManJobId"),
        "work_dir": text_of(ad, "Iwd"),
        "out": _expanded(ad, "Out"),
        "err": _expanded(ad, "Err"),
        "log": text_of(ad, "UserLog"),
    }


def _exit(ad: Ad) -> dict[str, Any]:
    by_signal = boolean_of(ad, "ExitBySignal")
    return {
        "exit_code": None if by_signal else _small(ad, "ExitCode"),
        "exit_signal": _small(ad, "ExitSignal") if by_signal else None,
    }


def _hold(ad: Ad) -> dict[str, Any]:
    return {
        "hold_code": _small(ad, "HoldReasonCode"),
        "hold_subcode": _small(ad, "HoldReasonSubCode"),
        "hold_reason": text_of(ad, "HoldReason"),
    }


def _start_time(ad: Ad) -> datetime | None:
    return time_of(ad, "JobCurrentStartExecutingDate") or time_of(ad, "JobCurrentStartDate")


def _own_start_time(ad: Ad) -> datetime | None:
    """When this start ran the job's program; where it came to nothing, the ad holds an earlier start's time."""
    started, shadow = _start_time(ad), time_of(ad, "ShadowBday")
    return None if started is not None and shadow is not None and started < shadow else started


def _host(ad: Ad) -> str | None:
    slot = text_of(ad, "RemoteHost") or text_of(ad, "LastRemoteHost")
    return slot.rpartition("@")[2] if slot else None


def _expanded(ad: Ad, name: str) -> str | None:
    """A path, unless `$$()` still stands in it: only the hook's ad has what it became."""
    path = text_of(ad, name)
    return None if path is None or "$$(" in path else path


def _small(ad: Ad, name: str) -> int | None:
    """An integer that fits its column; an ad's numbers are a stranger's."""
    value = integer_of(ad, name)
    return value if value is not None and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else None
