"""What may stand in a template: names and parameter values are checked before anything is rendered.

A submit file and a DAG file have no safe way to quote a newline, a quotation mark, a `$` or a backslash
(HTCondor manual, "Submit Description File Commands" and "DAGMan: VARS"), so none ever gets there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from owl.errors import InvalidName
from owl.model import PRIORITY_LIMIT

MAXIMUM_NAME = 200
MAXIMUM_WORKFLOW = 60
MAXIMUM_VALUE = 4096

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
_FORBIDDEN = re.compile(r"""[\x00-\x1f\x7f"'$\\`]""")
_SPACE = re.compile(r"\s")


class ValueType(StrEnum):
    """What a parameter may hold."""

    STRING = "string"  # no white space: it may become one argument of a program
    TEXT = "text"  # with spaces
    PATH = "path"
    NAME = "name"
    NAMES = "names"  # separated by commas
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter as workflow.toml declares it."""

    name: str
    type: ValueType = ValueType.STRING
    description: str = ""
    required: bool = False
    default: Any = None


def check_name(kind: str, name: str, maximum: int = MAXIMUM_NAME) -> str:
    """The name of a dataset, workflow or campaign, or `InvalidName` with what is wrong with it."""
    if not name:
        raise InvalidName(f"the {kind} name is empty; give one")
    if len(name) > maximum:
        raise InvalidName(f"the {kind} name {show(name)} has {len(name)} characters; {maximum} are allowed")
    if not _NAME.fullmatch(name):
        raise InvalidName(
            f"the {kind} name {show(name)} isn't valid: use letters, digits and _ . + - only, "
            "and begin with a letter, a digit or _"
        )
    return name


def check_priority(priority: int) -> int:
    """A priority that a job ad and every database can hold."""
    if not -PRIORITY_LIMIT <= priority <= PRIORITY_LIMIT:
        raise InvalidName(f"the priority {priority} is out of range; give {-PRIORITY_LIMIT} to {PRIORITY_LIMIT}")
    return priority


def check_values(declared: Mapping[str, Parameter], given: Mapping[str, Any], *, workflow: str) -> dict[str, Any]:
    """The values that a template gets: those given, else the defaults.

    Raises:
        InvalidName: a value that isn't declared, isn't of its type, can't be quoted, or is missing.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise InvalidName(f"the workflow {workflow} has no parameter {show(unknown[0])}; it has {known}")
    values = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.default)
        if value is None and parameter.required:
            raise InvalidName(f"the workflow {workflow} needs the parameter {name}: --param {name}=…")
        values[name] = "" if value is None else _CHECKS[parameter.type](name, value)
    return values


def show(text: object) -> str:
    """Hostile text for a message: quoted, escaped and cut."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 80 else quoted[:76] + "...'"


def _text(name: str, value: Any) -> str:
    text = str(value)
    if len(text) > MAXIMUM_VALUE:
        raise InvalidName(f"the parameter {name} has {len(text)} characters; {MAXIMUM_VALUE} are allowed")
    found = _FORBIDDEN.search(text)
    if found:
        raise InvalidName(
            f"the parameter {name}={show(text)} holds {show(found.group())}: "
            "no newline, quotation mark, $, ` or backslash can be passed on to HTCondor"
        )
    return text


def _string(name: str, value: Any) -> str:
    text = _text(name, value)
    if _SPACE.search(text):
        raise InvalidName(f"the parameter {name}={show(text)} holds white space, which would split it in two")
    return text


def _one_name(name: str, value: Any) -> str:
    return check_name(f"parameter {name}'s", str(value))


def _names(name: str, value: Any) -> str:
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return ",".join(_one_name(name, part) for part in parts)


def _integer(name: str, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise InvalidName(f"the parameter {name}={show(value)} isn't a whole number") from None


def _number(name: str, value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    if not -1e300 < number < 1e300:
        raise InvalidName(f"the parameter {name}={show(value)} isn't a number")
    return number


def _boolean(name: str, value: Any) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in known:
        raise InvalidName(f"the parameter {name}={show(value)} is neither true nor false")
    return known[str(value).lower()]


_CHECKS = {
    ValueType.STRING: _string,
    ValueType.TEXT: _text,
    ValueType.PATH: _string,
    ValueType.NAME: _one_name,
    ValueType.NAMES: _names,
    ValueType.INTEGER: _integer,
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: _boolean,
}
