"""How jobs ended, as HTCondor's queue and history say: one question, for however many jobs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from owl.drmaa.ads import ENDED, STATUS, JobAd, exit_info, has_ended, job_key
from owl.drmaa.description import SESSION_ATTRIBUTE, SUBMISSION_ATTRIBUTE
from owl.drmaa.jobs import ExitInfo, JobKey
from owl.drmaa.schedd import Schedd

_MANY = 10
"""For more jobs than that all of the session's are counted; so many are asked for by their ids."""

_LISTING = 60.0
"""Seconds after which all jobs of the session are listed, should the count hide something."""

_REMEMBERED = 5
"""First questions whose time is kept."""

_SEARCHES = 2
"""So often the whole history is searched for the session's own jobs: HTCondor may start a new file meanwhile."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A job that is neither in the queue nor in the history."""


Ended = ExitInfo | Lost


def ids_constraint(keys: Iterable[JobKey]) -> str:
    """A ClassAd expression that is true for these jobs: short for a cluster that is there as a whole."""
    procs: dict[int, list[int]] = {}
    for key in keys:
        procs.setdefault(key.cluster, []).append(key.proc)
    parts = [f"(ClusterId == {cluster} && {_among(numbers)})" for cluster, numbers in procs.items()]
    return " || ".join(parts) or "false"


def _among(numbers: list[int]) -> str:
    """An expression for these ProcIds: each stretch of three and more by its ends."""
    stretches: list[list[int]] = []
    for number in sorted(numbers):
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    long = [f"ProcId >= {one[0]} && ProcId <= {one[-1]}" for one in stretches if len(one) > 2]
    single = [str(number) for one in stretches if len(one) <= 2 for number in one]
    parts = [*long, f"member(ProcId, {{{', '.join(single)}}})"] if single else long
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"


def tag_constraint(session: str) -> str:
    """A ClassAd expression that is true for all jobs of a session."""
    return f'{SESSION_ATTRIBUTE} == "{session}"'


def submission_constraint(submission: str) -> str:
    """A ClassAd expression that is true for the jobs of one submission."""
    return f'{SUBMISSION_ATTRIBUTE} == "{submission}"'


