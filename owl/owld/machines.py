"""Commands for machines."""

from __future__ import annotations

from owl.condor import startd
from owl.errors import NotAllowed
from owl.intent import Verb


def carry_out(verb: Verb, machine: str, reason: str) -> str:
    """Drain a machine or take it back in; returns what came of it."""
    if verb is Verb.DRAIN:
        return startd.drain(machine, reason)
    if verb is Verb.UNDRAIN:
        return startd.undrain(machine)
    raise NotAllowed(f"{verb} isn't for machines")
