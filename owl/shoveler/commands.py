"""Commands of operators that HTCondor has to hear of: another priority for a run that is in its queue."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from owl.condor.schedd import Schedd
from owl.daemon import utc_now
from owl.db import commands, runs
from owl.db.engine import Database
from owl.errors import NotAllowed, NotFound, ScheddAway
from owl.intent import CommandState, Target, TargetKind, Verb
from owl.model import RUN_ENDED, RunState
from owl.shoveler import priority

_log = logging.getLogger(__name__)

OURS = (Verb.PRIORITY,)  # owld carries out the others
AGAIN = 5.0  # seconds: steps that DAGMan has submitted since have the old priority
BUDGET = 2.0  # seconds of one step of the shoveler


@dataclass
class Commands:
    """Carries out what is for this host's schedd."""

    database: Database
    schedd: Schedd
    _next: dict[tuple[int, int], float] = field(default_factory=dict)

    def step(self, targets: Sequence[Target], clock: float) -> None:
        """Carry out commands for as long as the budget lasts; what is left is done in the next step."""
        mine = [one for one in targets if one.kind is TargetKind.RUN and one.run_id is not None]
        latest = {one.run_id: one.command_id for one in mine}
        for one in mine:
            key = (one.command_id, one.id)
            if clock < self._next.get(key, 0.0):
                continue
            if time.monotonic() - clock > BUDGET:
                return
            if latest[one.run_id] != one.command_id:
                self._report(one, CommandState.DONE, "a later command has another priority")
            else:
                self._priority(one, one.run_id or "")
                self._next[key] = clock + AGAIN

    def _priority(self, one: Target, run_id: str) -> None:
        try:
            run = self.database.read(runs.get, run_id)
        except NotFound as error:
            self._report(one, CommandState.FAILED, str(error))
            return
        last = self.database.read(runs.submissions, run_id)[-1]
        if run.state in RUN_ENDED:
            self._report(one, CommandState.DONE, one.result or "the run ended before")
            self._next.pop((one.command_id, one.id), None)
            return
        if run.state is RunState.CLAIMED or last.schedd != self.schedd.name:
            return
        try:
            changed = priority.apply(self.schedd, run_id, run.priority)
        except (ScheddAway, NotAllowed) as error:
            _log.error("%s", error, extra={"action": "priority_failed", "run_id": run_id})
            return
        if one.state is CommandState.QUEUED or changed:
            words = f"{last.schedd} has priority {run.priority}; kept up until the run ends"
            self._report(one, CommandState.RUNNING, words)

    def _report(self, one: Target, state: CommandState, words: str) -> None:
        self.database.write(commands.report, [(one, state, words)], now=utc_now())
        _log.info("%s", words, extra={"action": "command", "command": one.command_id, "state": state})
