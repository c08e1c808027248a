"""Commands of operators for this host's schedd: carried out one after the other, and reported."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from owl.condor import control
from owl.condor.schedd import Schedd
from owl.daemon import utc_now
from owl.db import commands
from owl.db.engine import Database
from owl.errors import OwlError, ScheddAway
from owl.intent import Command, CommandState, Target, TargetKind, Verb
from owl.owld import dags, machines, single
from owl.owld.reasons import reason_of

_log = logging.getLogger(__name__)

OURS = tuple(verb for verb in Verb if verb is not Verb.RESCUE)
CHUNK = 500  # jobs that are acted on together
BUDGET = 2.0  # seconds of one step of owld's
AGAIN = 1.0  # seconds until what can't be finished yet is looked at again

Outcome = tuple[Target, CommandState, str]
BULK: Mapping[Verb, control.Action] = {
    Verb.HOLD: control.Action.HOLD,
    Verb.RELEASE: control.Action.RELEASE,
    Verb.SUSPEND: control.Action.SUSPEND,
    Verb.CONTINUE: control.Action.CONTINUE,
    Verb.REMOVE: control.Action.REMOVE,
}


@dataclass
class Commands:
    """Carries out what is for one schedd. All it keeps in memory it can lose: doing it twice does no harm."""

    database: Database
    schedd: Schedd
    identity: str
    _again: float = 0.0
    _expire_at: float = 0.0

    def step(self) -> bool:
        """Carry out what is there, for as long as the budget lasts; returns whether something was done.

        Raises:
            ScheddAway: HTCondor doesn't answer; what was begun is begun again at the next step.
        """
        begun = time.monotonic()
        targets, orders = self.database.read(self._look)
        if begun >= self._expire_at:
            self._expire_at = begun + AGAIN
            if self.database.read(commands.overdue, now=utc_now()):
                self.database.write(commands.expire, now=utc_now())
        waiting = begun < self._again
        targets = [one for one in targets if not (waiting and one.state is CommandState.RUNNING)]
        for number, mine in groupby(targets, key=lambda one: one.command_id):
            for outcomes in self._carry_out(orders[number], list(mine)):
                self._report(orders[number], outcomes)
                if time.monotonic() - begun > BUDGET:
                    return True
        return bool(targets)

    def _look(self, connection: Connection) -> tuple[Sequence[Target], Mapping[int, Command]]:
        """What is for this schedd; the priority of a whole run is the shoveler's to keep up."""
        targets = commands.open_targets(connection, verbs=OURS, schedd=self.schedd.name)
        orders = commands.of(connection, [one.command_id for one in targets]) if targets else {}
        mine = [
            one for one in targets if one.kind is not TargetKind.RUN or orders[one.command_id].verb != Verb.PRIORITY
        ]
        return mine, orders

    def _carry_out(self, order: Command, targets: Sequence[Target]) -> Iterator[Sequence[Outcome]]:
        verb = Verb(order.verb)
        steps = [one for one in targets if one.kind is TargetKind.STEP]
        if len(targets) > 1:
            self.database.write(commands.take, targets, self.identity)
        for start in range(0, len(steps), CHUNK):
            yield self._steps(order, verb, steps[start : start + CHUNK])
        for one in targets:
            if one.kind is not TargetKind.STEP:
                yield [self._one(order, verb, one)]

    def _steps(self, order: Command, verb: Verb, steps: Sequence[Target]) -> Sequence[Outcome]:
        if verb not in BULK:
            return [self._one(order, verb, one) for one in steps]
        jobs = {job_of(one): one for one in steps}
        found = control.act(self.schedd, BULK[verb], list(jobs), reason_of(order))
        return [
            (one, CommandState.DONE if found[job].good else CommandState.FAILED, found[job].words)
            for job, one in jobs.items()
        ]

    def _one(self, order: Command, verb: Verb, target: Target) -> Outcome:
        """One run, machine, or step that HTCondor is asked about by itself."""
        try:
            if target.kind is TargetKind.NODE:
                return target, CommandState.DONE, machines.carry_out(verb, target.name, reason_of(order))
            if target.kind is TargetKind.STEP:
                words = single.carry_out(self.schedd, verb, job_of(target), order.value)
                return target, CommandState.DONE, words
            state, words = dags.carry_out(self.database, self.schedd, verb, target, order)
            return target, state, words
        except ScheddAway:
            raise
        except OwlError as error:
            return target, CommandState.FAILED, str(error)

    def _report(self, order: Command, outcomes: Sequence[Outcome]) -> None:
        self.database.write(commands.report, outcomes, now=utc_now())
        if any(state is CommandState.RUNNING for _, state, _ in outcomes):
            self._again = time.monotonic() + AGAIN
        bad = sum(state is CommandState.FAILED for _, state, _ in outcomes)
        _log.info(
            "%s: %d targets, %d not done",
            order.verb,
            len(outcomes),
            bad,
            extra={"action": "command", "command": order.id, "requested_by": order.requested_by},
        )


def job_of(target: Target) -> str:
    """`cluster.proc` of a GlobalJobId, as HTCondor makes it: schedd#cluster.proc#time."""
    return target.name.split("#")[1]
