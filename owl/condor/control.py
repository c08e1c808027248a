"""What is done to jobs in a schedd's queue: hold, release, suspend, continue, remove.

HTCondor answers such a request with counts only (HTCondor's `JobActionResults`), so jobs are looked at first and
acted on together, and one by one only where the counts leave open which of them was refused.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus

_QUEUED = frozenset({JobStatus.IDLE, JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT, JobStatus.SUSPENDED})
_STILL_ENDING = f" && JobStatus == {JobStatus.HELD:d} && RemoteHost isnt undefined"
_ENDING = 5.0  # seconds at most
_LOOK = 0.1
_GOING = frozenset({JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT})


class Action(StrEnum):
    """What may be done; the values are the names in `htcondor2.JobAction`."""

    HOLD = "Hold"
    RELEASE = "Release"
    SUSPEND = "Suspend"
    CONTINUE = "Continue"
    REMOVE = "Remove"


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """From which states an action leads, and in which it has nothing to do."""

    done: str
    from_: frozenset[JobStatus]
    already: frozenset[JobStatus]
    must_be: str


_RULES: Mapping[Action, _Rule] = {
    Action.HOLD: _Rule(
        done="held", from_=_QUEUED, already=frozenset({JobStatus.HELD}), must_be="waiting or running"
    ),
    Action.RELEASE: _Rule(done="released", from_=frozenset({JobStatus.HELD}), already=_QUEUED, must_be="held"),
    Action.SUSPEND: _Rule(
        done="suspended", from_=_GOING, already=frozenset({JobStatus.SUSPENDED}), must_be="running"
    ),
    Action.CONTINUE: _Rule(
        done="continued", from_=frozenset({JobStatus.SUSPENDED}), already=_GOING, must_be="suspended"
    ),
    Action.REMOVE: _Rule(
        done="removed",
        from_=_QUEUED | {JobStatus.HELD},
        already=frozenset({JobStatus.REMOVED, JobStatus.COMPLETED}),
        must_be="in the queue",
    ),
}
_STATUS_WORDS: Mapping[int, str] = {status: status.name.replace("_", " ").lower() for status in JobStatus}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one job."""

    good: bool
    words: str


def done_word(action: Action) -> str:
    """`held`, `released`, …"""
    return _RULES[action].done


def act(schedd: Schedd, action: Action, jobs: Sequence[str], reason: str) -> dict[str, Outcome]:
    """Do something to jobs (each `cluster.proc`); doing it again does no harm.

    Raises:
        ScheddAway: it doesn't answer; what is done stays.
    """
    there = _status(schedd, jobs)
    found = {job: _without_asking(action, there.get(job)) for job in jobs}
    ready = [job for job, outcome in found.items() if outcome is None]
    outcomes = {job: outcome for job, outcome in found.items() if outcome is not None}
    if not ready:
        return outcomes
    if action is Action.RELEASE:
        _let_end(schedd, ready)
    acted = schedd.act(action.value, ready, reason)
    if acted.good == len(ready):
        return outcomes | {job: Outcome(good=True, words=done_word(action)) for job in ready}
    if acted.denied == len(ready):
        return outcomes | {job: _DENIED for job in ready}
    return outcomes | {job: _one(schedd, action, job, reason) for job in ready}


def _let_end(schedd: Schedd, jobs: Sequence[str]) -> None:
    """Wait a moment for the executions that a hold has ended.

    HTCondor 25.14.1 forgets a job that is released before its shadow has gone: it stays idle and is offered to no
    machine for minutes (seen in SchedLog: the runnable list is made before the shadow's end, and not after it).
    """
    end = time.monotonic() + _ENDING
    while _status(schedd, jobs, _STILL_ENDING) and time.monotonic() < end:
        time.sleep(_LOOK)


# HTCondor looks a client up among the accounts that have ever submitted here before it asks whether it is a super
# user (SchedLog: "anonymous user not permitted").
DENIED = (
    "HTCondor doesn't permit it: the job is another user's, and owld's account isn't in QUEUE_SUPER_USERS, "
    "or has never submitted a job to this schedd"
)
_DENIED = Outcome(good=False, words=DENIED)


def _without_asking(action: Action, status: int | None) -> Outcome | None:
    """What is plain from a job's status; None where HTCondor has to be asked."""
    rule = _RULES[action]
    if status is None:
        gone = "it has left the queue"
        return Outcome(good=action is Action.REMOVE, words=gone)
    if status in rule.from_:
        return None
    if status in rule.already:
        return Outcome(good=True, words=f"nothing to do: it is {_STATUS_WORDS[status]}")
    is_now = _STATUS_WORDS.get(status, f"in state {status}")
    return Outcome(good=False, words=f"it must be {rule.must_be}, and it is {is_now}")


def _one(schedd: Schedd, action: Action, job: str, reason: str) -> Outcome:
    acted = schedd.act(action.value, [job], reason)
    if acted.good:
        return Outcome(good=True, words=done_word(action))
    if acted.denied:
        return _DENIED
    now = _without_asking(action, _status(schedd, [job]).get(job))
    return now or Outcome(good=False, words=f"HTCondor refused to {action.value.lower()} it and gave no reason")


def _status(schedd: Schedd, jobs: Sequence[str], more: str = "") -> dict[str, int]:
    clusters = ", ".join(sorted({job.partition(".")[0] for job in jobs}))
    found = schedd.statuses(f"member(ClusterId, {{{clusters}}}){more}")
    return {job: status for job, status in found.items() if job in set(jobs)}
