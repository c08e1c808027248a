"""The rescue server's step: beat, ready what operators ask for, follow it to its submission, keep the policy."""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from owl import __version__
from owl.daemon import host_name, utc_now
from owl.db import commands, daemons, dpq, runs
from owl.db.engine import Database
from owl.errors import OwlError, UserError
from owl.intent import Command, CommandState, Target, Verb
from owl.model import Daemon, Entry, EntryState, Run, RunState, Submission
from owl.ops.rescues import options_of
from owl.rescue.policy import Policy
from owl.rescue.ready import Readier

_log = logging.getLogger(__name__)

NAME = "rescue-server"
BEAT = 5.0  # seconds
BUDGET = 5.0  # seconds of one step
DEAD_AFTER = timedelta(seconds=45)
_ENDED = (CommandState.DONE, CommandState.FAILED)

Outcome = tuple[CommandState, str]


@dataclass
class RescueServer:
    """One user's rescue server. All it keeps in memory it can lose: what was begun is begun again."""

    database: Database
    readier: Readier
    policy: Policy
    state_dir: str
    owner: str = field(default_factory=getpass.getuser)
    host: str = field(default_factory=host_name)
    started_at: datetime = field(default_factory=utc_now)
    _beaten: float | None = None
    _message: str = ""

    @property
    def place(self) -> str:
        """Where it runs, as its row in the database says: one for each user and state directory of a host."""
        token = hashlib.sha256(self.state_dir.encode()).hexdigest()[:8]
        return f"{self.host}/{self.owner}/{token}"

    @property
    def identity(self) -> str:
        """Who takes requests."""
        return f"{NAME}@{self.place}"

    def step(self) -> bool:
        """Look at every open rescue of this user's runs once; returns whether one moved."""
        self._beat()
        begun, moved = time.monotonic(), False
        for target, order in self.database.read(self._look):
            if target.state is CommandState.QUEUED:
                if not self.database.write(commands.take_one, target, self.identity):
                    continue
                self.readier.faults.passing("taken")
            moved |= self._advance(target, order)
            if time.monotonic() - begun > BUDGET:
                return True
        return self.policy.step() or moved

    def stopped(self) -> None:
        """Tell the database that this rescue server has ended as it should."""
        self.database.write(daemons.stopped, NAME, self.place, os.getpid(), now=utc_now())

    def _look(self, connection: Connection) -> Sequence[tuple[Target, Command]]:
        """What is this one's: its user's runs, not taken by another rescue server that lives."""
        found = commands.open_targets(connection, verbs=[Verb.RESCUE], owner=self.owner)
        mine = [one for one in found if one.schedd in (None, self.readier.schedd.name)]
        taken = {one.taken_by for one in mine} - {None, self.identity}
        if taken:
            alive = {
                f"{NAME}@{one.host}"
                for one in daemons.find(connection)
                if one.name == NAME and one.stopped_at is None and utc_now() - one.heartbeat < DEAD_AFTER
            }
            mine = [one for one in mine if one.taken_by not in alive - {self.identity}]
        orders = commands.of(connection, [one.command_id for one in mine]) if mine else {}
        return [(one, orders[one.command_id]) for one in mine]

    def _advance(self, target: Target, order: Command) -> bool:
        try:
            outcome = self._outcome(target, order)
        except UserError as error:
            outcome = (CommandState.FAILED, str(error))
        except (OwlError, OSError) as error:
            if str(error) != self._message:
                _log.error("%s; trying again", error, extra={"action": "rescue_postponed", "run_id": target.name})
            self._message = str(error)
            return False
        self._message = ""
        if outcome is None or outcome == (target.state, target.result):
            return False
        if outcome[0] in _ENDED:
            self.readier.faults.passing("reporting")
        self._report(target, *outcome)
        return outcome[0] in _ENDED

    def _outcome(self, target: Target, order: Command) -> Outcome | None:
        """What has come of a rescue so far; where it isn't in the queue yet, it is readied and goes there."""
        entry, run = self.database.read(_entry_and_run, target.name)
        if run.submission >= (target.number or 0):
            return _of_submission(self.database.read(runs.submissions, run.id)[target.number or 0])
        if entry.state is EntryState.WAITING and entry.rescue_by is not None:
            return (
                None if target.state is CommandState.RUNNING and target.result else (CommandState.RUNNING, _WAITS)
            )
        if entry.state is EntryState.REMOVED and run.state is not RunState.REMOVED:
            return CommandState.FAILED, "it was taken out of the queue"
        return self._ready(run, target, order)

    def _ready(self, run: Run, target: Target, order: Command) -> Outcome | None:
        options = options_of(order)
        words = self.readier.ready(run, options)
        self.readier.faults.passing("readied")

        def write(connection: Connection) -> bool:
            later = utc_now() + timedelta(seconds=options.after) if options.after else None
            asked = dpq.ask_rescue(
                connection,
                run.entry_id,
                requested_by=order.requested_by,
                reason=order.reason,
                owner=self.owner,
                not_before=later,
            )
            if asked:
                report = (target, CommandState.RUNNING, f"{words}; {_WAITS}")
                commands.report(connection, [report], now=utc_now())
            return asked

        if not self.database.write(write):
            return CommandState.FAILED, "it is being rescued already"
        self.readier.faults.passing("asked")
        told = {"action": "rescue_ready", "run_id": run.id, "requested_by": order.requested_by}
        _log.info("%s", words, extra=told)
        return None

    def _report(self, target: Target, state: CommandState, words: str) -> None:
        if state is CommandState.DONE and target.result:
            words = f"{target.result.removesuffix(f'; {_WAITS}')}; {words}"
        self.database.write(commands.report, [(target, state, words)], now=utc_now())

    def _beat(self) -> None:
        clock = time.monotonic()
        if self._beaten is not None and clock - self._beaten < BEAT:
            return
        facts = {"schedd": self.readier.schedd.known_name, "owner": self.owner}
        alive = Daemon(
            name=NAME,
            host=self.place,
            pid=os.getpid(),
            version=__version__,
            started_at=self.started_at,
            heartbeat=utc_now(),
            message=self._message,
            facts=facts,
        )
        self.database.write(daemons.beat, alive)
        self._beaten = clock


def _entry_and_run(connection: Connection, run_id: str) -> tuple[Entry, Run]:
    """The entry first: a shoveler that claims it between the two has made the run's next submission then."""
    entry = dpq.get(connection, runs.get(connection, run_id).entry_id)
    return entry, runs.get(connection, run_id)


_WAITS = "waits in the queue for its submission"


def _of_submission(one: Submission) -> Outcome | None:
    if one.cluster is not None:
        return CommandState.DONE, f"submitted as rescue {one.number} (job {one.cluster}.0 of {one.schedd})"
    if one.state is RunState.CLAIMED:
        return None
    return CommandState.FAILED, f"it couldn't be submitted: {one.state}; `owl show {one.run_id}` says why"
