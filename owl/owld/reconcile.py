"""Reconciliation: the schedd's queue and history are the truth, and the blackboard follows them.

One query of the queue and one of the history (since the last look) an interval. What the hooks saw is confirmed
or completed, what they never saw (idle, held, removed, evicted, lost) is added.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from owl import names
from owl.condor.classad import integer_of, text_of, time_of
from owl.condor.reports import SOURCE_HISTORY, SOURCE_QUEUE, current_state, from_schedd
from owl.condor.schedd import Schedd, is_dagman, steps
from owl.condor.states import RUN_OF_EXIT_CODE, RUN_OF_STATUS, DagStatus, JobStatus
from owl.daemon import utc_now
from owl.db import blackboard, runs
from owl.db.engine import Database
from owl.model import ENDED, Execution, RunState, State, Submission

_log = logging.getLogger(__name__)

# The history is written a moment after a job has left the queue, and its times have whole seconds.
OVERLAP = timedelta(seconds=60)
# Neither in the queue nor in the history for this long: HTCondor knows nothing of it any more.
LOST_AFTER = timedelta(seconds=60)

Ad = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One look at the schedd."""

    at: datetime
    name: str
    queue: Sequence[Ad]
    history: Sequence[Ad]


class Reconciler:
    """Compares one schedd with the blackboard, again and again."""

    def __init__(self, database: Database, schedd: Schedd) -> None:
        self.database = database
        self.schedd = schedd
        self._mark: datetime | None = None
        self._missing: dict[str, datetime] = {}

    def step(self) -> int:
        """Compare once; returns how many rows of the blackboard it made or mended."""
        seen = self._look()
        rows = self._steps(seen)
        self._submissions(seen)
        self._mark = seen.at
        return rows

    def _look(self) -> _Seen:
        at, name = utc_now(), self.schedd.name
        since = (self._mark or self._oldest_open(name) or at) - OVERLAP
        queue = self.schedd.queue()
        history = self.schedd.history(since=f"EnteredCurrentStatus < {int(since.timestamp())}")
        return _Seen(at=at, name=name, queue=self._ours(queue), history=self._ours(history))

    def _ours(self, ads: Sequence[Ad]) -> list[Ad]:
        """The jobs of this database's runs: a schedd may serve another OWL too, with a database of its own."""
        known = self.database.read(runs.known, [_key(ad)[0] for ad in ads])
        return [ad for ad in ads if _key(ad)[0] in known]

    def _oldest_open(self, schedd: str) -> datetime | None:
        """After a restart: what was open when owld ended may have left the queue since."""
        times = [row.observed_at for row in self.database.read(blackboard.not_ended, schedd=schedd)]
        times += [row.claimed_at for row in self.database.read(runs.open_submissions)]
        return min(times, default=None)

    def _steps(self, seen: _Seen) -> int:
        jobs = [(ad, SOURCE_HISTORY) for ad in steps(seen.history)]
        jobs += [(ad, SOURCE_QUEUE) for ad in steps(seen.queue)]
        rows = self.database.write(_record, jobs, seen.at)
        gone = self._gone(seen, {str(ad["globaljobid"]) for ad, _ in jobs})
        return rows + (self.database.write(_record, gone, seen.at) if gone else 0)

    def _gone(self, seen: _Seen, known: set[str]) -> list[tuple[Ad, str]]:
        """Open executions whose job wasn't seen now: from the whole history, or Lost after a while."""
        open_jobs = {row.global_job_id for row in self.database.read(blackboard.not_ended, schedd=seen.name)}
        missing = open_jobs - known
        self._missing = {job: self._missing.get(job, seen.at) for job in missing}
        late = [job for job, since in self._missing.items() if seen.at - since >= LOST_AFTER / 12]
        if not late:
            return []
        found = self.schedd.history(_any_of("GlobalJobId", late))
        there = {str(ad["globaljobid"]) for ad in found}
        lost = [j for j in late if j not in there and seen.at - self._missing[j] >= LOST_AFTER]
        if lost:
            self.database.write(_lose, lost, seen.at)
        return [(ad, SOURCE_HISTORY) for ad in found]

    def _submissions(self, seen: _Seen) -> None:
        ended = {_key(ad): ad for ad in seen.history if is_dagman(ad)}
        alive = {_key(ad): ad for ad in seen.queue if is_dagman(ad)}
        for submission in self.database.read(runs.open_submissions):
            key = (submission.run_id, submission.number)
            if key in alive:
                self._follow(submission, alive[key], _state_in_queue(alive[key]), seen.at)
            elif key in ended:
                self._follow(submission, ended[key], _state_in_history(ended[key]), seen.at)
            elif submission.schedd == seen.name and submission.submitted_at is not None:
                self._search(submission, seen.at)

    def _search(self, submission: Submission, now: datetime) -> None:
        if submission.submitted_at is None or now - submission.submitted_at < OVERLAP / 12:
            return
        ad = self.schedd.find_submission(submission.run_id, submission.number)
        if ad is not None and integer_of(ad, "JobStatus") in (JobStatus.COMPLETED, JobStatus.REMOVED):
            self._follow(submission, ad, _state_in_history(ad), now)
        elif ad is None and now - submission.submitted_at > LOST_AFTER:
            reason = "the schedd knows nothing of its DAGMan job any more"
            self.database.write(
                runs.follow, submission.run_id, submission.number, RunState.LOST, now=now, error=reason
            )

    def _follow(self, submission: Submission, ad: Ad, state: RunState, now: datetime) -> None:
        facts = _facts(ad, state)
        same = all(getattr(submission, name) == value for name, value in facts.items() if value is not None)
        if state is submission.state and same:
            return
        moved = self.database.write(
            runs.follow,
            submission.run_id,
            submission.number,
            state,
            now=facts.get("ended_at") or now,
            error=_error(ad, state),
            facts=facts,
        )
        if moved:
            _log.info("run is %s", state, extra={"action": "run_followed", "run_id": submission.run_id})


