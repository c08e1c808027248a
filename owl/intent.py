"""What operators want of running work, as nouns: verbs, what they are aimed at, and what came of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from owl.errors import InvalidName
from owl.model import RunState, State


class Verb(StrEnum):
    """What is to be done; hold and suspend are different things."""

    HOLD = "hold"  # off its machine, and not back before it is released
    RELEASE = "release"
    SUSPEND = "suspend"  # stopped where it runs; it keeps its slot and its memory
    CONTINUE = "continue"
    REMOVE = "remove"
    PRIORITY = "priority"
    ANALYZE = "analyze"  # why doesn't it run
    HALT = "halt"  # a DAG starts no more steps; what runs goes on
    RESUME = "resume"
    RESCUE = "rescue"
    DRAIN = "drain"  # a machine takes no more jobs; what runs there goes on
    UNDRAIN = "undrain"


class CommandState(StrEnum):
    """Where a command, and each of its targets, stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # nobody had taken it when its time was over


class TargetKind(StrEnum):
    """What a target is."""

    RUN = "run"  # a DAG and its steps
    STEP = "step"
    NODE = "node"


COMMAND_OPEN = frozenset({CommandState.QUEUED, CommandState.RUNNING})

# In which states the blackboard must have a step, or a run, for a filter to aim a verb at it.
ALIVE = frozenset({State.IDLE, State.STARTING, State.RUNNING, State.SUSPENDED, State.HELD})
STEPS_FOR: Mapping[Verb, frozenset[State]] = {
    Verb.HOLD: ALIVE - {State.HELD},
    Verb.RELEASE: frozenset({State.HELD}),
    Verb.SUSPEND: frozenset({State.STARTING, State.RUNNING}),
    Verb.CONTINUE: frozenset({State.SUSPENDED}),
    Verb.REMOVE: ALIVE,
    Verb.PRIORITY: ALIVE,
    Verb.ANALYZE: ALIVE,
}
# Verbs whose target is a whole DAG, whatever the filter says.
OF_RUNS = frozenset({Verb.HALT, Verb.RESUME, Verb.RESCUE})

_PATTERN = re.compile(r"[A-Za-z0-9_.+*?@-]{1,200}", re.ASCII)
_WORDS = (
    ("run_id", "run"),
    ("dataset", "dataset"),
    ("workflow", "workflow"),
    ("process_name", "process"),
    ("campaign", "campaign"),
    ("owner", "owner"),
    ("host", "host"),
)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which steps or runs; what isn't given doesn't matter. `*` and `?` stand for any characters.

    Raises:
        InvalidName: something in it can't be a name or a pattern.
    """

    run_id: str | None = None
    dataset: str | None = None
    workflow: str | None = None
    process_name: str | None = None
    campaign: str | None = None
    owner: str | None = None
    host: str | None = None
    states: tuple[State, ...] = ()
    run_states: tuple[RunState, ...] = ()
    failed: bool = False

    def __post_init__(self) -> None:
        for name, option in _WORDS:
            text = getattr(self, name)
            if text is not None and not _PATTERN.fullmatch(text):
                raise InvalidName(
                    f"--{option} {ascii(text)[:80]} can't be a name: use letters, digits, _ . + - @ and * ? for any"
                )

    @property
    def of_steps(self) -> bool:
        """Whether it speaks of single steps: then their DAGs are left alone."""
        return any((self.process_name, self.host, self.states, self.failed))

    @property
    def everything(self) -> bool:
        """Whether nothing narrows it."""
        narrow = (getattr(self, name) for name, _ in _WORDS)
        return all(text is None or not text.strip("*") for text in narrow) and not (
            self.states or self.run_states or self.failed
        )

    @property
    def words(self) -> str:
        """It as one writes it on the command line."""
        return " ".join(self._words())

    def _words(self) -> Iterator[str]:
        for name, option in _WORDS:
            if (text := getattr(self, name)) is not None:
                yield f"--{option} '{text}'"
        yield from (f"--state {state}" for state in self.states)
        yield from (f"--run-state {state}" for state in self.run_states)
        if self.failed:
            yield "--failed"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a command is aimed at: runs by id or by dataset (its newest), steps by GlobalJobId, or a filter."""

    runs: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    filter: Filter | None = None

    @property
    def words(self) -> str:
        """It in words, for the audit."""
        named = [*self.runs, *self.jobs]
        shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
        filtered = "" if self.filter is None else self.filter.words or "everything"
        return "; ".join(words for words in (shown, filtered) if words)


@dataclass(frozen=True, kw_only=True)
class Command:
    """What an operator wants, and what came of it; `kind` and `scope` are of what governs the shoveler."""

    id: int
    verb: str
    requested_by: str
    requested_at: datetime
    state: CommandState
    reason: str = ""
    filter: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    value: float | None = None
    result: str = ""
    total: int = 0
    done: int = 0
    failed: int = 0
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    kind: str = ""
    scope: str = ""
    run_id: str | None = None
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One of the things that a command is aimed at, and what came of it there.

    `name` is a run's id, a step's GlobalJobId or a machine. `number` is the submission that a rescue makes.
    """

    command_id: int
    id: int
    kind: TargetKind
    name: str
    state: CommandState
    run_id: str | None = None
    dataset: str | None = None
    process_name: str | None = None
    owner: str | None = None
    schedd: str | None = None
    number: int | None = None
    taken_by: str | None = None
    result: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RescueOptions:
    """What a rescue does differently: where it begins, what it leaves out and why, what it sets, and when.

    Raises:
        InvalidName: two beginnings, a step without a reason, or a name that can't be one.
    """

    from_start: bool = False
    from_step: str | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0  # seconds
    rung: str = ""  # in words, of a rescue that a workflow's policy asked for

    def __post_init__(self) -> None:
        if self.from_start and self.from_step:
            raise InvalidName("--from-start and --from STEP can't be had together")
        for step in [*self.skip, *([self.from_step] if self.from_step else [])]:
            if not _PATTERN.fullmatch(step):
                raise InvalidName(f"{ascii(step)[:80]} can't be a step's name")
        for step, reason in self.skip.items():
            if not reason.strip():
                raise InvalidName(f"--skip {step} needs a reason (--skip {step}=REASON); it is kept")

    def as_json(self) -> dict[str, Any]:
        """It as it is kept with the command: what isn't given is left out."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}
