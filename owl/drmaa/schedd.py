"""A schedd as the session sees it: found again whenever it can't be reached where it was, in bounded time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from owl.drmaa.ads import KEY, PROJECTION, JobAd, job_key
from owl.drmaa.conversation import Conversation, NoAnswer
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import JobKey

_COMMIT = "Unable to commit transaction"
"""Begins what HTCondor says when the last step of a submission failed, or its answer was lost."""

_UNSAID = ("Failed to create new cluster.", "Error when performing action on the schedd.")
"""All that HTCondor's bindings say where the connection broke, and where a user may not do it (WRITE)."""

_SILENCE = 1.0
"""Seconds after which a schedd is asked for nothing before it is given a job: of a schedd that does
not answer that question it is known that nothing was queued."""

_SECONDS_A_JOB = 0.02
_MOST_SECONDS = 600.0
"""What each job of a submission adds to its time limit, and all of them: a job takes 0.3 ms where all is well."""


_RECOVERY = 30.0
_RETRY = 0.5
"""Seconds for which a schedd that is away is asked whether a submission took place, and between two tries."""


_WORTH_ANOTHER_TRY = frozenset({Errno.DRM_COMMUNICATION_FAILURE, Errno.AUTH_FAILURE})
"""A restarted schedd has another address, and knows nothing of the security session of this client."""


class Action(Enum):
    """What can be done to jobs; the value is the name of ``htcondor2.JobAction``."""

    SUSPEND = "Suspend"
    RESUME = "Continue"
    HOLD = "Hold"
    RELEASE = "Release"
    TERMINATE = "Remove"


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    """What came of an action, in numbers of jobs."""

    done: int
    already: int
    bad_state: int
    not_found: int
    denied: int
    failed: int


