"""The pool as the collector sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from owl.condor.schedd import plain
from owl.errors import ScheddAway


def pool_facts() -> dict[str, Any]:
    """Figures of the pool: slots by activity, by machine, and the schedd's own.

    Returns:
        `slots`, `busy`, `machines` (name → [slots, busy]), `drained` (names of machines that take no more jobs),
        `jobs_running`, `jobs_idle`, `duty_cycle` (0 to 1), `version`.

    Raises:
        ScheddAway: the collector doesn't answer.
    """
    import htcondor2

    try:
        collector = htcondor2.Collector()
        startds = collector.query(
            htcondor2.AdType.Startd,
            projection=["Name", "Machine", "State", "Activity", "Cpus", "PartitionableSlot", "Draining"],
        )
        schedds = [plain(ad) for ad in collector.query(htcondor2.AdType.Schedd)]
    except (htcondor2.HTCondorException, OSError, RuntimeError) as error:
        words = " ".join(str(error).split())
        raise ScheddAway(f"the collector doesn't answer: {words}; is HTCondor running? (`owl doctor`)") from error
    return _slots([plain(ad) for ad in startds]) | _schedds(schedds)


def _slots(ads: list[dict[str, Any]]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    busy: Counter[str] = Counter()
    for ad in ads:
        machine = str(ad.get("machine", "?"))
        # A partitionable slot counts as the cores that nobody has taken yet.
        count = int(ad.get("cpus", 1)) if ad.get("partitionableslot") else 1
        total[machine] += count
        if not ad.get("partitionableslot") and ad.get("activity") == "Busy":
            busy[machine] += 1
    machines = {machine: [total[machine], busy[machine]] for machine in sorted(total)}
    drained = sorted({str(ad.get("machine", "?")) for ad in ads if is_draining(ad)})
    return {"slots": sum(total.values()), "busy": sum(busy.values()), "machines": machines, "drained": drained}


def is_draining(ad: Mapping[str, Any]) -> bool:
    """Whether a slot's ad says that its machine is being drained, or is."""
    return ad.get("draining") is True or str(ad.get("state")) == "Drained"


def _schedds(ads: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "jobs_running": sum(int(ad.get("totalrunningjobs", 0)) for ad in ads),
        "jobs_idle": sum(int(ad.get("totalidlejobs", 0)) for ad in ads),
        "duty_cycle": max((float(ad.get("recentdaemoncoredutycycle", 0)) for ad in ads), default=0.0),
        "version": str(ads[0].get("condorversion", "")) if ads else "",
    }
