"""What cron starts: one look, as long as it takes for what is there to be complete, and no longer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from owl.daemon import Stop
from owl.poller.service import Poller

_LEAST = 0.05


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What has come of one look."""

    inserted: int = 0
    rejected: int = 0
    trouble: str = ""


def once(poller: Poller, stop: Stop, *, seconds: float) -> Outcome:
    """Scan the directory, wait for files that only have to stay as they are, and deal with all that is complete.

    Raises:
        DatabaseAway: nothing is lost; the next look deals with it.
    """
    end = time.monotonic() + seconds
    while not stop.asked and time.monotonic() < end:
        worked = poller.step()
        if poller.paused or poller.away or poller.untold:
            break
        if worked or not poller.scanned:
            continue
        due = poller.pending.settled_at()
        if due is None:
            break
        stop.wait(max(_LEAST, min(due, end) - time.monotonic()))
    trouble = poller.away or poller.untold or next(iter(poller.settler.trouble.values()), "")
    return Outcome(inserted=poller.intake.inserted, rejected=poller.intake.rejected, trouble=trouble)
