"""What HTCondor's job ads say of a job: the one place where they are read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from owl.drmaa.description import START_FAILURES
from owl.drmaa.jobs import Ending, ExitInfo, JobKey, JobState

JobAd = Mapping[str, object]


class JobStatus(IntEnum):
    """HTCondor's own states (manual, "Job ClassAd attributes", JobStatus)."""

    IDLE = 1
    RUNNING = 2
    REMOVED = 3
    COMPLETED = 4
    HELD = 5
    TRANSFERRING_OUTPUT = 6
    SUSPENDED = 7


_STATES: dict[JobStatus, JobState] = {
    JobStatus.IDLE: JobState.QUEUED_ACTIVE,
    JobStatus.RUNNING: JobState.RUNNING,
    JobStatus.REMOVED: JobState.FAILED,
    JobStatus.HELD: JobState.SYSTEM_ON_HOLD,
    JobStatus.TRANSFERRING_OUTPUT: JobState.RUNNING,
    JobStatus.SUSPENDED: JobState.USER_SUSPENDED,
}

_USER_HOLDS = frozenset({1, 15})
"""HoldReasonCode 1: held by condor_hold or its like; 15: submitted on hold."""

KEY = ["ClusterId", "ProcId"]
"""The attributes that ``job_key`` reads."""

STATUS = [*KEY, "JobStatus", "HoldReasonCode"]
"""The attributes that ``has_ended`` reads."""

PROJECTION = [
    *STATUS,
    "HoldReason",
    "LastHoldReason",
    "RemoveReason",
    "ExitBySignal",
    "ExitSignal",
    "ExitCode",
    "JobCoreDumped",
    "QDate",
    "JobStartDate",
    "CompletionDate",
    "EnteredCurrentStatus",
    "RemoteWallClockTime",
    "RemoteUserCpu",
    "RemoteSysCpu",
    "ResidentSetSize",
    "ImageSize",
    "LastRemoteHost",
]
"""The attributes that the functions below read."""


def job_key(ad: JobAd) -> JobKey:
    """The key of a job ad."""
    return JobKey(cluster=_number(ad, "ClusterId"), proc=_number(ad, "ProcId"))


def _number(ad: JobAd, name: str, default: int = 0) -> int:
    # By the very type: the bindings' Undefined and Error are numbers too.
    value = ad.get(name)
    return int(value) if type(value) is int or type(value) is float else default


def _status(ad: JobAd) -> JobStatus | None:
    try:
        return JobStatus(_number(ad, "JobStatus"))
    except ValueError:
        return None


def _start_failed(ad: JobAd) -> bool:
    return _status(ad) is JobStatus.HELD and _number(ad, "HoldReasonCode") in START_FAILURES


ENDED = (
    f"(JobStatus == {JobStatus.COMPLETED:d} || (JobStatus == {JobStatus.HELD:d} && "
    f"member(HoldReasonCode ?: 0, {{{', '.join(map(str, START_FAILURES))}}})))"
)
"""``has_ended`` as a ClassAd expression."""


STILL_ENDING = f"JobStatus == {JobStatus.HELD:d} && RemoteHost isnt undefined"
"""A job on hold whose execution has not ended yet, as a ClassAd expression."""


NOT_COMPLETED = f"JobStatus != {JobStatus.COMPLETED:d}"
"""A job whose program has not ended, as a ClassAd expression. One that has stays in the queue until its shadow has
gone, or for longer (leave_in_queue), and HTCondor would still hold or remove it."""


def has_ended(ad: JobAd) -> bool:
    """Whether a job that is still in the queue has ended as far as DRMAA is concerned."""
    return _status(ad) is JobStatus.COMPLETED or _start_failed(ad)


def state_of(ad: JobAd) -> JobState:
    """The DRMAA state of a job in the queue or in the history."""
    ended = exit_info(ad)
    if ended is not None:
        return ended.state
    status = _status(ad)
    if status is JobStatus.HELD and _number(ad, "HoldReasonCode") in _USER_HOLDS:
        return JobState.USER_ON_HOLD
    return _STATES.get(status, JobState.UNDETERMINED) if status is not None else JobState.UNDETERMINED


def exit_info(ad: JobAd, *, left: bool = False) -> ExitInfo | None:
    """How the job ended, or None while it has not.

    Args:
        ad: the job's ad, from the queue or the history.
        left: the job has left the queue; a removed job that is still there is being removed.
    """
    status = _status(ad)
    if status is JobStatus.COMPLETED:
        if ad.get("ExitBySignal") is True:
            core = ad.get("JobCoreDumped") is True
            number = _number(ad, "ExitSignal")
            return ExitInfo(ending=Ending.SIGNALED, value=number, core=core, rusage=rusage(ad))
        return ExitInfo(ending=Ending.EXITED, value=_number(ad, "ExitCode"), rusage=rusage(ad))
    if left or _start_failed(ad):
        return ExitInfo(ending=Ending.ABORTED, rusage=rusage(ad))
    return None


_RUSAGE: dict[str, tuple[str, ...]] = {
    "submission_time": ("QDate",),
    "start_time": ("JobStartDate",),
    "end_time": ("CompletionDate", "EnteredCurrentStatus"),
    "ru_wallclock": ("RemoteWallClockTime",),
    "ru_utime": ("RemoteUserCpu",),
    "ru_stime": ("RemoteSysCpu",),
    "ru_maxrss": ("ResidentSetSize",),
    "maxvmem": ("ImageSize",),
    "hostname": ("LastRemoteHost",),
    "hold_reason": ("HoldReason", "LastHoldReason"),
    "remove_reason": ("RemoveReason",),
}
"""Name → the job attributes that may hold it, the first that does."""


def rusage(ad: JobAd) -> tuple[str, ...]:
    """What the job used, as ``NAME=value``: times in seconds (since 1970 for points in time), sizes in KiB."""
    found = []
    for name, keys in _RUSAGE.items():
        values = (ad.get(key) for key in keys)
        known = [value for value in values if type(value) in (int, float, str)]
        # CompletionDate is 0 for a job that never completed.
        found += [f"{name}={value}" for value in known if value != 0 or len(keys) == 1][:1]
    return tuple(found)
