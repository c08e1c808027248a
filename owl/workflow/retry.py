"""The retry policy of a workflow: which failures are rescued without an operator, how often, after how long.

    [[retry]]
    name = "the archive's database is away"
    steps = ["INGEST_*"]
    exit_codes = [75]
    log = "could not connect|connection refused"
    times = 3
    after = 60

    [memory]
    rungs = [2048, 4096, 8192, 16384]

A failure that several rules fit is the first one's; a step that was held or killed for want of memory goes to the
next rung. What no rule fits waits for an operator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from owl.errors import TemplateError

MEMORY = "memory"
# What a want of memory looks like: HoldReasonCode 34 is "memory usage exceeded a memory limit" (HTCondor manual,
# "Job ClassAd Attributes"), of a cgroup or a container. A startd with `use POLICY : HOLD_IF_MEMORY_EXCEEDED` holds
# with 21, as every policy of a startd's does, and only its reason tells. The kernel's own killer sends SIGKILL, a
# shell's 137.
_MEMORY_HOLD_CODES = (34,)
_MEMORY_SIGNALS = (9,)
_MEMORY_EXIT_CODES = (137,)
_MEMORY_LOG = re.compile(
    r"\bMemoryError\b|Cannot allocate memory|\bstd::bad_alloc\b|[Oo]ut of memory|oom-kill|memory limit"
    r"|[Mm]emory usage exceeded|memory exhausted|Unable to allocate"
)
_KEYS: Mapping[str, type] = {
    "name": str,
    "steps": list,
    "exit_codes": list,
    "signals": list,
    "hold_codes": list,
    "log": str,
    "times": int,
    "after": (int, float),  # type: ignore[dict-item]  # isinstance takes several
}


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A failed step, as far as a policy looks at it; `log` is the end of its error log, or the hold's reason."""

    step: str
    exit_code: int | None = None
    exit_signal: int | None = None
    hold_code: int | None = None
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is tried again: any of its conditions is enough. `after` is in seconds."""

    name: str
    steps: tuple[str, ...] = ("*",)
    exit_codes: frozenset[int] = frozenset()
    signals: frozenset[int] = frozenset()
    hold_codes: frozenset[int] = frozenset()
    log: re.Pattern[str] | None = None
    times: int = 1
    after: float = 0.0

    def fits(self, failed: Failed) -> bool:
        """Whether this failure is of that cause."""
        if not any(fnmatchcase(failed.step, pattern) for pattern in self.steps):
            return False
        return (
            failed.exit_code in self.exit_codes
            or failed.exit_signal in self.signals
            or failed.hold_code in self.hold_codes
            or (self.log is not None and self.log.search(failed.log) is not None)
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """All rules of a workflow; `rungs` are MB, the smallest first."""

    rules: tuple[Rule, ...] = ()
    rungs: tuple[int, ...] = ()
    memory: Rule = field(default_factory=lambda: _memory_rule({}, ""))

    @property
    def empty(self) -> bool:
        """Whether nothing is ever tried again."""
        return not self.rules and not self.rungs

    def rule_of(self, failed: Failed) -> Rule | None:
        """The rule that fits a failure; the memory ladder first."""
        if self.rungs and self.memory.fits(failed):
            return self.memory
        return next((rule for rule in self.rules if rule.fits(failed)), None)

    def next_rung(self, asked: int) -> int | None:
        """The rung above what a step asked for, in MB; None at the top."""
        return next((rung for rung in self.rungs if rung > asked), None)


def read_policy(table: Mapping[str, Any], place: str) -> Policy:
    """The policy of a workflow.toml, or `TemplateError` with what is wrong with it."""
    rules = table.get("retry", [])
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise TemplateError(f"{place}: each rule is a table of its own: [[retry]]")
    ladder = table.get(MEMORY, {})
    rungs = ladder.get("rungs", []) if isinstance(ladder, dict) else None
    if not isinstance(rungs, list) or not all(isinstance(one, int) and one > 0 for one in rungs):
        raise TemplateError(f"{place}: [memory]: rungs are whole numbers of MB, such as [2048, 4096, 8192]")
    if list(rungs) != sorted(set(rungs)):
        raise TemplateError(f"{place}: [memory]: each rung must be larger than the one before")
    rest = {name: value for name, value in ladder.items() if name != "rungs"}
    return Policy(
        rules=tuple(_rule(one, f"{place}: [[retry]]") for one in rules),
        rungs=tuple(rungs),
        memory=_memory_rule(rest, f"{place}: [memory]"),
    )


def _rule(given: Mapping[str, Any], place: str) -> Rule:
    unknown = [name for name, value in given.items() if name not in _KEYS or not isinstance(value, _KEYS[name])]
    if unknown:
        raise TemplateError(f"{place}: {unknown[0]} isn't known or has the wrong type; it takes {', '.join(_KEYS)}")
    name = given.get("name", "")
    if not name or ": " in name:
        raise TemplateError(f"{place}: it needs a name, without a colon: operators are shown it")
    if not any(given.get(key) for key in ("exit_codes", "signals", "hold_codes", "log")):
        raise TemplateError(f"{place}: {name} names no cause: exit_codes, signals, hold_codes or log")
    times = given.get("times", 1)
    if not 1 <= times <= 100:
        raise TemplateError(f"{place}: {name}: times is 1 to 100")
    return Rule(
        name=name,
        steps=tuple(map(str, given.get("steps", ["*"]))),
        log=_pattern(given.get("log"), place),
        times=times,
        after=float(given.get("after", 0.0)),
        **{key: _numbers(given.get(key, []), key, place) for key in ("exit_codes", "signals", "hold_codes")},
    )


def _memory_rule(given: Mapping[str, Any], place: str) -> Rule:
    """The causes that mean a want of memory, and those that the workflow adds."""
    known = {"steps", "exit_codes", "signals", "hold_codes"}
    if not set(given) <= known:
        raise TemplateError(f"{place} takes rungs, {', '.join(sorted(known))}")
    return Rule(
        name=MEMORY,
        steps=tuple(map(str, given.get("steps", ["*"]))),
        exit_codes=_numbers([*_MEMORY_EXIT_CODES, *given.get("exit_codes", [])], "exit_codes", place),
        signals=_numbers([*_MEMORY_SIGNALS, *given.get("signals", [])], "signals", place),
        hold_codes=_numbers([*_MEMORY_HOLD_CODES, *given.get("hold_codes", [])], "hold_codes", place),
        log=_MEMORY_LOG,
    )


def _pattern(text: str | None, place: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise TemplateError(f"{place}: log isn't a regular expression: {error}") from None


def _numbers(values: Sequence[Any], key: str, place: str) -> frozenset[int]:
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in values):
        raise TemplateError(f"{place}: {key} are whole numbers")
    return frozenset(values)
