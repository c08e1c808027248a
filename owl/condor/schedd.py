"""The schedd: its queue and its history, as plain job ads with names in lower case."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from owl import names
from owl.errors import NotAllowed, ScheddAway

_log = logging.getLogger(__name__)

# What OWL reads of a job; a projection keeps a query of 10,000 jobs small.
PROJECTION = (
    "ClusterId ProcId GlobalJobId Owner JobStatus LastJobStatus QDate EnteredCurrentStatus JobUniverse Iwd Cmd "
    "Args Out Err UserLog NumShadowStarts NumJobStarts JobRunCount JobStartDate JobCurrentStartDate "
    "JobCurrentStartExecutingDate CompletionDate RemoteWallClockTime ExitCode ExitBySignal ExitSignal ExitReason "
    "ExitStatus HoldReason HoldReasonCode HoldReasonSubCode RemoveReason RemoteHost LastRemoteHost "
    "DAGNodeName DAGParentNodeNames DAGManJobId InputDataset JobPrio RequestMemory RequestCpus "
    "EpochWriteDate ShadowBday VacateReason LastVacateTime TerminationPending "
    "DAG_Status DAG_NodesTotal DAG_NodesDone DAG_NodesFailed DAG_NodesFutile DAG_InRecovery "
    f"{names.ATTR_RUN_ID} {names.ATTR_RESCUE} {names.ATTR_BUNDLE} HookKeyword"
).split()

_OURS = f"({names.ATTR_RUN_ID} =!= undefined || {names.ATTR_BUNDLE} =!= undefined)"
_SCHEDULER_UNIVERSE = 7
# The history is written a moment after a job has left the queue, in whole seconds, and clocks of two hosts differ.
_MARGIN = timedelta(seconds=60)
_STRANGERS_MARGIN = timedelta(hours=1)

Ad = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Acted:
    """How many jobs an action was done to, and how many not."""

    done: int = 0
    already: int = 0
    gone: int = 0
    denied: int = 0
    refused: int = 0

    @property
    def good(self) -> int:
        """How many are as they were wanted."""
        return self.done + self.already


class Schedd:
    """The local schedd, found anew whenever it didn't answer: a restarted one has another address."""

    def __init__(self) -> None:
        self._schedd: Any = None
        self._name: str | None = None

    @property
    def name(self) -> str:
        """The schedd's name, as it begins every GlobalJobId of its jobs."""
        self._find()
        assert self._name is not None  # noqa: S101 - _find sets both or raises
        return self._name

    @property
    def known_name(self) -> str:
        """The name, where the schedd has been found already; else nothing. It isn't asked."""
        return self._name or ""

    def queue(self, constraint: str = _OURS) -> list[dict[str, Any]]:
        """The jobs in the queue, OWL's own unless told otherwise."""
        with self._talking("its queue"):
            ads = self._find().query(constraint=constraint, projection=PROJECTION)
            return [plain(ad) for ad in ads]

    def history(
        self, constraint: str = _OURS, *, match: int = -1, since: str | None = None
    ) -> list[dict[str, Any]]:
        """Jobs that have left the queue, the latest first.

        Args:
            match: the most that are wanted; -1 is all.
            since: an expression; the search ends at the first job of which it is true.
        """
        arguments: dict[str, Any] = {} if since is None else {"since": since}
        with self._talking("its history"):
            ads = self._find().history(constraint=constraint, projection=PROJECTION, match=match, **arguments)
            return [plain(ad) for ad in ads]

    def full_ads(self, global_job_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The whole ads of jobs that have left the queue, with names as HTCondor writes them."""
        with self._talking("its history"):
            ads = self._find().history(
                constraint=any_of("GlobalJobId", global_job_ids), projection=[], match=len(global_job_ids)
            )
            return {str(ad["GlobalJobId"]): plain(ad, lower=False) for ad in ads}

    def epochs(self, constraint: str = _OURS, *, since: str | None = None) -> list[dict[str, Any]]:
        """One ad for each start of a job that has ended, the latest first (HTCondor manual, JOB_EPOCH_HISTORY)."""
        arguments: dict[str, Any] = {} if since is None else {"since": since}
        with self._talking("its epoch history"):
            ads = self._find().jobEpochHistory(constraint=constraint, projection=PROJECTION, **arguments)
            return [plain(ad) for ad in ads]

    def find_submission(self, run_id: str, number: int, *, since: datetime | None = None) -> dict[str, Any] | None:
        """The DAGMan job of a submission, wherever it is by now, or None where HTCondor never got it.

        `since` is when it was claimed: the history isn't searched further back.
        """
        return self._dagman(f'{names.ATTR_RUN_ID} == "{run_id}" && {names.ATTR_RESCUE} == {number}', since)

    def find_bundle(self, bundle_id: str, *, since: datetime | None = None) -> dict[str, Any] | None:
        """The DAGMan job of a bundle, in the same way."""
        return self._dagman(f'{names.ATTR_BUNDLE} == "{bundle_id}"', since)

    def _dagman(self, which: str, since: datetime | None) -> dict[str, Any] | None:
        constraint = f"{which} && JobUniverse == {_SCHEDULER_UNIVERSE}"
        # The queue is asked once more at the end: a job may leave it between the two questions.
        until = None if since is None else left_before(since)
        ads = self.queue(constraint) or self.history(constraint, match=1, since=until) or self.queue(constraint)
        return ads[0] if ads else None

    def edit(self, constraint: str, attribute: str, value: str) -> None:
        """Set an attribute of jobs in the queue.

        Raises:
            NotAllowed: HTCondor answers, and refuses it; the bindings tell no more of that (25.14.1).
        """
        try:
            with self._talking("an edit"):
                self._find().edit(constraint, attribute, value)
        except ScheddAway as error:
            self.statuses(constraint)
            raise NotAllowed(f"HTCondor refused to change {attribute}") from error

    def statuses(self, constraint: str) -> dict[str, int]:
        """JobStatus of jobs in the queue, by `cluster.proc`."""
        with self._talking("its queue"):
            ads = self._find().query(constraint=constraint, projection=["ClusterId", "ProcId", "JobStatus"])
            return {f"{ad['ClusterId']}.{ad['ProcId']}": int(ad["JobStatus"]) for ad in ads}

    def act(self, action: str, jobs: Sequence[str] | str, reason: str) -> Acted:
        """Do something (a name of `htcondor2.JobAction`) to jobs: each `cluster.proc`, or a constraint."""
        import htcondor2

        spec: Any = list(jobs) if not isinstance(jobs, str) else jobs
        with self._talking("an answer"):
            # A reason that is no pair is dropped by the bindings (25.14.1).
            counts = plain(self._find().act(getattr(htcondor2.JobAction, action), spec, (reason, 0)) or {})
        return Acted(
            done=int(counts.get("totalsuccess", 0)),
            already=int(counts.get("totalalreadydone", 0)),
            gone=int(counts.get("totalnotfound", 0)),
            denied=int(counts.get("totalpermissiondenied", 0)),
            refused=int(counts.get("totalbadstatus", 0)) + int(counts.get("totalerror", 0)),
        )

    def _find(self) -> Any:
        if self._schedd is None:
            import htcondor2

            with self._talking("its address"):
                htcondor2.reload_config()
                ad = htcondor2.Collector().locate(htcondor2.DaemonType.Schedd)
                self._schedd, self._name = htcondor2.Schedd(ad), str(ad["Name"])
        return self._schedd

    @contextmanager
    def _talking(self, what: str) -> Iterator[None]:
        import htcondor2

        try:
            yield
        except (htcondor2.HTCondorException, OSError, RuntimeError) as error:
            self._schedd = None
            words = " ".join(str(error).split())
            raise ScheddAway(
                f"the schedd didn't give {what}: {words}; is HTCondor running? (`owl doctor`)"
            ) from error


def left_before(time: datetime, *, quick: bool = False) -> str:
    """Where a search of the history ends: at the first job that had left the queue well before a time.

    The history is in the order in which jobs left the queue, but an ad tells only when its last state began. For
    OWL's jobs that is the same; another's may have been done for days before (`leave_in_queue`, spooled output).
    So only OWL's jobs end a search; a `quick` one, made again and again, anybody's that is older by an hour.
    """
    own = f"({_OURS} && EnteredCurrentStatus < {int((time - _MARGIN).timestamp())})"
    return f"{own} || EnteredCurrentStatus < {int((time - _STRANGERS_MARGIN).timestamp())}" if quick else own


def ran_before(time: datetime) -> str:
    """The same of the epoch history, whose ads tell when they were written."""
    return f"EpochWriteDate < {int((time - _MARGIN).timestamp())}"


def is_here() -> bool:
    """Whether this host is to have a schedd: an execute host has none, and its owld only drains the spool.

    Where HTCondor isn't configured at all it is asked for, so that somebody hears of it.
    """
    import htcondor2

    htcondor2.reload_config()
    daemons = str(htcondor2.param.get("DAEMON_LIST", "")).upper().replace(",", " ").split()
    return not daemons or "SCHEDD" in daemons or bool(htcondor2.param.get("SCHEDD_HOST"))


def any_of(attribute: str, values: Sequence[str]) -> str:
    """A constraint: a string attribute is one of some values."""
    quoted = ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return f"member({attribute}, {{{quoted}}})"


def plain(ad: Any, *, lower: bool = True) -> dict[str, Any]:
    """A ClassAd as a dict, names in lower case unless told otherwise; what can't be evaluated is left out."""
    import classad2

    values: dict[str, Any] = {}
    for name, value in ad.items():
        if isinstance(value, classad2.ExprTree):
            value = _evaluated(value)
        if isinstance(value, str | int | float | bool):
            values[name.lower() if lower else name] = value
    return values


def is_dagman(ad: Ad) -> bool:
    """Whether a job is a condor_dagman of OWL's (and not a step)."""
    own = names.ATTR_RESCUE.lower() in ad or names.ATTR_BUNDLE.lower() in ad
    return own and ad.get("jobuniverse") == _SCHEDULER_UNIVERSE


def steps(ads: Sequence[Ad]) -> list[Ad]:
    """The job steps among some jobs."""
    return [ad for ad in ads if not is_dagman(ad)]


def _evaluated(expression: Any) -> Any:
    try:
        return expression.eval()
    except Exception:  # an ad is a stranger's: whatever its expression does to the parser costs one attribute
        _log.debug("an attribute can't be evaluated", exc_info=True)
        return None