def reports(ad: Ad, source: str, known: Sequence[Execution], now: datetime) -> list[Execution]:
    """What a step's ad in queue or history tells of its executions, given those on the blackboard."""
    state = current_state(ad)
    number = _start_number(ad, state, known)
    told = [from_schedd(ad, source=source, start_number=number, state=state, now=now)]
    for row in known:
        if row.start_number < number and row.state not in ENDED:
            why = row.hold_reason or "it was started again"
            told.append(_closed(row, State.EVICTED, source, now, why))
    return [report for report in told if not _known_already(report, known)]


def _known_already(report: Execution, known: Sequence[Execution]) -> bool:
    """Whether the blackboard says so already: what is looked at every second must not be written every second."""
    same = [row for row in known if row.start_number == report.start_number and row.state is report.state]
    if not same or report.state is State.HELD:
        return bool(same) and same[0].hold_reason == report.hold_reason
    if report.state in ENDED:
        return (same[0].exit_code, same[0].exit_signal) == (report.exit_code, report.exit_signal)
    return True


def _start_number(ad: Ad, state: State, known: Sequence[Execution]) -> int:
    """Which execution an ad speaks of: NumShadowStarts counts those that have begun."""
    begun = integer_of(ad, "NumShadowStarts") or 0
    last = integer_of(ad, "LastJobStatus") or JobStatus.IDLE
    if state is State.IDLE:
        return begun + 1
    if state in (State.HELD, State.REMOVED, State.ABORTED):
        if last == JobStatus.HELD:
            return known[-1].start_number if known else max(begun, 1)
        return begun + 1 if last == JobStatus.IDLE else max(begun, 1)
    return max(begun, 1)


