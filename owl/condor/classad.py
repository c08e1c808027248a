"""Job ads as they come from a hook: lines of `Attribute = value`, written by a stranger.

Each line is read for itself, so that one that can't be read costs one attribute and not the record. Values become
JSON; an expression becomes HTCondor's own JSON form of one, `/Expr(text)/` (HTCondor manual, ClassAd JSON).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_ATTRIBUTE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*\Z", re.DOTALL)
# A backslash before the last quotation mark is one of the text's own: "C:\\" ends with it.
_STRING = re.compile(r'"((?:[^"\\]|\\.)*\\?)"\Z', re.DOTALL)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "undefined": None}
_LARGEST = 2**63
LONGEST_VALUE = 1_000_000
_LONGEST_KNOWN = 1000  # what is kept of strangers' lines stays below 16 MB


def parse_ad(text: str) -> dict[str, Any]:
    """Read an ad in HTCondor's long form. Lines that are no attribute are passed over."""
    lines = text.split("\n")
    if len(max(lines, key=len)) <= _LONGEST_KNOWN:
        return dict(filter(None, map(_known_attribute, lines)))
    found = (_known_attribute(line) if len(line) <= _LONGEST_KNOWN else _attribute(line) for line in lines)
    return dict(filter(None, found))


def _attribute(line: str) -> tuple[str, Any] | None:
    name, separator, value = line.partition(" = ")
    if not separator or not name.isidentifier():
        found = _ATTRIBUTE.match(line)
        if not found:
            return None
        name, value = found.groups()
    return name, parse_value(value)


# Most lines of an ad are the same in every job's: looking them up takes a fifth of the time of reading them.
_known_attribute = lru_cache(maxsize=16_384)(_attribute)


def parse_value(text: str) -> Any:
    """A literal as its JSON value; anything else as `/Expr(text)/`."""
    if text.startswith('"'):
        found = _STRING.match(text)
        if found:
            return _unescape(found.group(1))
    elif text[:1].isdigit() or text[:1] == "-":
        number = _number(text)
        if number is not None:
            return number
    elif text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return f"/Expr({text})/"


def lower_names(ad: Mapping[str, Any]) -> dict[str, Any]:
    """ClassAd attributes have no case: for look-ups by a name in lower case."""
    return dict(zip(_lowered(tuple(ad)), ad.values(), strict=True))


@lru_cache(maxsize=64)
def _lowered(several: tuple[str, ...]) -> tuple[str, ...]:
    """Most ads have the same names in the same order."""
    return tuple(map(str.lower, several))


def text_of(ad: Mapping[str, Any], name: str) -> str | None:
    """A string attribute (of `lower_names`), or None where there is none or it is something else."""
    value = ad.get(name.lower())
    return value if isinstance(value, str) and value and not value.startswith("/Expr(") else None


def integer_of(ad: Mapping[str, Any], name: str) -> int | None:
    """An integer attribute, or None."""
    value = ad.get(name.lower())
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return int(value)


def number_of(ad: Mapping[str, Any], name: str) -> float | None:
    """A numeric attribute, or None."""
    value = ad.get(name.lower())
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return float(value)


def boolean_of(ad: Mapping[str, Any], name: str) -> bool | None:
    """A boolean attribute, or None."""
    value = ad.get(name.lower())
    return value if isinstance(value, bool) else None


def time_of(ad: Mapping[str, Any], name: str) -> datetime | None:
    """A time in seconds since 1970 as a datetime, or None; HTCondor writes 0 for "not yet"."""
    seconds = number_of(ad, name)
    return from_epoch(seconds) if seconds is not None else None


def from_epoch(seconds: float) -> datetime | None:
    """Seconds since 1970 as a datetime, or None where no clock of ours could have shown it."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**35 else None


def _unescape(text: str) -> str:
    # In the old ClassAd syntax only a quotation mark is escaped; other backslashes stand for themselves.
    return text.replace('\\"', '"') if "\\" in text else text


def _number(text: str) -> int | float | None:
    if "_" in text:  # Python's, not HTCondor's
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e308 else None
