"""Jobs as DRMAA sees them: ids, states, how they ended. Made from job ads in one place."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from owl.drmaa.description import START_FAILURES
from owl.drmaa.errors import DrmaaError, Errno

JobAd = Mapping[str, object]


class JobState(IntEnum):
    """``DRMAA_PS_*``."""

    UNDETERMINED = 0x00
    QUEUED_ACTIVE = 0x10
    SYSTEM_ON_HOLD = 0x11
    USER_ON_HOLD = 0x12
    USER_SYSTEM_ON_HOLD = 0x13
    RUNNING = 0x20
    SYSTEM_SUSPENDED = 0x21
    USER_SUSPENDED = 0x22
    USER_SYSTEM_SUSPENDED = 0x23
    DONE = 0x30
    FAILED = 0x40


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

PROJECTION = [
    "ClusterId",
    "ProcId",
    "JobStatus",
    "HoldReasonCode",
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


@dataclass(frozen=True, kw_only=True, order=True)
class JobKey:
    """A job within one schedd."""

    cluster: int
    proc: int

    def __str__(self) -> str:
        return f"{self.cluster}.{self.proc}"


_JOB_ID = re.compile(r"(?P<schedd>[^\s]+)\.(?P<cluster>[1-9]\d{0,8})\.(?P<proc>\d{1,9})")


def format_job_id(schedd: str, key: JobKey) -> str:
    """``schedd.cluster.proc``, as HTCondor's earlier DRMAA library had it."""
    return f"{schedd}.{key}"


def parse_job_id(text: str, schedd: str) -> JobKey:
    """The job that an id names, which must be one of this schedd.

    Raises:
        DrmaaError: INVALID_JOB.
    """
    match = _JOB_ID.fullmatch(text)
    if match is None:
        raise DrmaaError(Errno.INVALID_JOB, f"{text[:80]!r} is no job id of the form schedd.cluster.proc")
    if match["schedd"] != schedd:
        raise DrmaaError(
            Errno.INVALID_JOB, f"job {text[:80]!r} belongs to another schedd than this session's, {schedd}"
        )
    return JobKey(cluster=int(match["cluster"]), proc=int(match["proc"]))


class Ending(IntEnum):
    """How a job ended; the upper part of the ``stat`` of drmaa_wait()."""

    EXITED = 1
    SIGNALED = 2
    ABORTED = 3


@dataclass(frozen=True, kw_only=True)
class ExitInfo:
    """How a job ended. ``value`` is the exit code or the signal's number; ``rusage`` is NAME=value texts."""

    ending: Ending
    value: int = 0
    core: bool = False
    rusage: tuple[str, ...] = ()

    @property
    def state(self) -> JobState:
        """DONE for exit code 0, FAILED for all else: clients that never wait look at the state alone."""
        return JobState.DONE if self.ending is Ending.EXITED and self.value == 0 else JobState.FAILED

    def encode(self) -> int:
        """The ``stat`` integer: positive, and only for the ``drmaa_wif…`` functions to read."""
        return self.ending << 16 | self.core << 15 | self.value & 0x7FFF

    @classmethod
    def decode(cls, stat: int) -> ExitInfo:
        """The reverse of ``encode``. Raises DrmaaError INVALID_ARGUMENT for any other number."""
        try:
            return cls(ending=Ending(stat >> 16), value=stat & 0x7FFF, core=bool(stat >> 15 & 1))
        except ValueError:
            raise DrmaaError(Errno.INVALID_ARGUMENT, f"{stat} is no status that drmaa_wait() returned") from None

    @property
    def exit_status(self) -> int:
        """The exit code; for other endings what a shell would say, never 0.

        One well-known client asks whatever the ending was and takes the answer as it is.
        """
        if self.ending is Ending.EXITED:
            return self.value
        return 128 + self.value if self.ending is Ending.SIGNALED else 255

    @property
    def signal_name(self) -> str:
        """``SIGKILL`` and so on; GFD.133 wants "SIG" names, others are written as numbers."""
        try:
            return signal.Signals(self.value).name
        except ValueError:
            return f"SIG{self.value}"


def job_key(ad: JobAd) -> JobKey:
    """The key of a job ad."""
    return JobKey(cluster=_number(ad, "ClusterId"), proc=_number(ad, "ProcId"))


def _number(ad: JobAd, name: str, default: int = 0) -> int:
    # By the very type: the bindings' Undefined and Error are numbers too.
    value = ad.get(name)
    return int(value) if type(value) in (int, float) else default  # type: ignore[call-overload]


def _status(ad: JobAd) -> JobStatus | None:
    try:
        return JobStatus(_number(ad, "JobStatus"))
    except ValueError:
        return None


def _start_failed(ad: JobAd) -> bool:
    return _status(ad) is JobStatus.HELD and _number(ad, "HoldReasonCode") in START_FAILURES


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