class Lookup:
    """Asks a schedd how jobs ended. The first question is always a small one: has anything changed?"""

    def __init__(self, schedd: Schedd, session: str) -> None:
        self._schedd = schedd
        self._tag = tag_constraint(session)
        self._begun = int(time.time())
        self._latest: JobKey | None = None
        self._listed = -_LISTING
        self._seen = 0
        """The newest cluster up to which the queue was looked through for strangers."""
        self._strangers: set[JobKey] = set()
        """Jobs with the session's mark that it does not wait for: those of a submission that was reported as
        uncertain, of a forked child's, and those that could not start and were released all the same. They
        must not be counted, or one of them would stand for another that has ended."""
        self._took: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def seconds(self) -> float:
        """How long the schedd takes for a first question: has anything changed?

        The quickest of the latest counts: what a busy machine adds now and then is none of the schedd's work.
        """
        return min(self._took, default=0.0)

    def ended(self, wanted: set[JobKey], own: set[JobKey]) -> dict[JobKey, Ended]:
        """Those of the wanted jobs that have ended, and whatever else of the session is seen to have.

        Args:
            wanted: the jobs in question.
            own: the session's jobs that are not yet known to have ended.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE.
        """
        mine, others = wanted & own, wanted - own
        ended: dict[JobKey, Ended] = {}
        if len(mine) > _MANY:
            ended.update(self._many(own))
        elif mine:
            here = self._few(mine)
            left = {key for key, info in here.items() if info is None}
            ended.update({key: info for key, info in here.items() if info is not None})
            ended.update(self._left(left, own))
        if others:
            here = self._few(others)
            ended.update({key: info for key, info in here.items() if info is not None})
            ended.update(self._gone({key for key, info in here.items() if info is None}))
        return ended

    def _timed(self, question: Callable[[], Answer]) -> Answer:
        begun = time.monotonic()
        try:
            return question()
        finally:
            self._took.append(time.monotonic() - begun)

    def _few(self, keys: set[JobKey]) -> dict[JobKey, ExitInfo | None]:
        """How those of the jobs ended that have; None stands for one that has left the queue."""
        ads = self._timed(lambda: self._schedd.queue(ids_constraint(keys), STATUS))
        seen = {job_key(ad): ad for ad in ads}
        done = {key for key, ad in seen.items() if has_ended(ad)}
        here: dict[JobKey, ExitInfo | None] = dict.fromkeys((keys - seen.keys()) | done)
        if done:
            here.update({job_key(ad): exit_info(ad) for ad in self._schedd.queue(ids_constraint(done))})
        return here

    def _many(self, own: set[JobKey]) -> dict[JobKey, Ended]:
        """What has happened to any of the session's jobs. The schedd counts those that have not ended.

        Where that number is what it should be, nothing has; else what has ended is asked for. All are
        listed whenever that does not explain the number, and now and then in any case.
        """
        self._strangers -= own
        newest = max(own).cluster
        if newest > self._seen:
            self._see(f"{self._tag} && ClusterId > {self._seen} && ClusterId <= {newest}", own)
            self._seen = newest
        counted = f"{self._tag} && ClusterId <= {newest} && !({ids_constraint(self._strangers)})"
        alive = self._timed(lambda: self._schedd.total(f"{counted} && !{ENDED}"))
        due = time.monotonic() - self._listed > _LISTING
        if alive == len(own) and not due:
            return {}
        here = {job_key(ad): exit_info(ad) for ad in self._schedd.queue(f"{self._tag} && {ENDED}")}
        ended: dict[JobKey, Ended] = {key: info for key, info in here.items() if info is not None and key in own}
        if len(own) - len(ended) > alive:
            ended.update(self._history(own))
        if due or len(own) - len(ended) != alive:
            self._listed = time.monotonic()
            ended.update(self._left(own - ended.keys() - self._see(self._tag, own), own))
        return ended

    def _see(self, constraint: str, own: set[JobKey]) -> set[JobKey]:
        """The jobs in the queue that match. Those that have not ended and are nobody's are remembered."""
        queued = {job_key(ad): has_ended(ad) for ad in self._schedd.queue(constraint, STATUS)}
        self._strangers |= {key for key, over in queued.items() if not over and key not in own}
        return set(queued)

    def _history(self, own: set[JobKey]) -> dict[JobKey, Ended]:
        """How those of the session's jobs ended that have left the queue since the last search.

        The history lies in the order in which jobs left the queue.
        """
        limits = [f"EnteredCurrentStatus < {self._begun - 60}"]
        if self._latest is not None:
            limits.append(ids_constraint([self._latest]))
        ads = self._schedd.history(self._tag, -1, " || ".join(limits))
        if ads:
            self._latest = job_key(ads[0])
        return {key: info for key, info in _endings(ads).items() if key in own}

    def _left(self, left: set[JobKey], own: set[JobKey]) -> dict[JobKey, Ended]:
        """What the history says of the session's jobs: of these, and of all that ended meanwhile.

        So a program that waits for one job after the other finds most of them known already.
        """
        if not left:
            return {}
        found = self._history(own)
        return found | self._gone(left - found.keys(), searches=_SEARCHES)

    def _gone(self, left: set[JobKey], *, searches: int = 1) -> dict[JobKey, Ended]:
        """What the whole history says of these jobs, which are no longer in the queue."""
        found: dict[JobKey, Ended] = {}
        for _ in range(searches):
            missing = left - found.keys()
            if missing:
                found.update(_endings(self._schedd.history(ids_constraint(missing), len(missing), None)))
        return {key: found.get(key, Lost()) for key in left}


def _endings(ads: Iterable[JobAd]) -> dict[JobKey, Ended]:
    """How jobs ended that have left the queue."""
    return {job_key(ad): exit_info(ad, left=True) or Lost() for ad in ads}
