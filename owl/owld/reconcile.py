"""Reconciliation: the schedd's queue and history are the truth, and the blackboard follows them.

One query of the queue and one of the history (since the last look) an interval. What the hooks saw is confirmed
or completed, what they never saw (idle, held, removed, evicted, lost) is added.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from owl.condor import schedd as schedds
from owl.condor.classad import integer_of
from owl.condor.reports import SOURCE_HISTORY, SOURCE_QUEUE
from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus
from owl.daemon import utc_now
from owl.db import blackboard, bundles, runs
from owl.db.engine import Database
from owl.model import RUN_ENDED, RunState, Submission
from owl.owld import steps, submissions
from owl.owld.bare import complete
from owl.owld.bundles import Bundles
from owl.owld.settled import Settled

_log = logging.getLogger(__name__)

# Neither in the queue nor in the history for this long: HTCondor knows nothing of it any more.
LOST_AFTER = timedelta(seconds=60)
# Not seen for this long: it is looked for by its own name.
LATE = timedelta(seconds=5)

Ad = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One look at the schedd."""

    at: datetime
    name: str
    queue: Sequence[Ad]
    history: Sequence[Ad]
    epochs: Sequence[Ad]


class Reconciler:
    """Compares one schedd with the blackboard, again and again."""

    def __init__(
        self, database: Database, schedd: Schedd, *, since: datetime | None = None, patience: timedelta = LATE
    ) -> None:
        self.database = database
        self.schedd = schedd
        self.bundles = Bundles(database)
        self._mark = since
        self._history, self._epochs = Settled(LATE), Settled(LATE)
        self._missing: dict[str, datetime] = {}
        # Jobs that have left the queue, since when: their hooks' records have this long to come from the spools.
        self._left: dict[str, datetime] = {}
        self._patience = patience
        self.ended = 0  # runs whose end was seen
        self.silent_hooks: Counter[str] = Counter()  # by host: steps of which no hook has told, and why

    def step(self) -> Counter[str]:
        """Compare once; returns the repairs of the blackboard, counted by their cause."""
        self.bundles.look(self.database.read(runs.open_submissions))
        seen = self._look()
        history = self._history.due(seen.history, seen.at)
        repairs = self._steps(seen, history, self._epochs.due(seen.epochs, seen.at))
        self._submissions(seen)
        self._complete(history, seen.at)
        self._history.took()
        self._epochs.took()
        self._mark = seen.at
        return repairs

    def _look(self) -> _Seen:
        at, name = utc_now(), self.schedd.name
        oldest = self._oldest_open(name)
        queue = self.schedd.queue()
        if oldest is None and not queue and self._mark is not None:
            # Nothing can have ended since the last look. (Each search of a history leaks a kilobyte in HTCondor's
            # bindings, too.)
            return _Seen(at=at, name=name, queue=(), history=(), epochs=())
        since = self._mark or oldest or at
        history = self.schedd.history(since=schedds.left_before(since, quick=True))
        epochs = self.schedd.epochs(since=schedds.ran_before(since))
        return _Seen(
            at=at, name=name, queue=self._ours(queue), history=self._ours(history), epochs=self._ours(epochs)
        )

    def _complete(self, history: Sequence[Ad], at: datetime) -> None:
        self._left = {str(ad["globaljobid"]): at for ad in history} | self._left
        due = [job for job, since in self._left.items() if abs(at - since) >= self._patience]
        if due:
            self.silent_hooks += complete(self.database, self.schedd, due)
        for job in due:
            del self._left[job]

    def _ours(self, ads: Sequence[Ad]) -> list[Ad]:
        """The jobs of this database's runs: a schedd may serve another OWL too, with a database of its own."""
        known = self.database.read(runs.known, [submissions.key(ad)[0] for ad in ads])
        shared = {submissions.bundle(ad) for ad in ads} - {""}
        ours = self.database.read(bundles.find, shared) if shared else {}
        return [ad for ad in ads if submissions.key(ad)[0] in known or submissions.bundle(ad) in ours]

    def _oldest_open(self, schedd: str) -> datetime | None:
        """Since when something has been open; after a restart, that may have left the queue meanwhile."""
        times = [row.observed_at for row in self.database.read(blackboard.not_ended, schedd=schedd)]
        times += [row.claimed_at for row in self.database.read(runs.open_submissions)]
        return min(times, default=None)

    def _steps(self, seen: _Seen, history: Sequence[Ad], epochs: Sequence[Ad]) -> Counter[str]:
        jobs = [(ad, SOURCE_HISTORY) for ad in schedds.steps(history)]
        jobs += [(ad, SOURCE_QUEUE) for ad in schedds.steps(seen.queue)]
        starts = schedds.steps(epochs)
        repairs = self.database.write(steps.record_epochs, starts, seen.at) if starts else Counter()
        repairs += self.database.write(steps.record, jobs, seen.at) if jobs else Counter()
        return repairs + self._gone(seen, {str(ad["globaljobid"]) for ad, _ in jobs})

    def _gone(self, seen: _Seen, known: set[str]) -> Counter[str]:
        """Open executions whose job wasn't seen now: from the history since they began, or Lost after a while."""
        rows = {row.global_job_id: row for row in self.database.read(blackboard.not_ended, schedd=seen.name)}
        missing = rows.keys() - known
        self._missing = {job: self._missing.get(job, seen.at) for job in missing}
        late = [job for job, since in self._missing.items() if seen.at - since >= LATE]
        if not late:
            return Counter()
        found = self._look_for(late, min(rows[job].observed_at for job in late))
        there = {str(ad["globaljobid"]) for ad, _ in found}
        lost = [j for j in late if j not in there and seen.at - self._missing[j] >= LOST_AFTER]
        repairs = self.database.write(steps.lose, lost, seen.at) if lost else Counter()
        return repairs + self.database.write(steps.record, found, seen.at)

    def _look_for(self, jobs: Sequence[str], oldest: datetime) -> list[tuple[Ad, str]]:
        """Jobs by their names: a hook also tells of jobs that are of no run here, and they may be alive."""
        named = schedds.any_of("GlobalJobId", jobs)
        found: list[tuple[Ad, str]] = [(ad, SOURCE_QUEUE) for ad in self.schedd.queue(named)]
        gone = self.schedd.history(named, match=len(jobs), since=schedds.left_before(oldest))
        return [(ad, SOURCE_HISTORY) for ad in gone] + found

    def _submissions(self, seen: _Seen) -> None:
        ended = {_dagman_key(ad): ad for ad in seen.history if schedds.is_dagman(ad)}
        alive = {_dagman_key(ad): ad for ad in seen.queue if schedds.is_dagman(ad)}
        leaving = {submissions.key(ad)[0] for ad in schedds.steps(seen.queue)}
        for submission in self.database.read(runs.open_submissions):
            key = _key(submission)
            if submission.bundle_id is not None and (key in alive or key in ended):
                gone, leaves = key not in alive, submission.run_id in leaving
                self._follow_bundled(submission, ended[key] if gone else alive[key], gone, leaves, seen.at)
            elif key in alive:
                self._follow(submission, alive[key], submissions.state_in_queue(alive[key]), seen.at)
            elif key in ended:
                self._follow(submission, ended[key], submissions.state_in_history(ended[key]), seen.at)
            elif submission.schedd == seen.name and submission.submitted_at is not None:
                self._search(submission, seen.at)

    def _search(self, submission: Submission, now: datetime) -> None:
        if submission.submitted_at is None or now - submission.submitted_at < LATE:
            return
        if submission.bundle_id is not None:
            ad = self.schedd.find_bundle(submission.bundle_id, since=submission.claimed_at)
        else:
            ad = self.schedd.find_submission(submission.run_id, submission.number, since=submission.claimed_at)
        if ad is not None and integer_of(ad, "JobStatus") in (JobStatus.COMPLETED, JobStatus.REMOVED):
            if submission.bundle_id is not None:
                self._follow_bundled(submission, ad, True, False, now)
            else:
                self._follow(submission, ad, submissions.state_in_history(ad), now)
        elif ad is None and now - submission.submitted_at > LOST_AFTER:
            reason = "the schedd knows nothing of its DAGMan job any more"
            self.database.write(
                runs.follow, submission.run_id, submission.number, RunState.LOST, now=now, error=reason
            )

    def _follow(self, submission: Submission, ad: Ad, state: RunState, now: datetime) -> None:
        self._write(submission, state, submissions.error(ad, state), submissions.facts(ad, state), now)

    def _follow_bundled(self, submission: Submission, ad: Ad, gone: bool, leaving: bool, now: datetime) -> None:
        told = self.bundles.told(submission, ad, gone=gone)
        if leaving and not gone and told.state in RUN_ENDED:
            return  # DAGMan knows the end of a step that the queue still holds: nothing of an ended run may run
        self._write(submission, told.state, told.error, told.facts, now)

    def _write(
        self, submission: Submission, state: RunState, error: str | None, facts: Mapping[str, Any], now: datetime
    ) -> None:
        same = all(getattr(submission, name) == value for name, value in facts.items() if value is not None)
        if state is submission.state and same:
            return
        moved = self.database.write(
            runs.follow,
            submission.run_id,
            submission.number,
            state,
            now=facts.get("ended_at") or now,
            error=error,
            facts=facts,
        )
        if moved:
            self.ended += state in RUN_ENDED
            _log.info("run is %s", state, extra={"action": "run_followed", "run_id": submission.run_id})


def _key(submission: Submission) -> tuple[str, int]:
    return (submission.bundle_id or submission.run_id, submission.number)


def _dagman_key(ad: Ad) -> tuple[str, int]:
    shared = submissions.bundle(ad)
    return (shared, 0) if shared else submissions.key(ad)
