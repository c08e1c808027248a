"""Reprocessing: a selection on the archive's catalogue becomes requests, in constant memory."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import catalogue, control, dpq, resubmit
from owl.db.catalogue import Selection
from owl.db.engine import Database
from owl.db.resubmit import Unfinished
from owl.errors import InvalidName, InvalidSetting, UserError
from owl.model import ENTRY_ENDED, EntryState
from owl.workflow.catalog import Catalog
from owl.workflow.request import RequestCheck, Wish
from owl.workflow.values import check_name, check_priority

CHUNK = 2000
_SHOWN = 20
_OWN = ("dataset", "instrument", "priority")
_CAUSE = re.compile(r"([A-Za-z_]\w*)?(?::(-?\d+))?")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a selection is to become.

    Args:
        catalog: SQLAlchemy URL of the catalogue.
        priority: of rows that have no column `priority`.
        parameters: the same for every request; a row's columns are its own.
        options: what the query's `:name` stand for, or what a Python selection takes.
        again: also what the campaign has had already, and what waits.
    """

    catalog: str
    selection: Selection
    workflow: str
    campaign: str
    priority: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    skip_bad: bool = False
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Reprocessed:
    """What has come of a selection: counts by instrument ("" where the rows have none), and the first bad rows."""

    added: Mapping[str, int]
    waiting: Mapping[str, int]
    refused: int
    reasons: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Resubmissions:
    """Calls that put work in again; each raises an `OwlError` that says what to do."""

    database: Database
    catalog: Catalog

    def preview(self, which: Unfinished) -> Mapping[tuple[str, EntryState], int]:
        """How many requests `resubmit` would insert, by workflow and state."""
        return self.database.read(resubmit.count, which)

    def resubmit(
        self,
        which: Unfinished,
        *,
        requested_by: str,
        priority: int | None = None,
        campaign: str | None = None,
        reason: str = "",
    ) -> int:
        """Ask again for what is unfinished, all of it or none; returns how many requests that are."""
        if priority is not None:
            check_priority(priority)
        if campaign:
            check_name("campaign", campaign)
        now = utc_now()

        def write(connection: Connection) -> int:
            added = resubmit.resubmit(
                connection, which, requested_by=requested_by, now=now, priority=priority, campaign=campaign
            )
            if added:
                scope = _scope(which)
                control.order(
                    connection, "dpq resubmit", requested_by=requested_by, now=now, scope=scope, reason=reason
                )
            return added

        return self.database.write(write)

    def reprocess(
        self,
        plan: Plan,
        *,
        requested_by: str,
        dry_run: bool = False,
        reason: str = "",
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> Reprocessed:
        """Ask for everything that a selection gives, some thousand rows a transaction.

        What waits already, and what the campaign has had already, is left out: so it can be begun again where it
        was broken off.

        Raises:
            InvalidName, UnknownWorkflow: a row can't become a request, and not `skip_bad`; earlier ones wait.
            CatalogueAway, SelectionFailed: the catalogue's fault, or the query's.
        """
        check_name("campaign", plan.campaign)
        self.catalog.get(plan.workflow)
        work = _Reprocessing(self.database, self.catalog, plan, requested_by, dry_run=dry_run)
        with catalogue.rows_of(plan.catalog, plan.selection, plan.options) as rows:
            numbered = enumerate(rows, start=1)
            while some := list(itertools.islice(numbered, CHUNK)):
                work.take(some)
                progress(len(some))
        if work.added and not dry_run:
            given: dict[str, Any] = {"requested_by": requested_by, "now": utc_now(), "reason": reason}
            self.database.write(control.order, "reprocess", scope=plan.campaign, **given)
        return work.result()


def unfinished(
    *,
    campaign: str | None = None,
    workflow: str | None = None,
    since: datetime | None = None,
    states: Sequence[EntryState] = (EntryState.FAILED, EntryState.REMOVED),
    cause: str | None = None,
) -> Unfinished:
    """What people name when they ask again.

    Args:
        cause: `STEP`, `STEP:EXIT_CODE` or `:EXIT_CODE` that failed; else text that the request's error holds.

    Raises:
        InvalidSetting: nothing bounds it, or a state isn't one of those that end.
    """
    if not campaign and not workflow and since is None:
        raise InvalidSetting(
            "name a campaign, a workflow or a time since when: everything that ever failed is too much"
        )
    if not states or set(states) - ENTRY_ENDED:
        raise InvalidSetting(f"states: give one or more of {', '.join(sorted(ENTRY_ENDED))}")
    found = _CAUSE.fullmatch(cause) if cause else None
    return Unfinished(
        states=tuple(states),
        campaign=campaign or None,
        workflow=workflow or None,
        since=since,
        step=found[1] if found else None,
        exit_code=int(found[2]) if found and found[2] else None,
        says=cause if cause and not found else None,
    )


def _scope(which: Unfinished) -> str:
    """What was asked for again, in words for the record."""
    since = f"since {which.since:%Y-%m-%dT%H:%M:%SZ}" if which.since is not None else ""
    code = f":{which.exit_code}" if which.exit_code is not None else ""
    cause = f"{which.step or ''}{code}" or which.says or ""
    words = [which.campaign or "", which.workflow or "", ",".join(which.states), since, cause]
    return " ".join(word for word in words if word)[:200]


class _Reprocessing:
    """One reprocessing under way."""

    def __init__(self, database: Database, catalog: Catalog, plan: Plan, by: str, *, dry_run: bool) -> None:
        self.database, self.plan, self.by, self.dry_run = database, plan, by, dry_run
        self.declared = catalog.get(plan.workflow).parameters
        self.check = RequestCheck(catalog)
        self.added: Counter[str] = Counter()
        self.waiting: Counter[str] = Counter()
        self.refused = 0
        self.reasons: list[str] = []
        self.seen: set[int] = set()  # a dry run inserts nothing that would tell a dataset that comes twice

    def take(self, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Check some rows and insert what is new."""
        wishes = {wish.dataset: (instrument, wish) for instrument, wish in self._wishes(rows)}
        done = self.database.read if self.dry_run else self.database.write
        added, waiting = done(self._insert, wishes)
        self.added.update(added)
        self.waiting.update(waiting)

    def result(self) -> Reprocessed:
        """What has come of it."""
        return Reprocessed(added=self.added, waiting=self.waiting, refused=self.refused, reasons=self.reasons)

    def _insert(
        self, connection: Connection, wishes: Mapping[str, tuple[str, Wish]]
    ) -> tuple[Counter[str], Counter[str]]:
        there: set[str] = set()
        if not self.plan.again:
            there = dpq.asked_for(connection, list(wishes), self.plan.workflow, self.plan.campaign)
        new = {dataset: one for dataset, one in wishes.items() if dataset not in there and not self._twice(dataset)}
        if not self.dry_run:
            dpq.add_all(connection, [self._row(wish) for _, wish in new.values()], CHUNK)
        added = Counter(instrument for instrument, _ in new.values())
        return added, Counter(instrument for dataset, (instrument, _) in wishes.items() if dataset not in new)

    def _twice(self, dataset: str) -> bool:
        if not self.dry_run:
            return False
        if hash(dataset) in self.seen:
            return True
        self.seen.add(hash(dataset))
        return False

    def _wishes(self, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[str, Wish]]:
        for number, given in rows:
            row = {name.lower(): value for name, value in given.items()}
            try:
                wish = self._wish(row)
                self.check.check(wish)
            except (UserError, TypeError, ValueError) as error:
                self._refuse(f"row {number}: {error}")
                continue
            yield str(row.get("instrument") or ""), wish

    def _wish(self, row: Mapping[str, Any]) -> Wish:
        if row.get("dataset") is None:
            raise InvalidName("it has no dataset: the query must give a column of that name")
        own = {name: value for name, value in row.items() if name not in _OWN or name in self.declared}
        return Wish(
            dataset=str(row["dataset"]).strip(),
            workflow=self.plan.workflow,
            priority=int(row["priority"]) if row.get("priority") is not None else self.plan.priority,
            campaign=self.plan.campaign,
            parameters={
                **self.plan.parameters,
                **{name: _plain(value) for name, value in own.items() if value is not None and name != "dataset"},
            },
        )

    def _refuse(self, reason: str) -> None:
        if not self.plan.skip_bad:
            raise InvalidName(f"{reason}; --skip-bad leaves such rows out")
        self.refused += 1
        if len(self.reasons) < _SHOWN:
            self.reasons.append(reason)

    def _row(self, wish: Wish) -> dict[str, Any]:
        return {
            "dataset": wish.dataset,
            "workflow": wish.workflow,
            "priority": wish.priority,
            "parameters": dict(wish.parameters),
            "campaign": wish.campaign,
            "created_at": utc_now(),
            "created_by": self.by,
        }


def _plain(value: Any) -> str | int | float | bool:
    """A catalogue's value as a parameter may hold it: dates and decimals as text."""
    return value if isinstance(value, str | int | float | bool) else str(value)
