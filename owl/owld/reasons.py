"""What HTCondor is told of why something is done to a job."""

from __future__ import annotations

from owl.intent import Command
from owl.names import BY_COMMAND

_LONGEST = 1000


def reason_of(order: Command) -> str:
    """What HTCondor keeps as the reason: who, and why."""
    why = f": {order.reason}" if order.reason else ""
    return " ".join(f"{order.requested_by} {BY_COMMAND} {order.id}){why}".split())[:_LONGEST]
