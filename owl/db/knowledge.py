"""What several reports tell of one execution, whatever order they come in and however often.

Of each field the latest telling counts. The state is worked out from the last time at which each state was told,
along the transition table. Both need nothing but times, so reports can be taken in any order: it is as if they
had come in the order in which they were made.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from owl.model import LAST_WORD, Execution, State, may_follow

_APART = frozenset({"global_job_id", "start_number", "state", "source", "observed_at", "told_at"})
_FIELDS = tuple(field.name for field in dataclasses.fields(Execution) if field.name not in _APART)

# A state by a source, as a key of `told_at` beside the names of fields.
_BY = "@"
# Of several that have told a state, the one nearest to the job is named.
_HISTORY = "history"
_NEAREST = ("hook", "queue", _HISTORY, "epochs")
# Where two states were told at the same microsecond: the order of a life.
_LIFE = (
    State.IDLE,
    State.STARTING,
    State.RUNNING,
    State.SUSPENDED,
    State.LOST,
    State.EXITED,
    State.EVICTED,
    State.HELD,
    State.REMOVED,
    State.ABORTED,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def merge(known: Execution | None, report: Execution) -> Execution:
    """What is known after a report: the state moves forward only, newer fields replace older ones."""
    new = _told(report)
    if known is None:
        return _made(vars(report), told_at=new)
    old = _told(known) if known.told_at is None else known.told_at
    before, after = vars(known), vars(report)
    fields = {name: _value(before[name], after[name], old.get(name), new.get(name)) for name in _FIELDS}
    told_at = {**new, **{key: max(at, new.get(key, 0)) for key, at in old.items()}}
    fields["state"], fields["source"] = _state(told_at)
    fields["observed_at"] = max(known.observed_at, report.observed_at)
    return _made({**before, **fields}, told_at=told_at)


def _told(report: Execution) -> dict[str, int]:
    """What a report tells, and when: names of fields and its state, to microseconds since 1970."""
    at = (report.observed_at - _EPOCH) // timedelta(microseconds=1)
    values = vars(report)
    told = {name: at for name in _FIELDS if values[name] is not None}
    told[f"{report.state}{_BY}{report.source}"] = at
    return told


def _value(old: Any, new: Any, was: int | None, is_: int | None) -> Any:
    """A field's later value. What nobody told but followed from the rest gives way to what is told."""
    if is_ is None or was is None:
        return old if is_ is None else new
    if was == is_ and old != new:
        return max(old, new, key=_in_order)
    return new if is_ > was else old


def _in_order(value: Any) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, sort_keys=True, default=str)


def _state(told_at: Mapping[str, int]) -> tuple[State, str]:
    """The state after all that was told of states, and who told it."""
    last: dict[State, int] = {}
    final: dict[State, int] = {}
    sources: dict[State, set[str]] = {}
    for key, at in told_at.items():
        name, by, source = key.partition(_BY)
        if by:
            state = State(name)
            last[state] = max(at, last.get(state, at))
            sources.setdefault(state, set()).add(source)
            if source == _HISTORY and state in LAST_WORD:
                final[state] = at
    order = sorted(final or last, key=lambda state: (last[state], _LIFE.index(state)))
    ended = order[-1] if final else _follow(order)
    return ended, min(sources[ended], key=_nearness)


def _follow(states: list[State]) -> State:
    """Where a life ends that was told in this order. From a hold it goes back to where it was, or further on."""
    current, before = states[0], State.IDLE
    for state in states[1:]:
        if current is State.HELD and state is not before and not may_follow(before, state, newer=True):
            continue
        if not may_follow(current, state, newer=True):
            continue
        current, before = state, (current if state is State.HELD else state)
    return current


def _nearness(source: str) -> tuple[int, str]:
    return (_NEAREST.index(source) if source in _NEAREST else len(_NEAREST), source)


def _made(values: Mapping[str, Any], *, told_at: Mapping[str, int]) -> Execution:
    """An execution of these values, with what follows: where nobody told a duration, that between two times.

    (`dataclasses.replace` would do it too, in more time.)
    """
    if "duration" in told_at:
        return Execution(**{**values, "told_at": told_at})
    start, end = values["start_time"], values["completion_time"]
    duration = None if start is None or end is None else max(0.0, (end - start).total_seconds())
    return Execution(**{**values, "told_at": told_at, "duration": duration})
