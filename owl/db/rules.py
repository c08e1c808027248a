"""What governs the shoveler, as nouns, and the arithmetic of limits: nothing here reads a table.

A lane is what one workflow has waiting for one campaign. Whoever claims and whoever explains ask the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

_KEEPING = ("reserved", "floor")  # the knobs that keep runs for some
BREAKER = "breaker"  # who paused it, where no operator has


class Kind(StrEnum):
    """What a limit, a reservation or a pause is about."""

    ALL = "all"
    WORKFLOW = "workflow"
    CAMPAIGN = "campaign"
    AT_LEAST = "at-least"  # entries of this priority or a higher one
    BELOW = "below"  # entries of a lower priority than this


@dataclass(frozen=True, kw_only=True)
class KnobKind:
    """A knob that there is: its meaning, bounds, whom it can be set for, and what holds where it isn't set."""

    name: str
    meaning: str
    minimum: float
    maximum: float
    default: float | None = None
    kinds: tuple[Kind, ...] = (Kind.ALL,)


def _knob(name: str, meaning: str, minimum: float, maximum: float, **given: Any) -> tuple[str, KnobKind]:
    return name, KnobKind(name=name, meaning=meaning, minimum=minimum, maximum=maximum, **given)


# `None`: not limited, or the setting of the same meaning in owl.toml.
KNOBS: Mapping[str, KnobKind] = dict(
    (
        _knob("shovel_size", "most entries taken at a time", 1, 10_000),
        _knob("period", "least seconds between two claims", 0.05, 3600),
        _knob(
            "max_active_runs",
            "most runs in HTCondor at a time",
            0,
            1_000_000,
            kinds=(Kind.ALL, Kind.WORKFLOW, Kind.CAMPAIGN),
        ),
        _knob("max_idle_jobs", "most idle jobs in a schedd's queue", 0, 10_000_000),
        _knob("max_total_jobs", "most jobs in a schedd's queue", 0, 10_000_000),
        _knob("max_duty_cycle", "schedd's duty cycle at which it gets nothing more", 0.01, 1, default=0.95),
        _knob(
            "reserved",
            "runs of max_active_runs that nothing else may take",
            0,
            1_000_000,
            kinds=(Kind.WORKFLOW, Kind.AT_LEAST),
        ),
        _knob("floor", "runs that are kept for low priorities", 0, 1_000_000, kinds=(Kind.BELOW,)),
        _knob("breaker_runs", "how many of a workflow's last runs its breaker looks at", 2, 10_000, default=10),
        _knob("breaker_share", "the share of failed ones that stops it; above 1: never", 0.01, 2, default=0.8),
        _knob("breaker_probe", "seconds between probes of a stopped workflow; 0: none", 0, 1e6, default=600),
    )
)


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A value that an operator has set."""

    name: str
    kind: Kind
    scope: str
    value: float
    set_by: str
    set_at: datetime


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Something that isn't fed: everything, a workflow, a campaign."""

    kind: Kind
    scope: str
    paused_by: str
    paused_at: datetime
    reason: str
    probe_run: str | None = None
    probed_at: datetime | None = None

    @property
    def words(self) -> str:
        """`workflow imaging is paused by alice since …: …`"""
        what = "everything" if self.kind is Kind.ALL else f"{self.kind} {self.scope}"
        return f"{what} is paused by {self.paused_by} since {self.paused_at:%Y-%m-%d %H:%M:%S}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Active:
    """How many runs of a kind are in HTCondor."""

    workflow: str
    campaign: str
    priority: int
    runs: int


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What of a waiting entry decides whether it goes."""

    id: int
    workflow: str
    campaign: str
    priority: int
    rescue: bool = False


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Runs of max_active_runs that are kept for a workflow or a band of priorities, and how many it uses now."""

    name: str  # reserved, floor
    kind: Kind
    scope: str
    runs: int
    used: int

    @property
    def kept(self) -> int:
        """How many nothing else may have now."""
        return max(0, self.runs - self.used)

    @property
    def whom(self) -> str:
        """`workflow wavefront`, `priorities of at least 100`, `priorities below 0`."""
        return f"workflow {self.scope}" if self.kind is Kind.WORKFLOW else _BANDS[self.kind] + self.scope


_BANDS: Mapping[Kind, str] = {Kind.AT_LEAST: "priorities of at least ", Kind.BELOW: "priorities below "}


@dataclass
class Grouping:
    """How entries become DAGMan jobs: each its own, or several of a workflow and a priority in one.

    `size` tells how many of a workflow's go together; `most` is how many DAGMan jobs there may be.
    """

    size: Callable[[str], int] = lambda _workflow: 1
    most: int = 1_000_000
    jobs: int = 0
    _open: Counter[tuple[str, int]] = field(default_factory=Counter)

    def admits(self, entry: Candidate) -> bool:
        """Whether there is a place for an entry; it has it then."""
        size = 1 if entry.rescue else self.size(entry.workflow)
        key = (entry.workflow, entry.priority)
        if size > 1 and self._open[key] > 0:
            self._open[key] -= 1
            return True
        if self.jobs >= self.most:
            return False
        self.jobs += 1
        if size > 1:
            self._open[key] = size - 1
        return True


