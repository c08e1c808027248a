"""Commands on running work: request them, follow them, and read who wanted what."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import aim, audit, commands, dpq, runs
from owl.db.engine import Database
from owl.errors import InvalidName, NotAllowed, NotFound
from owl.intent import (
    COMMAND_OPEN,
    OF_RUNS,
    Command,
    CommandState,
    Selection,
    Target,
    TargetKind,
    Verb,
)
from owl.model import RUN_ENDED, EntryState
from owl.ops.waiting import silent
from owl.workflow.values import check_priority, show

STEP_PRIORITY = 999  # a step's own priority, on top of its request's
LONGEST_TEXT = 2000
LONGEST_WAIT = 10 * 365 * 24 * 3600.0  # seconds
_POLL = 0.1
_NOT_HERE = frozenset({Verb.RESCUE, Verb.DRAIN, Verb.UNDRAIN})  # they have requests of their own


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a command would be aimed at; `waiting` says of daemons that haven't been heard of."""

    steps: int
    runs: int
    schedds: Mapping[str, int]
    waiting: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database

    def request(
        self,
        verb: Verb,
        selection: Selection,
        *,
        requested_by: str,
        reason: str = "",
        value: float | None = None,
        options: Mapping[str, Any] | None = None,
        expires_in: float | None = None,
        everything: bool = False,
    ) -> Command:
        """Write down a command; the daemons of the submit hosts carry it out and write what came of it.

        Args:
            value: the priority, for `Verb.PRIORITY`: of a run its request's, of a step its own (-999 to 999).
            expires_in: seconds after which it is given up where nobody has taken it; None: never.
            everything: a filter that narrows nothing is meant.

        Raises:
            NotFound: it matches nothing.
            NotAllowed: it matches everything, and not `everything`; or a run that is named has ended.
            InvalidName: the value or a text can't be taken.
        """
        if verb in _NOT_HERE:
            raise InvalidName(f"{verb} has a request of its own: owl {'node ' if 'drain' in verb else ''}{verb}")
        check_texts(requested_by, reason)
        _check_value(verb, value)
        if expires_in is not None and not abs(expires_in) <= LONGEST_WAIT:  # nan is neither
            raise InvalidName(f"{expires_in} isn't a number of seconds after which a command can expire")

        def write(connection: Connection) -> Command:
            targets = self._targets(connection, verb, selection, everything=everything)
            now = utc_now()
            number = commands.request(
                connection,
                verb,
                targets,
                requested_by=requested_by,
                now=now,
                reason=reason,
                words=selection.words,
                value=value,
                options=options,
                expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
            )
            if verb is Verb.PRIORITY:
                _keep_priority(connection, targets, int(value or 0))
            return commands.get(connection, number)

        return self.database.write(write)

    def preview(self, verb: Verb, selection: Selection) -> Preview:
        """What a command would be aimed at; nothing is written."""

        def read(connection: Connection) -> Preview:
            targets = aim.targets(connection, verb, selection)
            schedds = Counter(target.schedd or "" for target in targets)
            return Preview(
                steps=sum(target.kind is TargetKind.STEP for target in targets),
                runs=sum(target.kind is TargetKind.RUN for target in targets),
                schedds=schedds,
                waiting=silent(connection, verb, targets),
            )

        return self.database.read(read)

    def get(self, number: int) -> Command:
        """One command, or `NotFound`; what is overdue is expired first."""
        self._expire()
        return self.database.read(commands.get, number)

    def targets(
        self, number: int, *, states: Iterable[CommandState] = (), limit: int = 1000, offset: int = 0
    ) -> Sequence[Target]:
        """What a command is aimed at, and what came of it there."""
        return self.database.read(commands.targets, number, states=list(states), limit=limit, offset=offset)

    def list(
        self,
        *,
        states: Iterable[CommandState] = (),
        verbs: Iterable[str] = (),
        requested_by: str | None = None,
        run_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Command]:
        """Commands, the latest first: also those that governed the shoveler."""
        self._expire()
        return self.database.read(
            commands.find,
            states=list(states),
            verbs=list(verbs),
            requested_by=requested_by,
            run_id=run_id,
            limit=limit,
            offset=offset,
        )

    def wait(self, number: int, seconds: float, *, kept_up: bool = False) -> Command:
        """Wait until a command has ended, at most so long; returns it as it is then.

        `kept_up`: no longer than until all of it is done, and only kept up, as a run's priority is until it ends.
        """
        end = time.monotonic() + seconds
        while (found := self.get(number)).state in COMMAND_OPEN and time.monotonic() < end:
            if kept_up and self._is_kept_up(found):
                break
            time.sleep(_POLL)
        return found

    def _is_kept_up(self, found: Command) -> bool:
        if found.state is not CommandState.RUNNING:
            return False
        left = self.targets(found.id, states=COMMAND_OPEN, limit=aim.MOST)
        return all(one.state is CommandState.RUNNING and one.result for one in left)

    def waits_for(self, number: int) -> Sequence[str]:
        """Of which daemons that haven't been heard of a command's open targets wait, in words."""

        def read(connection: Connection) -> Sequence[str]:
            found = commands.get(connection, number)
            left = commands.targets(connection, number, states=[CommandState.QUEUED], limit=aim.MOST)
            return silent(connection, Verb(found.verb), left)

        return self.database.read(read)

    def broken(self) -> Sequence[tuple[int, str]]:
        """Rows of the audit that were changed past OWL: number, and what is wrong."""
        return self.database.read(lambda connection: list(audit.broken(connection)))

    def latest_digest(self) -> str:
        """The audit's last digest: whoever keeps it elsewhere can see later that nothing before it was changed."""
        return self.database.read(audit.latest)

    def _expire(self) -> None:
        if self.database.read(commands.overdue, now=utc_now()):
            self.database.write(commands.expire, now=utc_now())

    def _targets(
        self, connection: Connection, verb: Verb, selection: Selection, *, everything: bool
    ) -> Sequence[Target]:
        check_selection(selection, verb)
        found = aim.targets(connection, verb, selection)
        if not found:
            raise NotFound(
                f"nothing that {verb} could be done to matches {selection.words}; `owl jobs` shows what is"
            )
        wide = selection.filter is not None and selection.filter.everything
        if wide and not everything:
            raise NotAllowed(f"that would {verb} everything ({len(found)} of them); say --yes if you mean it")
        _refuse_ended(connection, verb, selection, found)
        return found


