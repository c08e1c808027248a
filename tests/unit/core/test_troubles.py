"""What keeps owld from its work is told when it begins and when it ends, and is shown meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from owl.errors import DatabaseError, ScheddAway
from owl.owld.troubles import Troubles

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = BEGAN + timedelta(seconds=90)


def test_what_goes_on_is_told_once_whatever_it_stops_and_however_it_is_put(
    caplog: pytest.LogCaptureFixture,
) -> None:
    troubles = Troubles()
    for _ in range(3):
        troubles.meet("command_failed", ScheddAway("no address"), BEGAN)
        troubles.end("triage_failed", BEGAN)
        troubles.meet("reconcile_failed", ScheddAway("no queue"), BEGAN)
    assert caplog.messages == ["no address"]
    since = "(since 2026-11-01 12:00:00 UTC)"
    assert troubles.message == f"no address {since}; no queue {since}"
    troubles.meet("command_failed", ScheddAway("no queue"), LATER)
    assert troubles.message == f"no queue {since}", "what stops two is shown once"


def test_it_is_over_when_nothing_is_stopped_by_it_any_more(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles()
    troubles.meet("command_failed", ScheddAway("no address"), BEGAN)
    troubles.meet("reconcile_failed", ScheddAway("no queue"), BEGAN)
    caplog.clear()
    troubles.end("command_failed", LATER)
    assert (caplog.messages, troubles.message != "") == ([], True)
    troubles.end("reconcile_failed", LATER)
    troubles.end("reconcile_failed", LATER)
    assert (caplog.messages, troubles.message) == (["no longer: no queue"], "")
    assert vars(caplog.records[0])["seconds"] == 90


def test_another_trouble_is_told_too_and_one_that_comes_back_anew(caplog: pytest.LogCaptureFixture) -> None:
    troubles = Troubles()
    troubles.meet("reconcile_failed", ScheddAway("no queue"), BEGAN)
    troubles.meet("reconcile_failed", DatabaseError("refused"), LATER)
    assert caplog.messages == ["no queue", "refused", "no longer: no queue"]
    assert troubles.message == "refused (since 2026-11-01 12:01:30 UTC)"
    troubles.meet("reconcile_failed", ScheddAway("no queue"), LATER)
    assert caplog.messages[3:] == ["no queue", "no longer: refused"]
