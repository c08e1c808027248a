"""Requests, rescues, and what is known of runs and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from owl.config import Settings
from owl.daemon import utc_now
from owl.db import aim, blackboard, commands, control, daemons, dpq, runs
from owl.errors import NotFound
from owl.intent import RescueOptions, Selection, Verb
from owl.model import (
    Daemon,
    Entry,
    EntryState,
    Execution,
    Run,
    RunState,
    State,
    Submission,
)
from owl.ops import provenance
from owl.ops.accounting import Accounted, Accounting, account, unexpected
from owl.ops.accounts import Accounts
from owl.ops.associations import Associations
from owl.ops.bulk import Loaded, Loader, Refused, Wanted
from owl.ops.campaigns import Campaigns
from owl.ops.commands import Commands
from owl.ops.failures import Failures
from owl.ops.governance import Governance
from owl.ops.look import Look
from owl.ops.nodes import Nodes
from owl.ops.pollers import Pollers
from owl.ops.provenance import Provenance
from owl.ops.queue import QueueWork
from owl.ops.reprocess import Resubmissions
from owl.ops.rescues import Rescues
from owl.ops.templates import Templates
from owl.workflow.catalog import Workflow
from owl.workflow.render import Rendered, Renderer, Request
from owl.workflow.request import RequestCheck, Wish
from owl.workflow.values import check_name, check_priority

DAEMON_SILENT_AFTER = 30.0  # seconds without a heartbeat


@dataclass(frozen=True, kw_only=True)
class Status:
    """OWL at one look."""

    at: datetime
    entries: Mapping[EntryState, int]
    runs: Mapping[RunState, int]
    executions: Mapping[State, int]
    daemons: Sequence[Daemon]
    alerts: Sequence[control.Alert] = ()

    @property
    def pool(self) -> Mapping[str, Any]:
        """What the owld that spoke last says of the pool; empty where none has."""
        known = [one for one in self.daemons if one.facts.get("slots") is not None]
        return max(known, key=lambda one: one.heartbeat).facts if known else {}

    def alive(self, daemon: Daemon) -> bool:
        """Whether a daemon has been heard of lately and hasn't said goodbye."""
        silent = (self.at - daemon.heartbeat).total_seconds()
        return daemon.stopped_at is None and silent < DAEMON_SILENT_AFTER


@dataclass(frozen=True, kw_only=True)
class RunDetails:
    """A run with everything that belongs to it."""

    run: Run
    entry: Entry
    submissions: Sequence[Submission]
    executions: Sequence[Execution]