def _record(connection: Connection, jobs: Iterable[tuple[Ad, str]], now: datetime) -> int:
    jobs = list(jobs)
    known = blackboard.of_jobs(connection, [str(ad["globaljobid"]) for ad, _ in jobs])
    told: list[Execution] = []
    for ad, source in jobs:
        told += reports(ad, source, known.get(str(ad["globaljobid"]), ()), now)
    return blackboard.record(connection, told)


def _lose(connection: Connection, jobs: Sequence[str], now: datetime) -> int:
    rows = [row for several in blackboard.of_jobs(connection, jobs).values() for row in several]
    why = "the schedd knows nothing of it any more"
    told = [_closed(row, State.LOST, SOURCE_HISTORY, now, why) for row in rows if row.state not in ENDED]
    _log.warning("%d executions are lost", len(told), extra={"action": "executions_lost"})
    return blackboard.record(connection, told)


def _closed(row: Execution, state: State, source: str, now: datetime, reason: str) -> Execution:
    return Execution(
        global_job_id=row.global_job_id,
        start_number=row.start_number,
        state=state,
        source=source,
        observed_at=now,
        completion_time=now,
        exit_reason=row.exit_reason or reason,
    )


def _key(ad: Ad) -> tuple[str, int]:
    return (
        text_of(ad, names.ATTR_RUN_ID) or "",
        integer_of(ad, names.ATTR_RESCUE) or 0,
    )


def _state_in_queue(ad: Ad) -> RunState:
    status = integer_of(ad, "JobStatus") or JobStatus.IDLE
    if status in (JobStatus.COMPLETED, JobStatus.REMOVED):
        return _state_in_history(ad)
    state = RUN_OF_STATUS.get(status, RunState.IDLE)
    failed = integer_of(ad, "DAG_NodesFailed") or 0
    return RunState.FUTILE if state is RunState.RUNNING and failed else state


def _state_in_history(ad: Ad) -> RunState:
    if integer_of(ad, "JobStatus") == JobStatus.REMOVED or integer_of(ad, "DAG_Status") == DagStatus.RM:
        return RunState.REMOVED
    code = integer_of(ad, "ExitCode")
    return RunState.FAILED if code is None else RUN_OF_EXIT_CODE.get(code, RunState.FAILED)


def _facts(ad: Ad, state: RunState) -> dict[str, Any]:
    ended = state in (RunState.DONE, RunState.FAILED, RunState.ABORTED, RunState.REMOVED)
    job = text_of(ad, "GlobalJobId") or ""
    return {
        "schedd": job.partition("#")[0] or None,
        "cluster": integer_of(ad, "ClusterId"),
        "global_job_id": job or None,
        "started_at": time_of(ad, "JobStartDate"),
        "ended_at": (time_of(ad, "CompletionDate") or time_of(ad, "EnteredCurrentStatus")) if ended else None,
        "exit_code": integer_of(ad, "ExitCode") if ended else None,
        "hold_reason": text_of(ad, "HoldReason") if state is RunState.HELD else None,
        "nodes_total": integer_of(ad, "DAG_NodesTotal"),
        "nodes_done": integer_of(ad, "DAG_NodesDone"),
        "nodes_failed": integer_of(ad, "DAG_NodesFailed"),
        "nodes_futile": integer_of(ad, "DAG_NodesFutile"),
    }


def _error(ad: Ad, state: RunState) -> str | None:
    if state is RunState.HELD:
        return text_of(ad, "HoldReason")
    if state is RunState.REMOVED:
        return text_of(ad, "RemoveReason") or "removed"
    if state in (RunState.FAILED, RunState.ABORTED, RunState.FUTILE):
        failed, total = integer_of(ad, "DAG_NodesFailed") or 0, integer_of(ad, "DAG_NodesTotal") or 0
        return f"{failed} of {total} steps failed" if total else f"condor_dagman exited with {ad.get('exitcode')}"
    return None


def _any_of(attribute: str, values: Sequence[str]) -> str:
    quoted = ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return f"member({attribute}, {{{quoted}}})"
