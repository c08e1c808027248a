"""HTCondor itself, through ``htcondor2``: the only module that imports the bindings, and late.

It runs in the companion process (``companion.py``), one call at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.meanings import classify

Value = int | float | str | None
"""What an attribute of an ad may be, as far as this library is concerned; None for all else."""

_SECONDS = 20.0
"""The time limit of a question where HTCondor's configuration has none (Q_QUERY_TIMEOUT's own default)."""


def _bindings() -> Any:
    """Import ``htcondor2``. Raises DrmaaError DRMS_INIT_FAILED where that can't be done."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import htcondor2
    except Exception as error:
        raise DrmaaError(Errno.DRMS_INIT_FAILED, f"HTCondor's Python bindings can't be loaded: {error}") from error
    return htcondor2


def _plain_version(text: str) -> str:
    """What HTCondor writes as ``$CondorVersion: … $``, without the frame."""
    return text.replace("$", "").replace("CondorVersion:", "").strip()


@contextmanager
def _talk(otherwise: Errno = Errno.DRM_COMMUNICATION_FAILURE) -> Iterator[None]:
    """One call of the bindings. Any failure becomes a DrmaaError in HTCondor's own words."""
    try:
        yield
    except DrmaaError:
        raise
    except UnicodeError as error:
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"text that is no UTF-8: {error}") from error
    except MemoryError as error:
        raise DrmaaError(Errno.NO_MEMORY) from error
    except Exception as error:
        raise classify(error, otherwise) from error


def _row(ad: Any, names: Sequence[str]) -> list[Value]:
    # By the very type: the bindings' Undefined and Error are numbers too.
    values = (ad.get(name) for name in names)
    return [value if type(value) in (bool, int, float, str) else None for value in values]


class Condor:
    """What the companion can do. Every method's arguments and result can be written as JSON."""

    def __init__(self) -> None:
        self._condor = _bindings()
        self._schedd: Any = None

    def version(self) -> str:
        """The version of HTCondor's bindings."""
        return _plain_version(str(self._condor.version()))

    def patience(self) -> float:
        """Seconds after which a daemon that does not answer is given up: Q_QUERY_TIMEOUT."""
        try:
            return float(self._condor.param["Q_QUERY_TIMEOUT"]) or _SECONDS
        except (KeyError, ValueError, TypeError):
            return _SECONDS

    def locate(self, contact: str) -> tuple[str, str]:
        """Find a schedd, and talk to that one from now on.

        Args:
            contact: its name; empty for the local one.

        Returns:
            Its name and its version.

        Raises:
            DrmaaError: INVALID_CONTACT_STRING, DRM_COMMUNICATION_FAILURE.
        """
        with _talk():
            collector, kind = self._condor.Collector(), self._condor.DaemonType.Schedd
            ad = collector.locate(kind, contact) if contact else collector.locate(kind)
        if ad is None or "MyAddress" not in ad:
            if contact:
                raise DrmaaError(Errno.INVALID_CONTACT_STRING, f"the pool knows no schedd named {contact[:200]!r}")
            raise DrmaaError(
                Errno.DRM_COMMUNICATION_FAILURE, "there is no local schedd; is HTCondor running on this host?"
            )
        self._schedd = self._condor.Schedd(ad)
        return str(ad.get("Name") or contact or "schedd"), _plain_version(str(ad.get("CondorVersion") or ""))

    def total(self, constraint: str) -> int:
        """How many jobs in the queue match: the schedd counts, and answers with a number."""
        with _talk():
            (summary,) = self._schedd.query(constraint, ["ClusterId"], opts=self._condor.QueryOpt.SummaryOnly)
            return int(summary["Jobs"])

    def queue(self, constraint: str, names: list[str]) -> list[list[Value]]:
        """These attributes of the jobs in the queue that match."""
        with _talk():
            return [_row(ad, names) for ad in self._schedd.query(constraint, names)]

    def history(self, constraint: str, names: list[str], count: int, since: str | None) -> list[list[Value]]:
        """These attributes of at most ``count`` jobs that have left the queue, the latest first.

        Args:
            constraint: which jobs.
            names: of the attributes.
            count: enough when so many are found.
            since: an expression that ends the search at the first ad for which it is true.
        """
        with _talk():
            return [_row(ad, names) for ad in self._schedd.history(constraint, names, match=count, since=since)]

    def act(self, action: str, constraint: str) -> dict[str, int]:
        """Do something (the name of a ``htcondor2.JobAction``) to all jobs that match."""
        with _talk():
            expression = self._condor.classad.ExprTree(constraint)
            # As a pair: a plain text is dropped by the bindings (25.14.1).
            answer = self._schedd.act(self._condor.JobAction[action], expression, ("by a DRMAA program", None))
            if answer is None:
                raise DrmaaError(Errno.DRM_COMMUNICATION_FAILURE, "HTCondor did not answer the request")
            return {str(name): int(answer[name]) for name in answer}

    def submit(self, description: str, count: int) -> tuple[int, int, int]:
        """Submit ``count`` jobs in one cluster, once; its number, the first job's, and how many there are.

        Raises:
            DrmaaError: DRM_COMMUNICATION_FAILURE, AUTH_FAILURE, TRY_LATER, DENIED_BY_DRM,
                INVALID_ATTRIBUTE_VALUE (HTCondor's parser refuses the description).
        """
        with _talk(Errno.INVALID_ATTRIBUTE_VALUE):
            job = self._condor.Submit(description)
        with _talk(Errno.DENIED_BY_DRM):
            result = self._schedd.submit(job, count=count)
            return int(result.cluster()), int(result.first_proc()), int(result.num_procs())
