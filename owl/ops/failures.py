"""Triage: failures by cause, their rescue by the group, and machines that spoil what runs on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import failures
from owl.db.engine import Database
from owl.db.failures import BadNode, Failure, Group
from owl.errors import NotFound
from owl.intent import Command, RescueOptions, Selection
from owl.ops.rescues import Rescues
from owl.workflow.catalog import Catalog
from owl.workflow.values import show

BAD_WINDOW = timedelta(hours=24)
BAD_STEPS = 3  # different steps that failed there
BAD_FAILURES = 5
BAD_SHARE = 0.5  # of what was started there


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database
    catalog: Catalog

    def groups(
        self,
        *,
        since: datetime | None = None,
        workflow: str | None = None,
        campaign: str | None = None,
        everything: bool = False,
        limit: int = 50,
    ) -> Sequence[Group]:
        """Failures by cause, the most frequent first; of `everything`: also those that were rescued since."""
        return self.database.read(
            failures.groups,
            since=since,
            workflow=workflow,
            campaign=campaign,
            everything=everything,
            limit=limit,
        )

    def group(self, cause: str, *, limit: int = 20) -> Sequence[Failure]:
        """The latest failures of one cause, or `NotFound`."""
        found = self.database.read(failures.of_cause, cause, limit=limit)
        if not found:
            raise NotFound(f"there are no failures {show(cause)}; `owl failures` shows those there are")
        return found

    def rescue(
        self, cause: str, *, requested_by: str, reason: str = "", options: RescueOptions | None = None
    ) -> Command:
        """Ask that every run of a cause that is still failed goes on.

        Raises:
            NotFound: there is no such cause, or all of its runs were rescued.
        """
        self.group(cause, limit=1)
        runs = tuple(self.database.read(failures.runs_of, cause))
        if not runs:
            raise NotFound(f"no run of {show(cause)} is failed any more")
        rescues = Rescues(database=self.database, catalog=self.catalog)
        return rescues.request(
            Selection(runs=runs), requested_by=requested_by, reason=reason, options=options, skip_others=True
        )

    def bad_nodes(self, *, since: datetime | None = None) -> Sequence[BadNode]:
        """Machines on which most of what was started failed, in many different steps."""
        return self.database.read(bad_nodes, since=since)


def bad_nodes(connection: Connection, *, since: datetime | None = None) -> Sequence[BadNode]:
    """Machines on which, since a time (else in the last day), most of what was started failed."""
    start = since or utc_now() - BAD_WINDOW
    found = failures.bad_nodes(connection, start, steps=BAD_STEPS, failures=BAD_FAILURES)
    return [one for one in found if one.failed >= BAD_SHARE * one.started]


def in_words(group: Group) -> str:
    """How the steps of a group ended, in a few words."""
    parts = dataclasses.asdict(group)
    for name, words in (("exit_signal", "signal"), ("exit_code", "exit"), ("hold_code", "hold")):
        if parts[name] is not None:
            return f"{words} {parts[name]}"
    return "failed"
