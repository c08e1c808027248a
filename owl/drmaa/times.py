"""DRMAA's partial timestamps and durations (GFD.133, "Time stamp format")."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from owl.drmaa.errors import DrmaaError, Errno

_STAMP = re.compile(
    r"""(?:(?:(?:(?P<century>\d\d)?(?P<year>\d\d)/)?(?P<month>\d\d)/)?(?P<day>\d\d)\ )?
        (?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?
        (?:\ (?P<zone>[+-]\d\d:?\d\d))?""",
    re.VERBOSE,
)
_DURATION = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+)")


def parse_duration(text: str) -> int | None:
    """``[[h:]m:]s`` in seconds. Empty text means not set.

    Minutes and seconds may be 60 and more where nothing stands before them.
    """
    if text == "":
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_FORMAT, f"{text!r} must read [[hours:]minutes:]seconds")
    hours, minutes, seconds = match.groups()
    if (minutes is not None and int(seconds) > 59) or (hours is not None and int(minutes) > 59):
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"{text!r} has more than 59 minutes or seconds")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds)


def _zone(text: str | None, now: datetime) -> timezone:
    if text is None:
        return timezone(now.utcoffset() or timedelta())
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _year(century: str | None, year: str | None, now: datetime) -> int:
    if year is None:
        return now.year
    return int(century or now.year // 100) * 100 + int(year)


def _later(moment: datetime, match: re.Match[str]) -> datetime:
    """The next time that fits: what the stamp leaves out is filled so that it lies ahead."""
    if match["day"] is None:
        return moment + timedelta(days=1)
    if match["month"] is None:
        return _same_day_of_a_later_month(moment)
    if match["year"] is None:
        return moment.replace(year=moment.year + 1)
    return moment


def _same_day_of_a_later_month(moment: datetime) -> datetime:
    """The next month that has such a day: the 31st of January is followed by that of March."""
    first = moment.replace(day=1)
    while True:
        first = (first + timedelta(days=32)).replace(day=1)
        if (first + timedelta(days=moment.day - 1)).month == first.month:
            return first.replace(day=moment.day)


def parse_partial_time(text: str, now: datetime | None = None) -> int | None:
    """``[[[[CC]YY/]MM/]DD] hh:mm[:ss] [+hh:mm]`` in seconds since 1970. Empty text means not set.

    What is left out is taken from ``now`` such that the result does not lie in the past.

    Raises:
        DrmaaError: INVALID_ATTRIBUTE_FORMAT, or INVALID_ATTRIBUTE_VALUE for a date that can't be.
    """
    if text == "":
        return None
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_FORMAT, f"{text!r} must read [[[[CC]YY/]MM/]DD] hh:mm[:ss] [+hh:mm]"
        )
    here = now or datetime.now().astimezone()
    zone = _zone(match["zone"], here)
    local = here.astimezone(zone)
    try:
        moment = datetime(
            _year(match["century"], match["year"], local),
            int(match["month"] or local.month),
            int(match["day"] or local.day),
            int(match["hour"]),
            int(match["minute"]),
            int(match["second"] or 0),
            tzinfo=zone,
        )
        if moment < local.replace(microsecond=0):
            moment = _later(moment, match)
    except ValueError as error:
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"{text!r} is no possible time: {error}") from error
    return int(moment.timestamp())
