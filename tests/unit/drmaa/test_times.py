"""Partial timestamps and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from owl.drmaa.times import parse_duration, parse_partial_time

NOW = datetime(2026, 11, 22, 13, 30, 15, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("90", 90), ("1:30", 90), ("2:00:05", 7205), ("100:00", 6000)]
)
def test_durations(text: str, seconds: int | None) -> None:
    assert parse_duration(text) == seconds


def test_a_day_that_the_next_month_lacks_is_in_the_month_after() -> None:
    now = datetime(2027, 1, 31, 12, tzinfo=UTC)
    assert parse_partial_time("31 10:00", now) == int(datetime(2027, 3, 31, 10, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:00", "2026-11-22T14:00:00+01:00"),
        ("13:00", "2026-11-23T13:00:00+01:00"),
        ("23 13:00:30", "2026-11-23T13:00:30+01:00"),
        ("01 13:00", "2026-12-01T13:00:00+01:00"),
        ("10/01 00:00", "2027-10-01T00:00:00+01:00"),
        ("27/01/02 03:04:05", "2027-01-02T03:04:05+01:00"),
        ("2030/01/02 03:04 -05:00", "2030-01-02T03:04:00-05:00"),
        ("2030/01/02 03:04 +0000", "2030-01-02T03:04:00+00:00"),
        ("2020/01/02 03:04", "2020-01-02T03:04:00+01:00"),
    ],
)
def test_what_a_partial_timestamp_leaves_out_is_filled_to_lie_ahead(text: str, moment: str) -> None:
    assert parse_partial_time(text, NOW) == int(datetime.fromisoformat(moment).timestamp())
