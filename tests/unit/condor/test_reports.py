"""From an ad and who told it to a report on one execution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from owl.condor.classad import lower_names, parse_ad
from owl.condor.reports import HookCall, current_state, from_epoch_history, from_hook, from_schedd
from owl.condor.states import state_of_status
from owl.model import State
from tests.fixtures.database import at

ADS = Path(__file__).resolve().parents[2] / "data" / "ads"
AD: dict[str, Any] = {
    "GlobalJobId": "submit#12.3#1",
    "ClusterId": 12,
    "ProcId": 3,
    "DAGManJobId": 11,
    "DAGNodeName": "LEVEL_1",
    "DAGParentNodeNames": "CREATE_POD,INGEST_05",
    "InputDataset": "ds1",
    "OwlRunId": "r1",
    "Owner": "owl",
    "NumShadowStarts": 2,
    "Iwd": "/w",
    "Out": "ALOG_1.out",
    "Err": "ALOG_$$([CurrentTime]).err",
    "UserLog": "/w/log",
}


def call(phase: str, reason: str = "-") -> HookCall:
    """A call of the hook, ten seconds after the start."""
    return HookCall(phase=phase, reason=reason, at=at(10), host="node7")


@pytest.mark.parametrize(
    ("phase", "reason", "state"),
    [
        ("prepare", "-", State.STARTING),
        ("update", "-", State.RUNNING),
        ("exit", "exit", State.EXITED),
        ("exit", "remove", State.REMOVED),
        ("exit", "hold", State.HELD),
        ("exit", "evict", State.EVICTED),
        ("exit", "something new", State.EXITED),
    ],
)
def test_the_phase_and_its_reason_tell_the_state(phase: str, reason: str, state: State) -> None:
    told = from_hook(AD, call(phase, reason))
    assert told is not None
    assert told.state is state
    assert (told.completion_time is not None) == (state in {State.EXITED, State.REMOVED, State.EVICTED})


def test_a_hook_tells_the_columns_of_the_monitor_and_the_whole_ad() -> None:
    told = from_hook(AD, call("update"))
    assert told is not None
    assert (told.global_job_id, told.start_number, told.source) == ("submit#12.3#1", 2, "hook")
    assert (told.schedd, told.cluster, told.proc, told.dagman_cluster) == ("submit", 12, 3, 11)
    assert (told.process_name, told.parent_name) == ("LEVEL_1", "CREATE_POD,INGEST_05")
    assert (told.dataset, told.run_id, told.owner, told.host) == ("ds1", "r1", "owl", "node7")
    assert (told.out, told.err, told.log, told.work_dir) == ("ALOG_1.out", None, "/w/log", "/w")
    assert told.observed_at == at(10)
    assert told.classad == AD


def test_a_suspended_job_says_so() -> None:
    told = from_hook({**AD, "JobState": "Suspended"}, call("update"))
    assert told is not None
    assert told.state is State.SUSPENDED


@pytest.mark.parametrize(
    ("attributes", "code", "signal"),
    [
        ({"ExitBySignal": False, "ExitCode": 3}, 3, None),
        ({"ExitBySignal": True, "ExitSignal": 9, "ExitCode": 0}, None, 9),
        ({}, None, None),
        ({"ExitBySignal": False, "ExitCode": 2**40}, None, None),
        ({"ExitBySignal": False, "ExitCode": "zero"}, None, None),
    ],
)
def test_an_exit_has_either_a_code_or_a_signal(
    attributes: dict[str, Any], code: int | None, signal: int | None
) -> None:
    told = from_hook({**AD, **attributes}, call("exit", "exit"))
    assert told is not None
    assert (told.exit_code, told.exit_signal) == (code, signal)


def test_an_ad_of_no_job_tells_nothing() -> None:
    assert from_hook({"Owner": "owl"}, call("exit", "exit")) is None
    assert from_hook({"GlobalJobId": "/Expr(x)/"}, call("exit", "exit")) is None


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({"jobstatus": 1}, State.IDLE),
        ({"jobstatus": 2}, State.STARTING),
        ({"jobstatus": 2, "jobcurrentstartexecutingdate": 1772366400}, State.RUNNING),
        ({"jobstatus": 3, "removereason": "via condor_rm (by user owl)"}, State.REMOVED),
        ({"jobstatus": 3, "removereason": "DAG Removed: User removed scheduler job"}, State.ABORTED),
        ({"jobstatus": 3, "removereason": "eve (OWL command 7): its DAG hangs (by user owl)"}, State.REMOVED),
        ({"jobstatus": 4}, State.EXITED),
        ({"jobstatus": 5}, State.HELD),
        ({"jobstatus": 7}, State.SUSPENDED),
        ({}, State.IDLE),
    ],
)
def test_the_queue_tells_the_state(attributes: dict[str, Any], state: State) -> None:
    assert current_state(attributes) is state


def test_an_unknown_status_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert state_of_status(99) is State.IDLE
    assert "unknown JobStatus 99" in caplog.text


def test_a_recorded_history_ad_becomes_an_exited_execution() -> None:
    ad = lower_names(parse_ad((ADS / "history.ad").read_text(encoding="utf-8")))
    told = from_schedd(ad, source="history", start_number=1, state=current_state(ad), now=at(10**9))
    assert (told.state, told.exit_code, told.process_name) == (State.EXITED, 0, "INGEST_3")
    assert (told.parent_name, told.dataset, told.host) == ("LEVEL_3", "jw93135-o326_f200w", "localhost")
    assert told.out is None  # $$() still stands in it; only the hook's ad has what it became
    assert told.completion_time is not None
    assert told.start_time is not None
    assert told.completion_time <= told.observed_at


def test_an_end_is_of_its_own_second_and_never_from_the_future() -> None:
    ad = {"globaljobid": "s#1.0#1", "jobstatus": 4, "enteredcurrentstatus": int(at(10).timestamp())}
    told = from_schedd(ad, source="history", start_number=1, state=State.EXITED, now=at(10.3))
    assert told.observed_at == at(10.3)
    told = from_schedd(ad, source="history", start_number=1, state=State.EXITED, now=at(30))
    assert at(10) < told.observed_at < at(11)


def test_a_hold_tells_why() -> None:
    ad = {"globaljobid": "s#1.0#1", "holdreasoncode": 12, "holdreasonsubcode": 2, "holdreason": "no space left"}
    told = from_schedd(ad, source="queue", start_number=1, state=State.HELD, now=at(10))
    assert (told.hold_code, told.hold_subcode, told.hold_reason) == (12, 2, "no space left")


def test_a_step_that_had_exited_when_its_dag_took_it_away_has_exited() -> None:
    """Ads as HTCondor 23.9.6 wrote them: both have an exit code, the second's program was ended and caught that."""
    reason = "removed because <OtherJobRemoveRequirements = DAGManJobId =?= 61> fired when job (61.0) was removed"
    ad = {"jobstatus": 3, "lastjobstatus": 2, "removereason": reason, "exitcode": 0, "exitbysignal": False}
    assert current_state({**ad, "terminationpending": True}) is State.EXITED
    assert current_state({**ad, "vacatereason": "", "lastvacatetime": 1795597369}) is State.ABORTED


def test_an_earlier_starts_vacation_is_not_this_ones() -> None:
    ad = {"globaljobid": "s#1.0#1", "exitcode": 0, "shadowbday": 100, "vacatereason": "", "lastvacatetime": 90}
    assert from_epoch_history(ad, now=at(10)).state is State.EXITED
    assert from_epoch_history({**ad, "lastvacatetime": 110}, now=at(10)).state is State.EVICTED
