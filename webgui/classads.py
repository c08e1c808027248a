"""ClassAd attributes in words: times, durations, sizes and codes, by HTCondor's own units.

Source: HTCondor manual, "Job ClassAd Attributes".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_TIMES = frozenset(
    {
        "CompletionDate", "EnteredCurrentStatus", "JobCurrentFinishTransferInputDate",
        "JobCurrentFinishTransferOutputDate", "JobCurrentStartDate", "JobCurrentStartExecutingDate",
        "JobCurrentStartTransferInputDate", "JobCurrentStartTransferOutputDate", "JobFinishedHookDone",
        "JobLastStartDate", "JobStartDate", "LastJobLeaseRenewal", "LastJobStatusUpdate", "LastMatchTime",
        "LastRejMatchTime", "LastRemoteStatusUpdate", "LastSuspensionTime", "LastVacateTime", "QDate", "ShadowBday",
        "TransferInFinished", "TransferInStarted", "TransferOutFinished", "TransferOutStarted", "CurrentTime",
        "ServerTime", "StageInFinish", "StageInStart",
    }
)  # fmt: skip
_SECONDS = frozenset(
    {
        "ActivationDuration", "ActivationExecutionDuration", "ActivationSetupDuration", "CommittedSlotTime",
        "CommittedSuspensionTime", "CommittedTime", "CumulativeRemoteSysCpu", "CumulativeRemoteUserCpu",
        "CumulativeSlotTime", "CumulativeSuspensionTime", "JobDuration", "JobLeaseDuration",
        "LastRemoteWallClockTime", "LocalSysCpu", "LocalUserCpu", "RemoteSysCpu", "RemoteUserCpu",
        "RemoteWallClockTime", "MaxJobRetirementTime", "KillSigTimeout", "ExecutionTime",
    }
)  # fmt: skip
_KIB = frozenset(
    {
        "DiskUsage", "DiskUsage_RAW", "ExecutableSize", "ExecutableSize_RAW", "ImageSize", "ImageSize_RAW",
        "ProportionalSetSizeKb", "RequestDisk", "ResidentSetSize", "ResidentSetSize_RAW", "DiskProvisioned",
        "ScratchDirFileSize",
    }
)  # fmt: skip
_MIB = frozenset({"MemoryProvisioned", "MemoryUsage", "RequestMemory", "TransferInputSizeMB", "MachineAttrMemory0"})
_BYTES = frozenset(
    {"BytesRecvd", "BytesSent", "SpooledOutputFiles", "StatsLifetimeStarter", "BufferSize", "BufferBlockSize"}
)
_CODES: Mapping[str, Mapping[int, str]] = {
    "JobStatus": {
        1: "Idle", 2: "Running", 3: "Removed", 4: "Completed", 5: "Held", 6: "Transferring output", 7: "Suspended",
    },
    "JobUniverse": {5: "vanilla", 7: "scheduler", 9: "grid", 10: "java", 11: "parallel", 12: "local", 13: "vm"},
    "JobNotification": {0: "never", 1: "always", 2: "complete", 3: "error"},
}  # fmt: skip
_CODES_OF_LAST = {"LastJobStatus": "JobStatus"}


def readable(classad: Mapping[str, Any]) -> dict[str, str]:
    """For each attribute whose number says little, what it means; the others are left out."""
    found = {}
    for name, value in classad.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        words = _words(name, value)
        if words:
            found[name] = words
    return found


def _words(name: str, value: float) -> str:
    codes = _CODES.get(_CODES_OF_LAST.get(name, name))
    if codes is not None:
        return codes.get(int(value), "")
    for names, say in _KINDS:
        if name in names:
            return say(value)
    return ""


def _time(value: float) -> str:
    if not 0 < value < 2**34:
        return "never" if value == 0 else ""
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _seconds(value: float) -> str:
    if value < 60:
        return f"{value:g} s"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min {seconds:02d} s" if hours else f"{minutes} min {seconds:02d} s"


def _size(value: float, factor: int) -> str:
    size = value * factor
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:.4g} {unit}"
        size /= 1024
    return ""


_KINDS: tuple[tuple[frozenset[str], Callable[[float], str]], ...] = (
    (_TIMES, _time),
    (_SECONDS, _seconds),
    (_KIB, lambda value: _size(value, 1024)),
    (_MIB, lambda value: _size(value, 1024**2)),
    (_BYTES, lambda value: _size(value, 1)),
)
