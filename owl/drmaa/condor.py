"""HTCondor itself, through ``htcondor2``: the only module that imports the bindings, and late.

The bindings talk to the schedd over one connection a process and know no threads, so every
call is made under one lock.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import PROJECTION, JobAd, JobKey, job_key
from owl.drmaa.meanings import classify

_COMMIT = "Unable to commit transaction"
"""Begins what HTCondor says when the last step of a submission failed, or its answer was lost."""


_SILENCE = 1.0
"""Seconds after which a schedd is asked for nothing before it is given a job: a question has a
time limit (Q_QUERY_TIMEOUT), a submission to a schedd that hangs has none."""

_PATIENCE = 5.0
"""Seconds that tell a connection that is refused from a schedd that hangs."""


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


def _bindings() -> Any:
    """Import ``htcondor2``. Raises DrmaaError DRMS_INIT_FAILED where that can't be done."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import htcondor2
    except Exception as error:
        raise DrmaaError(Errno.DRMS_INIT_FAILED, f"HTCondor's Python bindings can't be loaded: {error}") from error
    return htcondor2


def plain_version(text: str) -> str:
    """What HTCondor writes as ``$CondorVersion: … $``, without the frame."""
    return text.replace("$", "").replace("CondorVersion:", "").strip()


def version() -> str:
    """The version of HTCondor's bindings."""
    return plain_version(str(_bindings().version()))


def default_contact() -> str:
    """The local schedd's name; empty where there is none, or no HTCondor."""
    try:
        condor = _bindings()
        return str(condor.Collector().locate(condor.DaemonType.Schedd).get("Name") or "")
    except Exception:
        # The answer is only for people; drmaa_init() says what is wrong.
        return ""


class Schedd:
    """One schedd, found once and again whenever it can't be reached where it was."""

    def __init__(self, contact: str) -> None:
        """Find the schedd: by its name, or the local one where ``contact`` is empty.

        Raises:
            DrmaaError: INVALID_CONTACT_STRING, DRM_COMMUNICATION_FAILURE, DRMS_INIT_FAILED.
        """
        self._contact = contact
        self._lock = threading.Lock()
        self._condor = _bindings()
        self._heard = -_SILENCE
        with self._lock:
            self._locate()

    def _locate(self) -> None:
        condor = self._condor
        try:
            collector = condor.Collector()
            kind = condor.DaemonType.Schedd
            ad = collector.locate(kind, self._contact) if self._contact else collector.locate(kind)
        except Exception as error:
            raise classify(error, Errno.DRM_COMMUNICATION_FAILURE) from error
        if ad is None or "MyAddress" not in ad:
            if self._contact:
                raise DrmaaError(
                    Errno.INVALID_CONTACT_STRING, f"the pool knows no schedd named {self._contact[:200]!r}"
                )
            raise DrmaaError(
                Errno.DRM_COMMUNICATION_FAILURE, "there is no local schedd; is HTCondor running on this host?"
            )
        self.name = str(ad.get("Name") or self._contact or "schedd")
        self.version = plain_version(str(ad.get("CondorVersion") or ""))
        self._schedd = condor.Schedd(ad)

    @contextmanager
    def _talk(self, otherwise: Errno = Errno.DRM_COMMUNICATION_FAILURE) -> Iterator[Any]:
        """The schedd, for one call. Any failure becomes a DrmaaError in HTCondor's own words."""
        # A warning raised as an exception would hide that a submission has succeeded.
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield self._schedd
            except DrmaaError:
                raise
            except UnicodeError as error:
                raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"text that is no UTF-8: {error}") from error
            except MemoryError as error:
                raise DrmaaError(Errno.NO_MEMORY) from error
            except Exception as error:
                raise classify(error, otherwise) from error

    def ping(self) -> None:
        """Ask the schedd for nothing, to see that it answers."""
        self.queue("false")

    def submit(self, description: str, count: int, mark: str) -> list[JobKey]:
        """Submit ``count`` jobs in one cluster, once.

        Args:
            description: the submit description, without a queue statement.
            count: how many jobs.
            mark: an expression that is true for these jobs alone, to find out whether they were
                queued where the answer to the last step of the submission was lost.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE, TRY_LATER, DENIED_BY_DRM,
                INVALID_ATTRIBUTE_VALUE (HTCondor's parser refuses the description). Nothing was
                queued, unless a DRM_COMMUNICATION_FAILURE says that this is not known.
        """
        with self._talk(Errno.INVALID_ATTRIBUTE_VALUE):
            job = self._condor.Submit(description)
        if time.monotonic() - self._heard > _SILENCE:
            self.ping()
        try:
            return self._submit(job, count)
        except DrmaaError as error:
            if _COMMIT in str(error):
                return self._queued(mark, error)
            if error.code is not Errno.DRM_COMMUNICATION_FAILURE:
                raise
        # Nothing was queued: the schedd could not be reached. It may have a new address.
        with self._lock:
            self._locate()
        return self._submit(job, count)

    def _submit(self, job: Any, count: int) -> list[JobKey]:
        with self._talk(Errno.DENIED_BY_DRM) as schedd:
            result = schedd.submit(job, count=count)
            self._heard = time.monotonic()
        cluster, first = int(result.cluster()), int(result.first_proc())
        return [JobKey(cluster=cluster, proc=first + number) for number in range(int(result.num_procs()))]

    def _queued(self, mark: str, error: DrmaaError) -> list[JobKey]:
        try:
            ads = self.queue(mark) or self.history(mark, 1, None)
        except DrmaaError as trouble:
            raise DrmaaError(
                Errno.DRM_COMMUNICATION_FAILURE, f"{error}; whether the job was queued is not known: {trouble}"
            ) from trouble
        if not ads:
            raise error
        return sorted(job_key(ad) for ad in ads)

    def _query(self, constraint: str) -> list[JobAd]:
        with self._talk() as schedd:
            ads: list[JobAd] = list(schedd.query(constraint, PROJECTION))
            self._heard = time.monotonic()
            return ads

    def queue(self, constraint: str) -> list[JobAd]:
        """The ads of the jobs in the queue that match.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE.
        """
        begun = time.monotonic()
        try:
            return self._query(constraint)
        except DrmaaError:
            # A refusal is quick: the schedd may have a new address. One that hangs keeps its own.
            if time.monotonic() - begun > _PATIENCE:
                raise
        with self._lock:
            self._locate()
        return self._query(constraint)

    def history(self, constraint: str, count: int, since: str | None) -> list[JobAd]:
        """At most ``count`` ads of jobs that have left the queue, the latest first.

        Args:
            constraint: which jobs.
            count: enough when so many are found.
            since: an expression that ends the search at the first ad for which it is true.
        """
        with self._talk() as schedd:
            return list(schedd.history(constraint, PROJECTION, match=count, since=since))

    def act(self, action: Action, constraint: str) -> ActionResult:
        """Do something to all jobs that match."""
        with self._talk() as schedd:
            expression = self._condor.classad.ExprTree(constraint)
            answer = schedd.act(self._condor.JobAction[action.value], expression, "by a DRMAA program")
        if answer is None:
            raise DrmaaError(Errno.DRM_COMMUNICATION_FAILURE, "HTCondor did not answer the request")
        return ActionResult(
            done=int(answer["TotalSuccess"]),
            already=int(answer["TotalAlreadyDone"]),
            bad_state=int(answer["TotalBadStatus"]),
            not_found=int(answer["TotalNotFound"]),
            denied=int(answer["TotalPermissionDenied"]),
            failed=int(answer["TotalError"]),
        )
