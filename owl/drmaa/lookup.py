"""How jobs ended, as HTCondor's queue and history say: two questions, for however many jobs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from owl.drmaa.condor import Schedd
from owl.drmaa.description import SESSION_ATTRIBUTE, SUBMISSION_ATTRIBUTE
from owl.drmaa.jobs import ExitInfo, JobKey, exit_info, job_key

_MANY = 40
"""From so many jobs on the session's tag stands for their ids."""


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
        which = " || ".join(f"ProcId == {number}" for number in sorted(numbers))
        parts.append(f"(ClusterId == {cluster} && ({which}))")
    return " || ".join(parts) or "false"


def tag_constraint(session: str) -> str:
    """A ClassAd expression that is true for all jobs of a session."""
    return f'{SESSION_ATTRIBUTE} == "{session}"'


def submission_constraint(session: str, number: int) -> str:
    """A ClassAd expression that is true for the jobs of one submission."""
    return f"{tag_constraint(session)} && {SUBMISSION_ATTRIBUTE} == {number}"


class Lookup:
    """Asks a schedd how jobs ended."""

    def __init__(self, schedd: Schedd, session: str) -> None:
        self._schedd = schedd
        self._session = session
        self._begun = self._searched = int(time.time())
        self.seconds = 0.0
        """How long the schedd took for the latest question about its queue."""

    def ended(self, wanted: set[JobKey], own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """Those of the wanted jobs that have ended, and whatever else of the session is seen to have.

        Args:
            wanted: the jobs in question.
            own: the session's jobs.
            submitted: how many jobs the session has ever submitted.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE.
        """
        if not wanted:
            return {}
        by_tag = len(wanted) > _MANY and wanted <= own
        constraint = tag_constraint(self._session) if by_tag else ids_constraint(wanted)
        begun = time.monotonic()
        queue = {job_key(ad): ad for ad in self._schedd.queue(constraint)}
        self.seconds = time.monotonic() - begun
        infos = {key: exit_info(queue[key]) for key in wanted & queue.keys()}
        ended: dict[JobKey, Ended] = {key: info for key, info in infos.items() if info is not None}
        left = wanted - queue.keys()
        if left & own:
            ended.update(self._own_left(left & own, own, submitted))
        if left - own:
            ended.update(self._others_left(left - own))
        return ended

    def _own_left(self, left: set[JobKey], own: set[JobKey], submitted: int) -> dict[JobKey, Ended]:
        """What the history says of the session's jobs: of these, and of all that ended meanwhile.

        So a program that waits for one job after the other finds most of them known already.
        The history lies in the order in which jobs left the queue, mostly soon after their last
        change of state. The search goes back to the last search first; should a job have stayed
        in the queue long after its end, searches that go further back find it.
        """
        begun = int(time.time())
        found: dict[JobKey, Ended] = {}
        for since in (*(f"EnteredCurrentStatus < {at - 60}" for at in (self._searched, self._begun)), None):
            ads = self._schedd.history(tag_constraint(self._session), submitted, since)
            found = {job_key(ad): exit_info(ad, left=True) or Lost() for ad in ads}
            if left <= found.keys():
                break
        self._searched = begun
        lost = {key: Lost() for key in left - found.keys()}
        return {key: info for key, info in found.items() if key in own} | lost

    def _others_left(self, left: set[JobKey]) -> dict[JobKey, Ended]:
        """What the history says of jobs that are none of the session's."""
        ads = self._schedd.history(ids_constraint(left), len(left), None)
        found = {job_key(ad): exit_info(ad, left=True) or Lost() for ad in ads}
        return {key: found.get(key, Lost()) for key in left}
