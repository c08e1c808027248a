"""Times and lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from owl.errors import InvalidSetting

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGO = re.compile(r"-(\d{1,6})([smhd])")
_LENGTH = re.compile(r"(\d{1,7})([smhd])")


def time_of(text: str) -> datetime:
    """A time as people give it: ISO 8601 (UTC), or how long ago; else `InvalidSetting`."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return datetime.now(UTC) - _length(ago)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSetting(f"{text!r} is no time: give 2026-11-25T09:00 (UTC), or -24h, -7d") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def length_of(text: str) -> timedelta:
    """`90m`, `12h`, `3d` as a length of time, or `InvalidSetting`."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise InvalidSetting(f"{text!r} is no length of time: give 90m, 12h or 3d")
    return _length(found)


def _length(found: re.Match[str]) -> timedelta:
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
