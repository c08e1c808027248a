"""The native specification: submit commands as one text, and HTCondor's two quoting styles.

A native specification that contains a line break is separated at line breaks only; without
one it is separated at semicolons that stand outside quotes. So a value may hold semicolons,
quotes and whole ClassAd expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from owl.drmaa.errors import DrmaaError, Errno

_COMMAND = re.compile(r"\s*(?P<key>\+?[A-Za-z_][\w.]*)\s*=(?P<value>.*)", re.DOTALL)

_ALIASES: dict[str, str] = {
    "args": "arguments",
    "cmd": "executable",
    "env": "environment",
    "environment2": "environment",
    "initial_dir": "initialdir",
    "iwd": "initialdir",
    "in": "input",
    "stdin": "input",
    "out": "output",
    "stdout": "output",
    "err": "error",
    "stderr": "error",
    "jobbatchname": "batch_name",
    "my.jobbatchname": "batch_name",
    "periodicremove": "periodic_remove",
    "transferexecutable": "transfer_executable",
    "shouldtransferfiles": "should_transfer_files",
}
"""Other names that condor_submit takes for the commands that a job template sets."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One submit command: the key as HTCondor is given it, and the value as it was written."""

    key: str
    value: str


def canonical(key: str) -> str:
    """One spelling for each submit command, to find those that set the same thing."""
    lower = key.lower()
    if lower.startswith("+"):
        lower = f"my.{lower[1:]}"
    return _ALIASES.get(lower, lower)


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at a character where neither single nor double quotes are open."""
    parts: list[str] = []
    start = 0
    quote = ""
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == separator:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return parts


def _command(line: str) -> Command:
    match = _COMMAND.fullmatch(line)
    if match is None:
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_FORMAT,
            f"native specification: {line.strip()[:80]!r} is no submit command of the form name = value",
        )
    value = match["value"].strip()
    if value.endswith("\\"):
        raise DrmaaError(
            Errno.INVALID_ATTRIBUTE_VALUE,
            f"native specification: {match['key']} may not end with a backslash, which joins lines",
        )
    return Command(key=match["key"], value=value)


def parse_native(text: str) -> tuple[Command, ...]:
    """The submit commands of a native specification, in order; later ones win.

    Only ``name = value`` is taken: no ``queue``, ``include``, ``if``, and nothing that runs a
    program on the submit host.

    Raises:
        DrmaaError: INVALID_ATTRIBUTE_FORMAT or INVALID_ATTRIBUTE_VALUE with the command in question.
    """
    lines = text.splitlines() if "\n" in text else split_outside_quotes(text, ";")
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(_command(line) for line in wanted)
