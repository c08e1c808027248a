"""What people write into a filter, made into conditions: one small language for the GUI, the API and `owl`.

| kind | words |
|---|---|
| text | `jw93` begins with it, `=jw93` is exactly it, `*nrs1*` and `?` anywhere |
| state | `Held,Running`; `failed`, `active`, `ended` |
| number, seconds | `3`, `>=3`, `<3`, `3..5` |
| time (UTC) | `2026-03-01`, `>=2026-03-01T12:00`, `2026-03-01..2026-03-08`, `-24h` or `-7d`: since then |

`!` before any of them is what it isn't; `-` alone is what has no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from owl.db.constructs import begins
from owl.db.forms import like_pattern
from owl.errors import InvalidFilter

Column = ColumnElement[Any]
Condition = ColumnElement[bool]

_AGO = re.compile(r"-(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COMPARED = re.compile(r"(>=|<=|>|<|=)?(.+)", re.DOTALL)
_LONGEST = 500
_COMPARISONS: Mapping[str, Callable[[Column, Any], Condition]] = {
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    "=": lambda column, value: column == value,
}


class Kind(StrEnum):
    """How a column's filter is read."""

    TEXT = "text"
    STATE = "state"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, kw_only=True)
class Words:
    """A filter that has been read.

    `build` makes its condition on a column, or on an expression that stands for it. `positive`: it names what a row
    is, so that an index may find it; `values` are the states where it names states alone.
    """

    build: Callable[[Column], Condition]
    positive: bool
    values: Sequence[StrEnum] = ()
    exact: bool = False


def read(
    name: str, kind: Kind, text: str, *, now: datetime, states: Mapping[str, Sequence[StrEnum]] | None = None
) -> Words:
    """Read one filter.

    Args:
        name: the column, for messages.
        states: what each word (in lower case) that names states stands for.

    Raises:
        InvalidFilter: with what can be written instead.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or "\0" in text:
        raise InvalidFilter(f"{name}: a filter has 1 to {_LONGEST} characters")
    if text == "-":
        return Words(build=_no_text if kind is Kind.TEXT else _nothing, positive=False)
    if text.startswith("!"):
        inner = read(name, kind, text[1:], now=now, states=states)
        # What has no value isn't what is written either.
        return Words(build=lambda column: or_(not_(inner.build(column)), column.is_(None)), positive=False)
    if kind is Kind.TEXT:
        return _text(text)
    if kind is Kind.STATE:
        return _state(name, text, states or {})
    return Words(build=_compared(name, text, _number if kind is Kind.NUMBER else _time_of(now)), positive=True)


def _nothing(column: Column) -> Condition:
    return column.is_(None)


def _no_text(column: Column) -> Condition:
    return or_(column.is_(None), column == "")


def _text(text: str) -> Words:
    if text.startswith("="):
        return Words(build=lambda column: column == text[1:], positive=True, exact=True)
    plain = text[:-1] if text.endswith("*") else text
    if "*" not in plain and "?" not in plain:
        return Words(build=lambda column: begins(column, plain), positive=bool(plain))
    pattern = like_pattern(text)
    return Words(build=lambda column: column.like(pattern, escape="\\"), positive=False)


def _state(name: str, text: str, states: Mapping[str, Sequence[StrEnum]]) -> Words:
    found: dict[StrEnum, None] = {}
    for word in text.split(","):
        meant = states.get(word.strip().lower())
        if meant is None:
            raise InvalidFilter(f"{name}: there is no state {word.strip()!r}; there are: {', '.join(states)}")
        found |= dict.fromkeys(meant)
    values = list(found)
    return Words(build=lambda column: column.in_(values), positive=True, values=values, exact=len(values) == 1)


def _compared(name: str, text: str, parse: Callable[[str], Any]) -> Callable[[Column], Condition]:
    try:
        if ".." in text:
            low, high = (parse(part) for part in text.split("..", 1))
            return lambda column: and_(column >= low, column <= high)
        found = _COMPARED.fullmatch(text)
        if found is None:
            raise ValueError(text)
        default = ">=" if parse is not _number and _AGO.fullmatch(text) else "="
        sign, value = found.group(1) or default, parse(found.group(2))
    except (ValueError, OverflowError):
        what = "write a number" if parse is _number else "write a time (2026-03-01, 2026-03-01T12:00, -24h)"
        raise InvalidFilter(
            f"{name}: {text!r} can't be read: write {what}, with >= <= > < before it, or a..b"
        ) from None
    if parse is not _number and sign == "=" and len(found.group(2)) == len("2026-03-01"):
        return lambda column: and_(column >= value, column < value + timedelta(days=1))  # a day is all of it
    return lambda column: _COMPARISONS[sign](column, value)


def _number(text: str) -> int | float:
    number = float(text)
    if not abs(number) <= 1e15:  # nor is it "nan"
        raise ValueError(text)
    return int(number) if number.is_integer() else number


def _time_of(now: datetime) -> Callable[[str], datetime]:
    def parse(text: str) -> datetime:
        text = text.strip()
        ago = _AGO.fullmatch(text)
        if ago:
            return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    return parse