@dataclass
class Rules:
    """Limits, pauses and what is active; `take` counts an entry that is going to be."""

    knobs: Mapping[tuple[str, Kind, str], float]
    pauses: Sequence[Pause]
    active: Sequence[Active]
    defaults: Mapping[str, float]
    total: int = 0  # active runs
    _counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    _limits: dict[tuple[Kind, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._limits = {key[1:]: value for key, value in self.knobs.items() if key[0] == "max_active_runs"}
        for one in self.active:
            self._counts[one.workflow, one.campaign, one.priority] += one.runs
            self.total += one.runs

    def value(self, name: str) -> float | None:
        """A knob of everything: as it was set, else as owl.toml has it, else its default."""
        set_here = self.knobs.get((name, Kind.ALL, ""))
        return set_here if set_here is not None else self.defaults.get(name, KNOBS[name].default)

    @property
    def room(self) -> int:
        """How many more there may be of any kind."""
        most = self.value("max_active_runs")
        if any(pause.kind is Kind.ALL for pause in self.pauses):
            return 0
        return 1_000_000 if most is None else max(0, int(most) - self.total)

    @property
    def plain(self) -> bool:
        """Whether the order of the queue is all that counts: no lane is limited, paused or reserved for."""
        return not self._reservations and not self.pauses and not any(k is not Kind.ALL for k, _ in self._limits)

    @property
    def floors(self) -> list[int]:
        """The priorities below which there are runs kept that aren't used now."""
        found = []
        for kind, scope, kept in self._reservations:
            if kind is Kind.BELOW and kept > self._used(kind, scope):
                found.append(int(scope))
        return found

    def active_of(self, workflow: str) -> int:
        """How many runs of a workflow are active."""
        return self._used(Kind.WORKFLOW, workflow)

    def closed(self, workflow: str, campaign: str) -> str | None:
        """Why no entry of a lane may go now, or None where one may."""
        for pause in self.pauses:
            if pause.kind is Kind.ALL or (pause.kind, pause.scope) in _groups(workflow, campaign):
                return pause.words
        for kind, scope in _groups(workflow, campaign):
            most = self._limits.get((kind, scope))
            if most is not None and self._used(kind, scope) >= most:
                return f"limit {most:.0f} active of {kind} {scope} reached"
        return None

    def refusal(self, entry: Candidate) -> str | None:
        """Why an entry may not go now, in words, or None where it may."""
        why = self.closed(entry.workflow, entry.campaign)
        if why is not None:
            return why
        most = self.value("max_active_runs")
        if most is None:
            return None
        if self.total >= most:
            return f"limit {most:.0f} active reached"
        others = [one for one in self.reserved if not _belongs(one.kind, one.scope, entry.workflow, entry.priority)]
        if self.total + sum(one.kept for one in others) >= most:
            words = ", ".join(f"{one.kept} are kept for {one.whom}" for one in others if one.kept)
            return f"limit {most:.0f} active reached: {self.total} are, {words}"
        return None

    @property
    def reserved(self) -> list[Reserved]:
        """Every reserved share and floor, and how much of it is used."""
        return [
            Reserved(name=name, kind=kind, scope=scope, runs=int(value), used=self._used(kind, scope))
            for (name, kind, scope), value in self.knobs.items()
            if name in _KEEPING
        ]

    def take(self, entry: Candidate) -> None:
        """Count an entry as active."""
        self._counts[entry.workflow, entry.campaign, entry.priority] += 1
        self.total += 1

    @property
    def _reservations(self) -> list[tuple[Kind, str, float]]:
        return [(key[1], key[2], value) for key, value in self.knobs.items() if key[0] in _KEEPING]

    def _used(self, kind: Kind, scope: str) -> int:
        return sum(
            runs
            for (workflow, campaign, priority), runs in self._counts.items()
            if (campaign == scope if kind is Kind.CAMPAIGN else _belongs(kind, scope, workflow, priority))
        )


def choose(
    rules: Rules,
    candidates: Sequence[Candidate],
    limit: int,
    *,
    last: Collection[int] = (),
    grouping: Grouping | None = None,
) -> list[Candidate]:
    """Of entries in the order of the queue those that may go, at most `limit`; the rules count them.

    `last` are entries after which others may follow that haven't been read: behind one that goes nothing is known.
    """
    chosen: list[Candidate] = []
    for entry in candidates:
        if len(chosen) >= limit:
            break
        if rules.refusal(entry) is None:
            if grouping is not None and not grouping.admits(entry):
                break
            rules.take(entry)
            chosen.append(entry)
            if entry.id in last:
                break
    return chosen


def _groups(workflow: str, campaign: str) -> list[tuple[Kind, str]]:
    """What an entry's workflow and campaign belong to."""
    groups = [(Kind.WORKFLOW, workflow)]
    return [*groups, (Kind.CAMPAIGN, campaign)] if campaign else groups


def _belongs(kind: Kind, scope: str, workflow: str, priority: int) -> bool:
    if kind is Kind.WORKFLOW:
        return workflow == scope
    return priority >= int(scope) if kind is Kind.AT_LEAST else priority < int(scope)
