"""What a workflow's own policy rescues: failures of known causes, and steps that need more memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from owl.condor import dag as dags
from owl.daemon import utc_now
from owl.db import blackboard, rescues, runs
from owl.db.engine import Database
from owl.errors import OwlError, UserError
from owl.intent import RescueOptions, Selection, Verb
from owl.model import Execution, Run, State
from owl.ops import latest_of_steps
from owl.ops.commands import Commands
from owl.ops.rescues import Rescues
from owl.owld.triage import tail
from owl.workflow import resources, retry
from owl.workflow.catalog import Catalog, Workflow
from owl.workflow.retry import Failed, Rule

_log = logging.getLogger(__name__)

BY = "owl"  # who asks for it
EVERY = 2.0  # seconds
BACK = timedelta(days=1)  # how far back is looked
BATCH = 500
_DEFAULT_MEMORY = 128  # MB: HTCondor's JOB_DEFAULT_REQUESTMEMORY
_UNITS = {"": 1, "M": 1, "MB": 1, "G": 1024, "GB": 1024, "T": 1024**2, "TB": 1024**2}


@dataclass
class Policy:
    """Rescues of one user's runs that nobody has to ask for."""

    database: Database
    catalog: Catalog
    owner: str
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _removed: set[str] = field(default_factory=set)
    _next: float = 0.0

    def step(self) -> bool:
        """Look at what has failed or is held; returns whether something is rescued."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        wanted = {workflow.name: workflow.retry for workflow in self._workflows() if not workflow.retry.empty}
        if not wanted:
            return False
        since = utc_now() - BACK
        self._release_held(wanted)
        return any([self._look(run, wanted) for run in self._failed(since) if run.workflow in wanted])

    def _workflows(self) -> Sequence[Workflow]:
        found = []
        for name in self.catalog.names():
            try:
                found.append(self.catalog.get(name))
            except UserError as error:
                _log.debug("%s", error)  # a broken workflow has no policy; whoever submits it is told
        return found

    def _failed(self, since: datetime) -> Sequence[Run]:
        found = self.database.read(rescues.failed_since, self.owner, since, limit=BATCH)
        return [run for run in found if (run.id, run.submission) not in self._seen]

    def _look(self, run: Run, wanted: Mapping[str, retry.Policy]) -> bool:
        self._seen.add((run.id, run.submission))
        try:
            options = self._options(run, wanted[run.workflow])
            if options is None:
                return False
            reason = f"rescued automatically, {options.rung}"
            ask = Rescues(database=self.database, catalog=self.catalog)
            ask.request(Selection(runs=(run.id,)), requested_by=BY, reason=reason, options=options)
        except OwlError as error:
            _log.error("%s: %s", run.id, error, extra={"action": "policy_failed", "run_id": run.id})
            return False
        _log.warning("%s", reason, extra={"action": "policy_rescue", "run_id": run.id, "dataset": run.dataset})
        return True

    def _options(self, run: Run, policy: retry.Policy) -> RescueOptions | None:
        """How to rescue a run, or None where an operator has to look: no rule fits, or too many tries."""
        failed = [self._of(run, row) for row in self._failures(run)]
        found = [(one, policy.rule_of(one)) for one in failed]
        if not found or any(rule is None for _, rule in found):
            return None
        rules = [(one, rule) for one, rule in found if rule is not None]
        larger: dict[str, str] = {}
        words = ""
        for one, rule in rules:
            told = self._memory(run, policy, one, larger) if rule.name == retry.MEMORY else self._tries(run, rule)
            if told is None:
                return None
            words = words or told
        return RescueOptions(set=larger, after=max(rule.after for _, rule in rules), rung=words)

    def _tries(self, run: Run, rule: Rule) -> str | None:
        number = self.database.read(rescues.tries, run.id, rule.name) + 1
        return f"{rule.name}: try {number} of {rule.times}" if number <= rule.times else None

    def _memory(self, run: Run, policy: retry.Policy, one: Failed, larger: dict[str, str]) -> str | None:
        rung = policy.next_rung(_asked(run, one.step))
        if rung is None:
            return None
        larger[f"{one.step}.memory"] = str(rung)
        place = f"rung {policy.rungs.index(rung) + 1} of {len(policy.rungs)}"
        return f"{retry.MEMORY}: {place} ({one.step} gets {rung} MB)"

    def _failures(self, run: Run) -> Sequence[Execution]:
        """The last execution of each step that failed, of the run's last submission."""
        last = self.database.read(runs.submissions, run.id)[-1]
        rows = self.database.read(blackboard.of_runs, [run.id])
        mine = [row for row in rows if row.dagman_cluster in (None, last.cluster)]
        return [row for row in latest_of_steps(mine).values() if _is_failure(row)]

    def _of(self, run: Run, row: Execution) -> Failed:
        held = row.hold_code is not None and row.state is not State.EXITED
        return Failed(
            step=row.process_name or "",
            exit_code=row.exit_code,
            exit_signal=row.exit_signal,
            hold_code=row.hold_code if held else None,
            log=(row.hold_reason or "") if held else tail(run, row),
        )

    def _release_held(self, wanted: Mapping[str, retry.Policy]) -> None:
        """A step that is held keeps its DAG from ending: it is removed, so that the DAG ends and is rescued."""
        held = self.database.read(blackboard.find, states=[State.HELD], owner=self.owner, limit=BATCH)
        for row in held:
            if row.run_id is None or row.global_job_id in self._removed:
                continue
            run = self.database.read(runs.get, row.run_id)
            policy = wanted.get(run.workflow)
            rule = policy.rule_of(self._of(run, row)) if policy is not None else None
            if rule is None:
                continue
            self._removed.add(row.global_job_id)
            Commands(database=self.database).request(
                Verb.REMOVE,
                Selection(jobs=(row.global_job_id,)),
                requested_by=BY,
                reason=f"held, {rule.name}: its run is rescued when its DAG has ended",
            )


def _is_failure(row: Execution) -> bool:
    if row.state is State.EXITED:
        return row.exit_code != 0 or row.exit_signal is not None
    # One that was held and taken out ends as Removed; as Aborted where its DAG is the one who took it away.
    return row.state is State.HELD or (row.state in (State.REMOVED, State.ABORTED) and row.hold_code is not None)


def _asked(run: Run, step: str) -> int:
    """The memory in MB that a step's job description asks for."""
    try:
        dag_file = Path(run.dag_file or "")
        dag = dags.parse(dag_file.read_text(encoding="utf-8", errors="replace"), str(dag_file))
        text = (dag_file.parent / dag.nodes[step].job_file).read_text(encoding="utf-8", errors="replace")
    except (OSError, KeyError, OwlError):
        return _DEFAULT_MEMORY
    said = (resources.amount(text, resources.COMMANDS["memory"]) or "").upper().replace(" ", "")
    digits = said.rstrip("MGTB")
    return int(digits) * _UNITS.get(said[len(digits) :], 1) if digits.isdigit() else _DEFAULT_MEMORY
