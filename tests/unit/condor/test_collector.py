"""What the collector's ads say of the pool."""

from __future__ import annotations

from typing import Any

from owl.condor import collector


def slot(machine: str, **given: Any) -> dict[str, Any]:
    """A slot's ad, its names in small letters as `plain` gives them."""
    return {"machine": machine, "state": "Unclaimed", "activity": "Idle", "cpus": 1, **given}


def test_slots_are_counted_by_machine_and_drained_ones_are_named() -> None:
    ads = [
        slot("a", partitionableslot=True, cpus=3),
        slot("a", activity="Busy", state="Claimed"),
        slot("b", draining=True, activity="Busy", state="Claimed"),
        slot("c", state="Drained"),
        slot("d", draining=False),
    ]
    facts = collector._slots(ads)
    assert facts["machines"] == {"a": [4, 1], "b": [1, 1], "c": [1, 0], "d": [1, 0]}
    assert (facts["slots"], facts["busy"], facts["drained"]) == (7, 2, ["b", "c"])
