"""The job template's attributes: one table, and what makes a value well formed.

GFD.133, section "Attributes of the job template". Every attribute that is in the table is
honoured; the submit commands that each becomes are in ``description.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.nativespec import parse_native
from owl.drmaa.times import parse_duration, parse_partial_time


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute: its DRMAA name, whether it is a vector, and the check of one value."""

    name: str
    check: Callable[[str], object]
    vector: bool = False


def _anything(value: str) -> None:
    """Any text will do."""


def _one_line(value: str) -> None:
    if "\n" in value or "\r" in value or value.endswith("\\"):
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_VALUE, "the value may not contain a line break or end with a backslash"
        )


def _one_of(*allowed: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in allowed:
            raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"{value!r} is none of {', '.join(map(repr, allowed))}")

    return check


def _path(value: str) -> None:
    _one_line(value)
    if ":" not in value:
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_FORMAT, f"{value!r} must read [host]:path; put a colon before the path"
        )


def _transfer(value: str) -> None:
    if not re.fullmatch(r"[eio]*", value) or len(set(value)) != len(value):
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_FORMAT, f"{value!r} must be some of the letters e, i and o, each once"
        )


def _variable(value: str) -> None:
    if not re.match(r"[^=\s]+=", value):
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_FORMAT, f"{value!r} must read NAME=value")


def _address(value: str) -> None:
    if not re.fullmatch(r"[^\s,@\"]+(@[^\s,@\"]+)?", value):
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_FORMAT, f"{value!r} is not an e-mail address")


_ATTRIBUTES = (
    Attribute(name="drmaa_remote_command", check=_one_line),
    Attribute(name="drmaa_js_state", check=_one_of("drmaa_active", "drmaa_hold")),
    Attribute(name="drmaa_wd", check=_one_line),
    Attribute(name="drmaa_job_category", check=_one_line),
    Attribute(name="drmaa_native_specification", check=parse_native),
    Attribute(name="drmaa_block_email", check=_one_of("0", "1")),
    Attribute(name="drmaa_start_time", check=parse_partial_time),
    Attribute(name="drmaa_job_name", check=_one_line),
    Attribute(name="drmaa_input_path", check=_path),
    Attribute(name="drmaa_output_path", check=_path),
    Attribute(name="drmaa_error_path", check=_path),
    Attribute(name="drmaa_join_files", check=_one_of("y", "n")),
    Attribute(name="drmaa_transfer_files", check=_transfer),
    Attribute(name="drmaa_deadline_time", check=parse_partial_time),
    Attribute(name="drmaa_wct_hlimit", check=parse_duration),
    Attribute(name="drmaa_wct_slimit", check=parse_duration),
    Attribute(name="drmaa_duration_hlimit", check=parse_duration),
    Attribute(name="drmaa_duration_slimit", check=parse_duration),
    Attribute(name="drmaa_v_argv", check=_anything, vector=True),
    Attribute(name="drmaa_v_env", check=_variable, vector=True),
    Attribute(name="drmaa_v_email", check=_address, vector=True),
)

SCALARS: dict[str, Attribute] = {one.name: one for one in _ATTRIBUTES if not one.vector}
VECTORS: dict[str, Attribute] = {one.name: one for one in _ATTRIBUTES if one.vector}
