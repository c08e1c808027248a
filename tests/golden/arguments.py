"""Arguments for any verb, made from its signature: a new verb needs no line here to be called."""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum
from typing import Any

from tests.fixtures.database import JOB, at

# By the parameter's name: what the database that the verbs are called on holds.
NAMED: dict[str, Any] = {
    "dataset": "ds1",
    "datasets": ["ds1"],
    "workflow": "pair",
    "campaign": "spring",
    "run_id": "run-1",
    "run_ids": ["run-1"],
    "global_job_id": JOB,
    "global_job_ids": [JOB],
    "name": "spring",
    "limit": 5,
    "chunk": 100,
    "number": 0,
    "state": None,  # by its type
    "rows": None,
}
_PLAIN: dict[Any, Any] = {
    str: "x",
    int: 1,
    float: 1.0,
    bool: True,
    bytes: b"x",
    datetime: at(1),
    Any: None,
    object: "x",
}


class CannotMake(Exception):
    """There is no sample of a type."""


def calls(verb: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Keyword arguments for a verb: with what it must have, then with each of the rest in turn."""
    hints = typing.get_type_hints(verb)
    parameters = list(inspect.signature(verb).parameters.values())[1:]
    named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    must = {one.name: sample(hints[one.name], one.name) for one in named if one.default is one.empty}
    yield must
    for one in named:
        if one.default is not one.empty:
            yield {**must, one.name: _other(one, hints[one.name])}


def sample(hint: Any, name: str = "") -> Any:
    """A value of a type; of a parameter's name where that says more."""
    if NAMED.get(name) is not None:
        return NAMED[name]
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return sample(next(one for one in inner if one is not type(None)), name)
    if origin is not None:
        return _several(origin, inner)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        return hint(**{one.name: sample(hints[one.name], one.name) for one in dataclasses.fields(hint) if one.init})
    raise CannotMake(f"no sample of {hint!r}")


def _other(parameter: inspect.Parameter, hint: Any) -> Any:
    return not parameter.default if isinstance(parameter.default, bool) else sample(hint, parameter.name)


def _several(origin: Any, inner: tuple[Any, ...]) -> Any:
    if origin is tuple:
        return tuple(sample(one) for one in inner if one is not Ellipsis)
    if issubclass(origin, collections.abc.Mapping):
        return {} if inner[1] is Any else {sample(inner[0]): sample(inner[1])}
    if issubclass(origin, collections.abc.Set):
        return {sample(inner[0])}
    if issubclass(origin, collections.abc.Callable):  # type: ignore[arg-type]  # an ABC by its name only
        raise CannotMake("no sample of a function")
    return [sample(inner[0])]
