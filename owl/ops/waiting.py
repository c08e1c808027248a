"""Which daemons carry commands out, and which of them haven't been heard of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import daemons
from owl.intent import Target, TargetKind, Verb

SILENT_AFTER = 30.0  # seconds without a heartbeat
# Who carries a verb out, beside the schedd of the target, where it isn't owld.
_CARRIES_OUT: Mapping[tuple[Verb, TargetKind], str] = {
    (Verb.PRIORITY, TargetKind.RUN): "shoveler",
    (Verb.RESCUE, TargetKind.RUN): "rescue-server",
}


def silent(connection: Connection, verb: Verb, targets: Iterable[Target]) -> list[str]:
    """Words on those daemons that haven't been heard of: what is for them waits."""
    alive = set(alive_beside(connection))
    left = Counter((_CARRIES_OUT.get((verb, one.kind), "owld"), one.schedd or "") for one in targets)
    return [
        f"no {daemon} of {schedd or 'any submit host'} runs: {number} of them wait for it"
        for (daemon, schedd), number in sorted(left.items())
        if (daemon, schedd) not in alive
    ]


def alive_beside(connection: Connection) -> Iterator[tuple[str, str]]:
    """The name of each daemon that has been heard of lately, and of its schedd."""
    now = utc_now()
    for one in daemons.find(connection):
        if one.stopped_at is None and abs((now - one.heartbeat).total_seconds()) < SILENT_AFTER:
            yield one.name, str(one.facts.get("schedd", ""))