class Schedd:
    """One schedd. Every call returns within a small multiple of HTCondor's own limit for a question
    (Q_QUERY_TIMEOUT, 20 s); the limit of a submission grows with its size.

    Every method raises DrmaaError DRM_COMMUNICATION_FAILURE where there is no answer by then, and
    AUTH_FAILURE where HTCondor does not allow it.
    """

    def __init__(self, conversation: Conversation, contact: str) -> None:
        """Find the schedd: by its name, or the local one where ``contact`` is empty.

        Raises:
            DrmaaError: INVALID_CONTACT_STRING, DRM_COMMUNICATION_FAILURE, DRMS_INIT_FAILED.
        """
        self._conversation = conversation
        self._contact = contact
        self._heard = -_SILENCE
        self._locate()

    def _locate(self) -> None:
        self.name, self.version = self._conversation.locate(self._contact)

    def ping(self) -> None:
        """Ask the schedd for nothing, to see that it answers."""
        self.total("false")

    def submit(self, description: str, count: int, mark: str) -> list[JobKey]:
        """Submit ``count`` jobs in one cluster, once.

        Args:
            description: the submit description, without a queue statement.
            count: how many jobs.
            mark: an expression that is true for these jobs alone, to find out whether they were
                queued where the answer to the last step of the submission was lost.

        Raises:
            DrmaaError: TRY_LATER, DENIED_BY_DRM, INVALID_ATTRIBUTE_VALUE (HTCondor's parser refuses
                the description) too. Nothing was queued, unless a DRM_COMMUNICATION_FAILURE says
                that this is not known.
        """
        if time.monotonic() - self._heard > _SILENCE:
            self.ping()
        try:
            return self._submit(description, count)
        except DrmaaError as error:
            if _is_unclear(error):
                return self._found(mark, count, error)
            if error.code not in _WORTH_ANOTHER_TRY:
                raise
        # Nothing was queued: the schedd could not be reached, or the connection broke early.
        self._locate()
        try:
            return self._submit(description, count)
        except DrmaaError as error:
            if _is_unclear(error):
                return self._found(mark, count, error)
            self._judge(error)
            raise

    def _judge(self, error: DrmaaError) -> None:
        """Raise AUTH_FAILURE where HTCondor refused twice without a reason and answers a question all the same."""
        if error.code is Errno.DRM_COMMUNICATION_FAILURE and str(error).endswith(_UNSAID):
            self.ping()
            raise DrmaaError(
                Errno.AUTH_FAILURE, f"HTCondor does not allow this user to do that: {error}"
            ) from error

    def _submit(self, description: str, count: int) -> list[JobKey]:
        more = min(count * _SECONDS_A_JOB, _MOST_SECONDS)
        cluster, first, number = self._conversation.ask("submit", description, count, more=more)
        self._heard = time.monotonic()
        return [JobKey(cluster=cluster, proc=first + each) for each in range(number)]

    def _found(self, mark: str, count: int, error: DrmaaError) -> list[JobKey]:
        """The jobs of a submission of which it is not known whether it took place.

        A schedd that was killed between the two is started again by condor_master, within seconds; one
        that did not answer the submission itself is not waited for any longer.
        """
        deadline = time.monotonic() + (0.0 if isinstance(error, NoAnswer) else _RECOVERY)
        while True:
            try:
                ads = self.queue(mark, KEY) or self.history(mark, 1, None)
                break
            except DrmaaError as trouble:
                if trouble.code is Errno.NO_ACTIVE_SESSION:
                    raise
                if time.monotonic() > deadline:
                    raise DrmaaError(
                        Errno.DRM_COMMUNICATION_FAILURE,
                        f"{error}; whether the job was queued is not known: {trouble}",
                    ) from trouble
            time.sleep(_RETRY)
            with contextlib.suppress(DrmaaError):
                self._locate()
        if not ads:
            raise error
        # One stands for all: they have a cluster to themselves, and were queued in one step.
        return [JobKey(cluster=job_key(ads[0]).cluster, proc=proc) for proc in range(count)]

    def _ask(self, call: str, *arguments: object) -> Any:
        """A question, once more where the schedd may have a new address, or has forgotten this client."""
        begun = time.monotonic()
        try:
            return self._ask_once(call, *arguments)
        except DrmaaError as error:
            if error.code not in _WORTH_ANOTHER_TRY or self._hangs(error, begun):
                raise
        self._locate()
        return self._ask_once(call, *arguments)

    def _hangs(self, error: DrmaaError, begun: float) -> bool:
        """Whether the schedd is there and does not answer: a refusal is quick."""
        return isinstance(error, NoAnswer) or time.monotonic() - begun > self._conversation.patience / 2

    def _ask_once(self, call: str, *arguments: object) -> Any:
        answer = self._conversation.ask(call, *arguments)
        self._heard = time.monotonic()
        return answer

    def total(self, constraint: str) -> int:
        """How many jobs in the queue match."""
        return int(self._ask("total", constraint))

    def queue(self, constraint: str, names: Sequence[str] = PROJECTION) -> list[JobAd]:
        """The jobs in the queue that match: these attributes of their ads."""
        return [dict(zip(names, row, strict=True)) for row in self._ask("queue", constraint, names)]

    def history(self, constraint: str, count: int, since: str | None) -> list[JobAd]:
        """The ads of at most ``count`` jobs (-1: of all) that have left the queue, the latest first.

        Args:
            constraint: which jobs.
            count: enough when so many are found.
            since: an expression that ends the search at the first ad for which it is true.
        """
        rows = self._ask("history", constraint, PROJECTION, count, since)
        return [dict(zip(PROJECTION, row, strict=True)) for row in rows]

    def act(self, action: Action, constraint: str) -> ActionResult:
        """Do something to all jobs that match."""
        try:
            answer = self._ask("act", action.value, constraint)
        except DrmaaError as error:
            self._judge(error)
            raise
        return ActionResult(
            done=answer["TotalSuccess"],
            already=answer["TotalAlreadyDone"],
            bad_state=answer["TotalBadStatus"],
            not_found=answer["TotalNotFound"],
            denied=answer["TotalPermissionDenied"],
            failed=answer["TotalError"],
        )


def _is_unclear(error: DrmaaError) -> bool:
    """Whether it is not known what came of a submission."""
    return isinstance(error, NoAnswer) or _COMMIT in str(error)
