"""What governs the shoveler: pauses, and the limits that operators set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from owl.ops import KNOBS, Kind, KnobKind, Pause
from webgui.api import campaigns
from webgui.api.registry import Registry
from webgui.api.rows import check_reason
from webgui.login import me
from webgui.services import services

TAG = "queue"
EVERYTHING = "everything"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """What is to be paused or resumed; `scope` is the workflow's or campaign's name."""

    kind: Literal["all", "workflow", "campaign"] = "all"
    scope: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class KnobRow:
    """A limit that governs the shoveler, whom it is for, and who set it; `value` null: there is no limit."""

    name: str
    kind: Kind
    scope: str
    whom: str
    value: float | None
    set_by: str


@dataclass(frozen=True, kw_only=True)
class Governed:
    """What governs the shoveler now, and which limits there are to set."""

    pauses: Sequence[Pause]
    knobs: Sequence[KnobRow]
    limits: Sequence[KnobKind]


@dataclass(frozen=True, kw_only=True)
class Unset:
    """A limit whose default is to hold again; `scope`: a workflow, a campaign, or a priority."""

    name: str
    kind: Kind = Kind.ALL
    scope: str = ""


@dataclass(frozen=True, kw_only=True)
class Set(Unset):
    """A limit that is to hold; `scope`: a workflow, a campaign, or a priority."""

    value: float


def governed() -> Governed:
    """What is paused and which limits hold."""
    found = services().governance
    return Governed(pauses=found.pauses(), knobs=[_row(*one) for one in found.knobs()], limits=[*KNOBS.values()])


def pause(body: Stop) -> Governed:
    """Feed nothing, a workflow or a campaign no more; what runs goes on."""
    check_reason(body.reason, "shown to everybody who looks")
    services().governance.pause(kind=Kind(body.kind), scope=body.scope, reason=body.reason, requested_by=me())
    campaigns.forget()
    return governed()


def resume(body: Stop) -> Governed:
    """Take a pause back."""
    services().governance.resume(kind=Kind(body.kind), scope=body.scope, requested_by=me())
    campaigns.forget()
    return governed()


def set_limit(body: Set) -> Governed:
    """Set a limit; a running shoveler has it within a period."""
    services().governance.set(body.name, body.value, kind=body.kind, scope=body.scope, requested_by=me())
    return governed()


def reset_limit(body: Unset) -> Governed:
    """Let a limit's default hold again."""
    services().governance.reset(body.name, kind=body.kind, scope=body.scope, requested_by=me())
    return governed()


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/governance", tag=TAG)(governed)
    api.post("/governance/pause", tag=TAG)(pause)
    api.post("/governance/resume", tag=TAG)(resume)
    api.post("/governance/set", tag=TAG)(set_limit)
    api.post("/governance/reset", tag=TAG)(reset_limit)


def _row(name: str, whom: str, value: float | None, set_by: str) -> KnobRow:
    """`whom` is `everything`, or a kind and, behind a blank, whom of that kind."""
    kind, _, scope = whom.partition(" ")
    return KnobRow(
        name=name,
        kind=Kind.ALL if whom == EVERYTHING else Kind(kind),
        scope=scope,
        whom=whom,
        value=value,
        set_by=set_by,
    )