def check_selection(selection: Selection, verb: Verb) -> None:
    """Raise `InvalidName` where a selection names nothing, or what the verb can't be done to."""
    if not selection.runs and not selection.jobs and selection.filter is None:
        raise InvalidName(f"{verb} what? Name runs, datasets or jobs, or give a filter such as --dataset 'jw931*'")
    if selection.jobs and verb in OF_RUNS:
        raise InvalidName(f"{verb} is for whole runs: name a run or a dataset, not {show(selection.jobs[0])}")


def check_texts(requested_by: str, reason: str) -> None:
    """Raise `InvalidName` where nobody wants it, or the reason is longer than anybody reads."""
    if not requested_by.strip():
        raise InvalidName("a command needs somebody who wants it")
    if len(reason) > LONGEST_TEXT:
        raise InvalidName(f"the reason has {len(reason)} characters; {LONGEST_TEXT} are allowed")


def _check_value(verb: Verb, value: float | None) -> None:
    if (verb is Verb.PRIORITY) != (value is not None):
        raise InvalidName("priority needs a number" if value is None else f"{verb} takes no number")


def _keep_priority(connection: Connection, targets: Sequence[Target], value: int) -> None:
    """A run's priority is its request's: what isn't in HTCondor yet has it at once."""
    for target in targets:
        if target.kind is TargetKind.STEP:
            if abs(value) > STEP_PRIORITY:
                raise InvalidName(f"a step's own priority is -{STEP_PRIORITY} to {STEP_PRIORITY}, not {value}")
            continue
        check_priority(value)
        entry = dpq.get(connection, runs.get(connection, target.name).entry_id)
        if entry.state in (EntryState.ACTIVE, EntryState.CLAIMED, EntryState.WAITING):
            dpq.set_priority(connection, entry.id, value)
        runs.set_priority(connection, target.name, value)


def _refuse_ended(connection: Connection, verb: Verb, selection: Selection, found: Sequence[Target]) -> None:
    """Of runs that are named each must be alive; a filter looks for those that are."""
    named = [target for target in found if target.kind is TargetKind.RUN]
    if not selection.runs or not named:
        return
    states = aim.states_of(connection, [target.name for target in named])
    for target in named:
        if states[target.name] in RUN_ENDED:
            raise NotAllowed(
                f"{target.dataset} (run {target.name}) can't be told to {verb}: it is {states[target.name]}"
            )
