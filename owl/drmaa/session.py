"""A DRMAA session: submission, control, states and waiting, on one schedd."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from owl.drmaa.ads import NOT_COMPLETED, STILL_ENDING, JobAd, exit_info, state_of
from owl.drmaa.conversation import Conversation
from owl.drmaa.description import describe
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import ExitInfo, JobKey, JobState, format_job_id, parse_job_id
from owl.drmaa.lookup import Ended, Lost, ids_constraint, submission_constraint, tag_constraint
from owl.drmaa.places import BulkRange, Context, callers_variables
from owl.drmaa.schedd import Action, ActionResult, Schedd
from owl.drmaa.signals import Signals
from owl.drmaa.template import JobTemplate
from owl.drmaa.waiting import Watch

SESSION_ANY = "DRMAA_JOB_IDS_SESSION_ANY"
SESSION_ALL = "DRMAA_JOB_IDS_SESSION_ALL"

_INCONSISTENT: dict[Action, Errno] = {
    Action.SUSPEND: Errno.SUSPEND_INCONSISTENT_STATE,
    Action.RESUME: Errno.RESUME_INCONSISTENT_STATE,
    Action.HOLD: Errno.HOLD_INCONSISTENT_STATE,
    Action.RELEASE: Errno.RELEASE_INCONSISTENT_STATE,
    Action.TERMINATE: Errno.INVALID_JOB,
}

_SETTLED: dict[Action, frozenset[JobState]] = {
    Action.SUSPEND: frozenset({JobState.USER_SUSPENDED, JobState.DONE, JobState.FAILED}),
    Action.RESUME: frozenset(
        {JobState.RUNNING, JobState.QUEUED_ACTIVE, JobState.USER_ON_HOLD, JobState.DONE, JobState.FAILED}
    ),
}
"""States that show that an action on the execute host has taken place."""

_SETTLE_TIME = 10.0
_SETTLE_INTERVAL = 0.1


@dataclass(frozen=True, kw_only=True)
class Waited:
    """A job whose end was waited for."""

    job_id: str
    info: ExitInfo


class Session:
    """An open session. Every method may be called from any thread."""

    def __init__(
        self, conversation: Conversation, contact: str, categories: Mapping[str, str], signals: Signals
    ) -> None:
        """Open a session with a schedd.

        Args:
            conversation: the way to HTCondor; ends with the session.
            contact: a schedd's name; empty for the local one.
            categories: job category → native specification.
            signals: what the program's signal handlers are put off with.

        Raises:
            DrmaaError: INVALID_CONTACT_STRING, DRM_COMMUNICATION_FAILURE, DRMS_INIT_FAILED.
        """
        self._tag = uuid.uuid4().hex
        self._categories = categories
        self._conversation = conversation
        self._schedd = Schedd(conversation, contact)
        self._schedd.ping()
        self._name = self._schedd.name
        self._watch = Watch(self._schedd, self._tag, signals)

    @property
    def contact(self) -> str:
        """The schedd's name."""
        return self._name

    @property
    def version(self) -> str:
        """The version of HTCondor that the schedd is."""
        return self._schedd.version

    def close(self) -> None:
        """End the session; its jobs go on. Threads that wait get NO_ACTIVE_SESSION."""
        self._watch.close()
        self._conversation.close()

    def _key(self, job_id: str) -> JobKey:
        return parse_job_id(job_id, self._name)

    def run(self, template: JobTemplate, bulk: BulkRange | None = None) -> list[str]:
        """Submit one job, or the jobs of a bulk range in one cluster; their ids."""
        submission = uuid.uuid4().hex  # no number: a forked child would count on from the same one
        context = Context(
            session=self._tag,
            submission=submission,
            categories=self._categories,
            cwd=str(Path.cwd()),
            home=os.path.expanduser("~"),  # noqa: PTH111 - as text: a home that can't be found is no error
            variables=callers_variables(),
        )
        count = bulk.count if bulk is not None else 1
        mark = submission_constraint(submission)
        keys = self._schedd.submit(describe(template, context, bulk), count, mark)
        self._watch.add(keys)
        return [format_job_id(self._name, key) for key in keys]

    def _find(self, key: JobKey) -> tuple[JobAd, bool]:
        """A job's ad, and whether the job has left the queue. Raises DrmaaError INVALID_JOB."""
        constraint = ids_constraint([key])
        for ad in self._schedd.queue(constraint):
            return ad, False
        for ad in self._schedd.history(constraint, 1, None):
            return ad, True
        raise DrmaaError(Errno.INVALID_JOB, f"HTCondor knows no job {key} on {self._name}")

    def state(self, job_id: str) -> JobState:
        """The state of any job of this schedd, of this session or not."""
        key = self._key(job_id)
        known = self._watch.peek(key)
        if isinstance(known, ExitInfo):
            return known.state
        ad, left = self._find(key)
        info = exit_info(ad, left=left)
        return info.state if info is not None else state_of(ad)

    def control(self, job_id: str, action: Action) -> None:
        """Act on one job, or on all unfinished jobs of the session."""
        if job_id == SESSION_ALL:
            if self._watch.own():
                self._judge(self._act(action, tag_constraint(self._tag)), action, one=False)
            return
        key = self._key(job_id)
        self._judge(self._act(action, ids_constraint([key])), action, one=True, key=key)
        self._settle(key, action)

    def _act(self, action: Action, constraint: str) -> ActionResult:
        """Act on those of the jobs that have not completed.

        A release waits a little for executions that the hold is still ending. A job that is released before that is
        offered to no machine for minutes (HTCondor 25.14.1).
        """
        ending = f"({constraint}) && {STILL_ENDING}"
        deadline = time.monotonic() + _SETTLE_TIME
        while action is Action.RELEASE and time.monotonic() < deadline and self._schedd.total(ending):
            time.sleep(_SETTLE_INTERVAL)
        return self._schedd.act(action, f"({constraint}) && {NOT_COMPLETED}")

    def _judge(self, result: ActionResult, action: Action, *, one: bool, key: JobKey | None = None) -> None:
        """An error for what was not done. Of a whole session any job that could be acted on is enough."""
        if result.done or result.already:
            return
        if result.denied:
            raise DrmaaError(Errno.AUTH_FAILURE, "HTCondor allows only the owner of a job to do that")
        if result.bad_state:
            raise DrmaaError(_INCONSISTENT[action])
        if result.failed:
            raise DrmaaError(Errno.INTERNAL_ERROR, "HTCondor reports an error without saying which")
        if one and key is not None:
            self._find(key)
            raise DrmaaError(_INCONSISTENT[action], f"job {key} has ended")

    def _settle(self, key: JobKey, action: Action) -> None:
        """Wait a little until a suspension is seen: it takes place on the execute host.

        DRMAA does not ask for it, but programs look at the state at once.
        """
        wanted = _SETTLED.get(action)
        deadline = time.monotonic() + _SETTLE_TIME
        while wanted is not None and time.monotonic() < deadline:
            ad, left = self._find(key)
            if left or state_of(ad) in wanted:
                return
            time.sleep(_SETTLE_INTERVAL)

    def wait(self, job_id: str, timeout: int) -> Waited:
        """Wait for a job, or any of the session's, and take its exit information.

        Raises:
            DrmaaError: EXIT_TIMEOUT, INVALID_JOB, NO_RUSAGE, NO_ACTIVE_SESSION.
        """
        key, ended = self._wait_any(timeout) if job_id == SESSION_ANY else self._wait_one(job_id, timeout)
        if isinstance(ended, Lost):
            raise DrmaaError(Errno.NO_RUSAGE, f"job {key} is neither in HTCondor's queue nor in its history")
        return Waited(job_id=format_job_id(self._name, key), info=ended)

    def _wait_any(self, timeout: int) -> tuple[JobKey, Ended]:
        def found() -> tuple[JobKey, Ended] | None:
            own = self._watch.unclaimed()
            if not own:
                raise DrmaaError(Errno.INVALID_JOB, "the session has no job that was not waited for yet")
            for key in own:
                ended = self._watch.ended(key)
                if ended is not None:
                    self._watch.take(key)
                    return key, ended
            return None

        return self._watch.until(self._watch.unclaimed, found, timeout)

    def _wait_one(self, job_id: str, timeout: int) -> tuple[JobKey, Ended]:
        key = self._key(job_id)
        own = key in self._watch.own()

        def found() -> tuple[JobKey, Ended] | None:
            if self._watch.taken(key):
                raise DrmaaError(Errno.INVALID_JOB, f"the exit information of job {key} was already taken")
            ended = self._watch.ended(key)
            if isinstance(ended, Lost) and not own:
                self._watch.forget(key)
                raise DrmaaError(Errno.INVALID_JOB, f"HTCondor knows no job {key} on {self._name}")
            if ended is None:
                return None
            self._watch.take(key)
            return key, ended

        return self._watch.until(lambda: (key,), found, timeout)

    def synchronize(self, job_ids: list[str], timeout: int, *, dispose: bool) -> None:
        """Wait until all of these jobs have ended.

        Raises:
            DrmaaError: EXIT_TIMEOUT, INVALID_JOB, NO_ACTIVE_SESSION.
        """
        own = self._watch.own()
        keys = {self._key(one) for one in job_ids if one != SESSION_ALL}
        if SESSION_ALL in job_ids:
            keys |= own

        def missing() -> list[JobKey]:
            return [key for key in keys if self._watch.ended(key) is None and not self._watch.taken(key)]

        def found() -> bool | None:
            for key in keys - own:
                if isinstance(self._watch.ended(key), Lost):
                    self._watch.forget(key)
                    raise DrmaaError(Errno.INVALID_JOB, f"HTCondor knows no job {key} on {self._name}")
            if missing():
                return None
            if dispose:
                for key in keys:
                    self._watch.take(key)
            return True

        self._watch.until(missing, found, timeout)
