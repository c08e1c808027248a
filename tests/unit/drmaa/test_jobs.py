"""Job ids, states, and how a job ended."""

from __future__ import annotations

from enum import IntEnum

import pytest

from owl.drmaa.ads import exit_info, rusage, state_of
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import Ending, ExitInfo, JobKey, JobState, format_job_id, parse_job_id


def test_ids_are_schedd_cluster_proc() -> None:
    key = JobKey(cluster=12, proc=0)
    assert format_job_id("me@host.example.org", key) == "me@host.example.org.12.0"
    assert parse_job_id("me@host.example.org.12.0", "me@host.example.org") == key


@pytest.mark.parametrize(
    "text", ["", "12.0", "host.12", "host.0.0", "other.12.0", "host.12.0 || true", "host.-1.0"]
)
def test_ids_that_are_none(text: str) -> None:
    with pytest.raises(DrmaaError) as caught:
        parse_job_id(text, "host")
    assert caught.value.code is Errno.INVALID_JOB


@pytest.mark.parametrize(
    ("ad", "state"),
    [
        ({"JobStatus": 1}, JobState.QUEUED_ACTIVE),
        ({"JobStatus": 2}, JobState.RUNNING),
        ({"JobStatus": 3}, JobState.FAILED),
        ({"JobStatus": 4, "ExitBySignal": False, "ExitCode": 0}, JobState.DONE),
        ({"JobStatus": 4, "ExitBySignal": False, "ExitCode": 3}, JobState.FAILED),
        ({"JobStatus": 4, "ExitBySignal": True, "ExitSignal": 9}, JobState.FAILED),
        ({"JobStatus": 5, "HoldReasonCode": 1}, JobState.USER_ON_HOLD),
        ({"JobStatus": 5, "HoldReasonCode": 15}, JobState.USER_ON_HOLD),
        ({"JobStatus": 5, "HoldReasonCode": 26}, JobState.SYSTEM_ON_HOLD),
        ({"JobStatus": 5, "HoldReasonCode": 8}, JobState.FAILED),
        ({"JobStatus": 6}, JobState.RUNNING),
        ({"JobStatus": 7}, JobState.USER_SUSPENDED),
        ({"JobStatus": 99}, JobState.UNDETERMINED),
        ({}, JobState.UNDETERMINED),
    ],
)
def test_states(ad: dict[str, object], state: JobState) -> None:
    assert state_of(ad) is state


@pytest.mark.parametrize("code", [0, 1, 127, 128, 255])
def test_exit_codes_are_exact(code: int) -> None:
    info = exit_info({"JobStatus": 4, "ExitBySignal": False, "ExitCode": code})
    assert info is not None
    back = ExitInfo.decode(info.encode())
    assert (back.ending, back.exit_status) == (Ending.EXITED, code)


def test_signals_and_core_dumps() -> None:
    info = exit_info({"JobStatus": 4, "ExitBySignal": True, "ExitSignal": 11, "JobCoreDumped": True})
    assert info is not None
    back = ExitInfo.decode(info.encode())
    assert (back.ending, back.signal_name, back.core, back.exit_status) == (Ending.SIGNALED, "SIGSEGV", True, 139)


def test_a_job_that_is_being_removed_has_not_ended_yet() -> None:
    assert exit_info({"JobStatus": 3}) is None
    info = exit_info({"JobStatus": 3}, left=True)
    assert info is not None
    assert (info.ending, info.exit_status) == (Ending.ABORTED, 255)


@pytest.mark.parametrize("stat", [0, -1, 100, 4 << 16])
def test_a_status_that_is_none(stat: int) -> None:
    with pytest.raises(DrmaaError) as caught:
        ExitInfo.decode(stat)
    assert caught.value.code is Errno.INVALID_ARGUMENT


class Undefined(IntEnum):
    """Like the bindings' value for an attribute that has none: a number to isinstance()."""

    UNDEFINED = 2


def test_an_undefined_attribute_is_no_number() -> None:
    ad = {"JobStatus": 5, "HoldReasonCode": Undefined.UNDEFINED, "HoldReason": Undefined.UNDEFINED}
    assert state_of(ad) is JobState.SYSTEM_ON_HOLD
    assert rusage(ad) == ()
