"""How jobs ended, as HTCondor's queue and history say: one question, for however many jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from owl.drmaa.ads import ENDED, KEY, STATUS, exit_info, has_ended, job_key
from owl.drmaa.description import SESSION_ATTRIBUTE, SUBMISSION_ATTRIBUTE
from owl.drmaa.jobs import ExitInfo, JobKey
from owl.drmaa.schedd import Schedd

_MANY = 10
"""For more jobs than that all of the session's are counted; so many are asked for by their ids."""

_LISTING = 60.0
"""Seconds after which all jobs of the session are listed, should the count hide something."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A job that is neither in the queue nor in the history."""


Ended = ExitInfo | Lost


def ids_constraint(keys: Iterable[JobKey]) -> str:
    """A ClassAd expression that is true for these jobs."""
    procs: dict[int, list[int]] = {}
    for key in keys:
        procs.setdefault(key.cluster, []).append(key.proc)
    parts = []
    for cluster, numbers in procs.items():
        which = f"member(ProcId, {{{', '.join(map(str, sorted(numbers)))}}})"
        parts.append(f"(ClusterId == {cluster} && {which})")
    return " || ".join(parts) or "false"


def tag_constraint(session: str) -> str:
    """A ClassAd expression that is true for all jobs of a session."""
    return f'{SESSION_ATTRIBUTE} == "{session}"'


def submission_constraint(session: str, number: int) -> str:
    """A ClassAd expression that is true for the jobs of one submission."""
    return f"{tag_constraint(session)} && {SUBMISSION_ATTRIBUTE} == {number}"


class Lookup:
    """Asks a schedd how jobs ended. The first question is always a small one: has anything changed?"""

    def __init__(self, schedd: Schedd, session: str) -> None:
        self._schedd = schedd
        self._tag = tag_constraint(session)
        self._begun = int(time.time())
        self._latest: JobKey | None = None
        self._listed = 0.0
        self.seconds = 0.0
        """How long the schedd took for the latest first question."""

    def ended(self, wanted: set[JobKey], own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """Those of the wanted jobs that have ended, and whatever else of the session is seen to have.

        Args:
            wanted: the jobs in question.
            own: the session's jobs that are not yet known to have ended.
            submitted: how many jobs the session has ever submitted.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE.
        """
        mine, others = wanted & own, wanted - own
        ended: dict[JobKey, Ended] = {}
        if len(mine) > _MANY:
            ended.update(self._many(own, submitted))
        elif mine:
            here = self._few(mine)
            left = {key for key, info in here.items() if info is None}
            ended.update({key: info for key, info in here.items() if info is not None})
            ended.update(self._left(left, own, submitted))
        if others:
            here = self._few(others)
            ended.update({key: info for key, info in here.items() if info is not None})
            ended.update(self._others_left({key for key, info in here.items() if info is None}))
        return ended

    def _timed(self, question: Callable[[], Answer]) -> Answer:
        begun = time.monotonic()
        try:
            return question()
        finally:
            self.seconds = time.monotonic() - begun

    def _few(self, keys: set[JobKey]) -> dict[JobKey, ExitInfo | None]:
        """How those of the jobs ended that have; None stands for one that has left the queue."""
        ads = self._timed(lambda: self._schedd.queue(ids_constraint(keys), STATUS))
        seen = {job_key(ad): ad for ad in ads}
        done = {key for key, ad in seen.items() if has_ended(ad)}
        here: dict[JobKey, ExitInfo | None] = dict.fromkeys((keys - seen.keys()) | done)
        if done:
            here.update({job_key(ad): exit_info(ad) for ad in self._schedd.queue(ids_constraint(done))})
        return here

    def _many(self, own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """What has happened to any of the session's jobs. The schedd counts those that have not ended.

        Where that number is what it should be, nothing has; else what has ended is asked for. A job that
        failed to start and was released all the same could hide another's end from the count: hence
        all are listed now and then, and whenever the count can't be explained.
        """
        alive = self._timed(lambda: self._schedd.total(f"{self._tag} && !{ENDED}"))
        due = time.monotonic() - self._listed > _LISTING
        if alive == len(own) and not due:
            return {}
        here = {job_key(ad): exit_info(ad) for ad in self._schedd.queue(f"{self._tag} && {ENDED}")}
        ended: dict[JobKey, Ended] = {key: info for key, info in here.items() if info is not None and key in own}
        if len(own) - len(ended) > alive:
            ended.update(self._history(own, submitted))
        if due or len(own) - len(ended) > alive:
            self._listed = time.monotonic()
            queued = {job_key(ad) for ad in self._schedd.queue(self._tag, KEY)}
            ended.update(self._left(own - ended.keys() - queued, own, submitted))
        return ended

    def _history(self, own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """How those of the session's jobs ended that have left the queue since the last search.

        The history lies in the order in which jobs left the queue.
        """
        limits = [f"EnteredCurrentStatus < {self._begun - 60}"]
        if self._latest is not None:
            limits.append(ids_constraint([self._latest]))
        return self._search(own, submitted, " || ".join(limits))

    def _search(self, own: set[JobKey], submitted: int, since: str | None) -> dict[JobKey, Ended]:
        ads = self._schedd.history(self._tag, submitted, since)
        if ads:
            self._latest = job_key(ads[0])
        infos = {job_key(ad): exit_info(ad, left=True) for ad in ads}
        return {key: info or Lost() for key, info in infos.items() if key in own}

    def _left(self, left: set[JobKey], own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """What the history says of the session's jobs: of these, and of all that ended meanwhile.

        So a program that waits for one job after the other finds most of them known already.
        """
        if not left:
            return {}
        found = self._history(own, submitted)
        if not left <= found.keys():
            found.update(self._search(own, submitted, None))
        return found | {key: Lost() for key in left - found.keys()}

    def _others_left(self, left: set[JobKey]) -> dict[JobKey, Ended]:
        """What the history says of jobs that are none of the session's."""
        if not left:
            return {}
        ads = self._schedd.history(ids_constraint(left), len(left), None)
        found = {job_key(ad): exit_info(ad, left=True) or Lost() for ad in ads}
        return {key: found.get(key, Lost()) for key in left}