@dataclass(frozen=True, kw_only=True)
class Operations(QueueWork):
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    environment: Mapping[str, str] = field(default_factory=dict)  # what the settings give to every workflow
    scratch: Path | None = None  # where templates are checked

    def governance(self, settings: Settings) -> Governance:
        """What governs the shoveler; what isn't set there is as in these settings."""
        return Governance(
            database=self.database,
            catalog=self.catalog,
            defaults={
                "shovel_size": settings.shovel_size,
                "period": settings.shoveler_period,
                "max_active_runs": settings.max_active_runs,
            },
        )

    @property
    def commands(self) -> Commands:
        """What operators want of running work."""
        return Commands(database=self.database)

    @property
    def rescues(self) -> Rescues:
        """Failed runs that are to go on."""
        return Rescues(database=self.database, catalog=self.catalog)

    @property
    def failures(self) -> Failures:
        """What has failed, by cause."""
        return Failures(database=self.database, catalog=self.catalog)

    @property
    def nodes(self) -> Nodes:
        """Machines that are taken out and back in."""
        return Nodes(database=self.database)

    @property
    def campaigns(self) -> Campaigns:
        """Labelled batches of requests."""
        return Campaigns(database=self.database)

    @cached_property
    def look(self) -> Look:
        """Pages and counts of everything, for the GUI."""
        return Look(database=self.database)

    @property
    def templates(self) -> Templates:
        """The workflows' templates, to look at."""
        return Templates(
            database=self.database, catalog=self.catalog, environment=self.environment, scratch=self.scratch
        )

    @property
    def accounts(self) -> Accounts:
        """Who may use the GUI and the API."""
        return Accounts(database=self.database)

    def accounting(self, expected: Iterable[str], *, workflow: str | None = None) -> Accounting:
        """What has become of expected datasets: processed, failed, waiting, rejected, missing."""
        return self.database.read(account, list(expected), workflow)

    def unexpected(
        self,
        expected: Iterable[str],
        *,
        like: str,
        since: datetime | None = None,
        workflow: str | None = None,
        limit: int = 10_000,
    ) -> Sequence[Accounted]:
        """Datasets that have arrived (a poller asked for them) and aren't expected, by name.

        `like` says which names belong to what was expected; it may hold `*` and `?`.
        """
        return self.database.read(
            unexpected, list(expected), like=like, since=since, workflow=workflow, limit=limit
        )

    @property
    def associations(self) -> Associations:
        """Datasets that are processed together when each of them is done."""
        return Associations(database=self.database, catalog=self.catalog)

    @property
    def resubmissions(self) -> Resubmissions:
        """Work that is put in again: reprocessing, and what is unfinished."""
        return Resubmissions(database=self.database, catalog=self.catalog)

    @property
    def pollers(self) -> Pollers:
        """What watches directories for files."""
        return Pollers(database=self.database)

    def load(
        self,
        wanted: Iterable[Wanted | Refused],
        *,
        requested_by: str,
        skip_bad: bool = False,
        again: bool = False,
        progress: Callable[[int], None] = lambda _lines: None,
    ) -> Loaded:
        """Ask for many datasets at once: all of them or, unless `skip_bad`, none."""
        loader = Loader(self.database, self.catalog, requested_by, utc_now(), skip_bad=skip_bad, again=again)
        return loader.load(wanted, progress)

    def add(
        self,
        dataset: str,
        workflow: str,
        *,
        priority: int = 0,
        parameters: Mapping[str, Any] | None = None,
        campaign: str = "",
        requested_by: str,
        again: bool = False,
    ) -> int:
        """Ask for a dataset to be processed; returns the DPQ entry's number.

        Raises:
            InvalidName, UnknownWorkflow, TemplateError: the request can't be carried out as it is.
            DuplicateRequest: the same waits already, and not `again`.
        """
        given = dict(parameters or {})
        wish = Wish(dataset=dataset, workflow=workflow, priority=priority, campaign=campaign, parameters=given)
        RequestCheck(self.catalog).check(wish)
        return self.database.write(
            dpq.add,
            dataset=dataset,
            workflow=workflow,
            priority=priority,
            parameters=given,
            campaign=campaign,
            created_by=requested_by,
            now=utc_now(),
            again=again,
        )

    def entries(
        self,
        *,
        dataset: str | None = None,
        workflow: str | None = None,
        campaign: str | None = None,
        states: Iterable[EntryState] = (),
        limit: int = 100,
    ) -> Sequence[Entry]:
        """DPQ entries in the order in which they are shovelled."""
        wanted = list(states)
        return self.database.read(
            dpq.find, dataset=dataset, workflow=workflow, campaign=campaign, states=wanted, limit=limit
        )

    def entry(self, entry_id: int) -> Entry:
        """One DPQ entry, or `NotFound`."""
        return self.database.read(dpq.get, entry_id)

    def update(
        self,
        entry_id: int,
        *,
        priority: int | None = None,
        campaign: str | None = None,
        requested_by: str = "",
    ) -> Entry:
        """Change a waiting entry, or the priority of one that is in HTCondor; else `NotAllowed`.

        In HTCondor the steps that wait for a slot follow within seconds, and so do those that come later.
        """
        if priority is not None:
            check_priority(priority)
        if campaign:
            check_name("campaign", campaign)
        return self.database.write(_change, entry_id, priority, campaign, requested_by)

    def delete(self, entry_id: int) -> Entry:
        """Take a waiting entry out of the queue, or `NotAllowed`."""
        return self.database.write(dpq.delete, entry_id, now=utc_now())

    def rescue(
        self, dataset_or_run: str, *, requested_by: str, reason: str = "", options: RescueOptions | None = None
    ) -> Run:
        """Ask that a failed run goes on from where it failed; returns the run.

        Raises:
            NotAllowed: it hasn't failed, or its rescue is asked for already.
        """
        self.rescues.request(
            Selection(runs=(dataset_or_run,)), requested_by=requested_by, reason=reason, options=options
        )
        return self.run(dataset_or_run).run

    def executions(self, **filters: Any) -> Sequence[Execution]:
        """Executions on the blackboard; for the filters see `owl.db.blackboard.find`."""
        return self.database.read(blackboard.find, **filters)

    def run(self, dataset_or_run: str) -> RunDetails:
        """A run by its id, or the newest of a dataset, with everything that belongs to it."""
        return self.database.read(_details, dataset_or_run)

    def provenance(self, dataset_or_run: str) -> Provenance:
        """All that is known of a run, from its request to its products."""

        def read(connection: Connection) -> Provenance:
            found = _details(connection, dataset_or_run)
            return provenance.read(connection, self.catalog, found.run, found.entry, found.submissions)

        return self.database.read(read)

    def runs(
        self, *, states: Iterable[RunState] = (), campaign: str | None = None, limit: int = 100
    ) -> Sequence[Run]:
        """Runs, newest first."""
        return self.database.read(runs.find, states=list(states), campaign=campaign, limit=limit)

    def executions_of(self, run_ids: Sequence[str]) -> Sequence[Execution]:
        """Every execution of some runs, in the order in which they started."""
        return self.database.read(blackboard.of_runs, run_ids)

    def status(self) -> Status:
        """Counts of everything, and the daemons."""
        return self.database.read(_status)

    def workflows(self) -> list[Workflow]:
        """Every workflow that there is."""
        return list(self.catalog)

    def render(
        self, workflow: str, dataset: str, *, parameters: Mapping[str, Any], priority: int = 0, campaign: str = ""
    ) -> Rendered:
        """What a request would become; nothing is written or submitted."""
        check_name("dataset", dataset)
        check_priority(priority)
        request = Request(
            dataset=dataset,
            priority=priority,
            campaign=campaign,
            run_id="RUN_ID",
            work_dir="WORK_DIR",
            parameters=parameters,
        )
        return Renderer().render(self.catalog.get(workflow), request)


