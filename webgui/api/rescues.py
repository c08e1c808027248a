"""Rescues that do something differently: where they begin, what they leave out, what they set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from owl.ops import Command, RescueOptions
from webgui.api.registry import Registry
from webgui.login import me
from webgui.services import services

TAG = "commands"


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """How a run goes on: by default from what failed.

    `from_start`: every step again. `from_step`: that one and all after it. `skip`: steps that count as done, each
    with its reason. `set`: memory, cpus, disk or gpus (of one step `STEP.memory`), or a parameter, with the value.
    """

    from_start: bool = False
    from_step: str | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)

    def options(self) -> RescueOptions:
        """It as OWL's own noun, or `InvalidName`."""
        return RescueOptions(
            from_start=self.from_start, from_step=self.from_step or None, skip=self.skip, set=self.set
        )


@dataclass(frozen=True, kw_only=True)
class OfCause:
    """A rescue of everything of a cause: why, and how."""

    reason: str = ""
    rescue: Rescue | None = None


@dataclass(frozen=True, kw_only=True)
class Values:
    """What a rescue would set."""

    set: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What would change in a run's files, as a unified diff; "" where nothing does."""

    text: str


def rescue_cause(cause: str, body: OfCause) -> Command:
    """Let every run of a cause that is still failed go on."""
    options = body.rescue.options() if body.rescue is not None else None
    return services().ops.failures.rescue(cause, requested_by=me(), reason=body.reason, options=options)


def rescue_difference(run_id: str, body: Values) -> Difference:
    """What a rescue with these values would change in the run's files; nothing is written."""
    return Difference(text=services().ops.rescues.difference(run_id, body.set))


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.post("/failures/{cause}/rescue", tag=TAG)(rescue_cause)
    api.post("/runs/{run_id}/rescue/difference", tag=TAG)(rescue_difference)
