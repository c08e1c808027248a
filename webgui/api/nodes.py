"""Machines of the pool: what runs there, those that spoil it, and taking them out and back in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from owl.ops import BadNode, Command, Machine
from webgui.api.registry import Registry
from webgui.login import me
from webgui.services import services

TAG = "machines"
FRESH = 2.0  # seconds for which one look serves all who look


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why something is asked for; it is kept."""

    reason: str = ""


def machines() -> Sequence[Machine]:
    """Every machine of the pool: slots, what was wanted of it last, and whether most fails there."""
    ops = services().ops
    return ops.look.shared.get(TAG, FRESH, ops.nodes.list)


def bad_nodes() -> Sequence[BadNode]:
    """Machines on which most of what was started failed lately, in many different steps."""
    return services().ops.failures.bad_nodes()


def drain(host: str, body: Why) -> Command:
    """Let a machine take nothing new; what runs there gets its retirement time."""
    made = services().ops.nodes.drain(host, requested_by=me(), reason=body.reason)
    services().ops.look.shared.drop(TAG)
    return made


def undrain(host: str, body: Why) -> Command:
    """Let a drained machine take jobs again."""
    made = services().ops.nodes.undrain(host, requested_by=me(), reason=body.reason)
    services().ops.look.shared.drop(TAG)
    return made


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/nodes", tag=TAG)(machines)
    api.get("/nodes/bad", tag=TAG)(bad_nodes)
    api.post("/nodes/{host}/drain", tag=TAG)(drain)
    api.post("/nodes/{host}/undrain", tag=TAG)(undrain)
