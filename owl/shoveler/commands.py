"""Commands of operators that HTCondor has to hear of: another priority for a run that is in its queue."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from owl.condor.schedd import Schedd
from owl.daemon import utc_now
from owl.db import control, runs
from owl.db.engine import Database
from owl.errors import NotFound, ScheddAway
from owl.model import RUN_ENDED, RunState
from owl.shoveler import priority

_log = logging.getLogger(__name__)

PRIORITY = "priority"
AGAIN = 5.0  # seconds: steps that DAGMan has submitted since have the old priority
BUDGET = 2.0  # seconds of one step of the shoveler


@dataclass
class Commands:
    """Carries out what is for this host's schedd."""

    database: Database
    schedd: Schedd
    _next: dict[int, float] = field(default_factory=dict)

    def step(self, commands: Sequence[control.Command], clock: float) -> None:
        """Carry out commands for as long as the budget lasts; what is left is done in the next step."""
        latest = {one.run_id: one.id for one in commands if one.verb == PRIORITY}
        for one in commands:
            if one.verb != PRIORITY or one.run_id is None or clock < self._next.get(one.id, 0.0):
                continue
            if time.monotonic() - clock > BUDGET:
                return
            if latest[one.run_id] != one.id:
                self._report(one, control.DONE, "a later command has another priority")
            else:
                self._priority(one, one.run_id)
                self._next[one.id] = clock + AGAIN

    def _priority(self, one: control.Command, run_id: str) -> None:
        try:
            run = self.database.read(runs.get, run_id)
        except NotFound as error:
            self._report(one, control.FAILED, str(error))
            return
        last = self.database.read(runs.submissions, run_id)[-1]
        if run.state in RUN_ENDED:
            self._report(one, control.DONE, one.result or "the run ended before")
            self._next.pop(one.id, None)
            return
        if run.state is RunState.CLAIMED or last.schedd != self.schedd.name:
            return
        try:
            changed = priority.apply(self.schedd, run_id, run.priority)
        except ScheddAway as error:
            _log.error("%s", error, extra={"action": "priority_failed", "run_id": run_id})
            return
        if one.state == control.QUEUED or changed:
            words = f"{last.schedd} has priority {run.priority}; kept up until the run ends"
            self._report(one, control.RUNNING, words)

    def _report(self, one: control.Command, state: str, words: str) -> None:
        self.database.write(control.report, one.id, state, words, now=utc_now())
        _log.info("%s", words, extra={"action": "command", "command": one.id, "state": state})