def latest_of_steps(executions: Sequence[Execution]) -> dict[str, Execution]:
    """The last execution of each step of one run, by process name; `executions` in the order of their start."""
    return {row.process_name: row for row in executions if row.process_name is not None}


def _find(connection: Connection, dataset_or_run: str) -> Run:
    try:
        return runs.get(connection, dataset_or_run)
    except NotFound:
        return runs.latest(connection, dataset_or_run)


def _change(
    connection: Connection, entry_id: int, priority: int | None, campaign: str | None, requested_by: str
) -> Entry:
    entry = dpq.get(connection, entry_id)
    if entry.state is not EntryState.ACTIVE or priority is None or campaign is not None or entry.run_id is None:
        return dpq.change(connection, entry_id, priority=priority, campaign=campaign)
    dpq.set_priority(connection, entry_id, priority)
    runs.set_priority(connection, entry.run_id, priority)
    commands.request(
        connection,
        Verb.PRIORITY,
        aim.targets(connection, Verb.PRIORITY, Selection(runs=(entry.run_id,))),
        requested_by=requested_by,
        now=utc_now(),
        words=entry.run_id,
        value=float(priority),
    )
    return dpq.get(connection, entry_id)


def _details(connection: Connection, dataset_or_run: str) -> RunDetails:
    run = _find(connection, dataset_or_run)
    return RunDetails(
        run=run,
        entry=dpq.get(connection, run.entry_id),
        submissions=runs.submissions(connection, run.id),
        executions=blackboard.of_runs(connection, [run.id]),
    )


def _status(connection: Connection) -> Status:
    return Status(
        at=utc_now(),
        entries=dpq.counts(connection),
        runs=runs.counts(connection),
        executions=blackboard.counts(connection),
        daemons=daemons.find(connection),
        alerts=control.open_alerts(connection),
    )
