"""Jobs as DRMAA sees them: ids, states, how they ended."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from enum import IntEnum

from owl.drmaa.errors import DrmaaError, Errno


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
