"""Machines: drained, so that they take no more jobs, and taken back in (HTCondor manual, condor_drain)."""

from __future__ import annotations

from typing import Any

from owl.condor.collector import is_draining
from owl.condor.schedd import plain
from owl.errors import NotFound, OperationError, ScheddAway


def drain(machine: str, reason: str) -> str:
    """Let a machine take no more jobs; returns what came of it.

    Jobs that run there get their retirement time (MaxJobRetirementTime, HTCondor's default 0), then they start
    again elsewhere.

    Raises:
        NotFound: the collector knows no such machine.
        OperationError: it refuses: draining needs ADMINISTRATOR there.
        ScheddAway: the collector doesn't answer.
    """
    ads = _slots(machine)
    if all(is_draining(ad) for ad in ads):
        return "it is drained already"
    _ask(machine, lambda startd: startd.drainJobs(reason=reason))
    busy = sum(str(ad.get("activity")) == "Busy" for ad in ads)
    return f"it takes no more jobs; {busy} ran there and get their retirement time"


def undrain(machine: str) -> str:
    """Let a machine take jobs again; returns what came of it."""
    ads = _slots(machine)
    if not any(is_draining(ad) for ad in ads):
        return "it wasn't drained"
    _ask(machine, lambda startd: startd.cancelDrainJobs())
    return "it takes jobs again"


def _slots(machine: str) -> list[dict[str, Any]]:
    import classad2
    import htcondor2

    wanted = ["Name", "Machine", "State", "Activity", "Draining"]
    constraint = f"Machine == {classad2.quote(machine)}"
    try:
        found = htcondor2.Collector().query(htcondor2.AdType.Startd, constraint, wanted)
        ads = [plain(ad) for ad in found]
    except (htcondor2.HTCondorException, OSError, RuntimeError) as error:
        raise ScheddAway(f"the collector doesn't tell of {machine}: {' '.join(str(error).split())}") from error
    if not ads:
        raise NotFound(f"the collector knows no machine {machine}; `condor_status` lists those there are")
    return ads


def _ask(machine: str, what: Any) -> None:
    import htcondor2

    try:
        ad = htcondor2.Collector().locate(htcondor2.DaemonType.Startd, machine)
        what(htcondor2.Startd(ad))
    except (htcondor2.HTCondorException, OSError, RuntimeError) as error:
        raise OperationError(f"{machine} refuses: {' '.join(str(error).split())}") from error
