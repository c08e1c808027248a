"""The Shoveler: takes the next requests from the DPQ, renders them and hands them to HTCondor.

Exactly once: a request is claimed, with its run and submission rows, in one transaction before HTCondor hears of
it, and the run's id travels in the DAGMan job's ad. A claim whose outcome isn't known (the shoveler was killed,
the database or the schedd went away) is settled by asking the schedd's queue and history for that id.
"""

from __future__ import annotations

import getpass
import logging
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from owl import __version__
from owl.condor.check import Checker
from owl.condor.schedd import Schedd
from owl.condor.submit import DagJob, Submitted, Submitter, run_attributes
from owl.config import Settings
from owl.daemon import host_name, utc_now
from owl.db import daemons, dpq, runs
from owl.db.engine import Database
from owl.errors import OwlError, SubmitFailed, UserError
from owl.model import Daemon, Entry, Run, RunState, Submission
from owl.workflow import workdir
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer, Request

_log = logging.getLogger(__name__)

NAME = "shoveler"
BEAT = timedelta(seconds=5)
# A commit that a killed shoveler sent may still lie in the schedd's socket when the next one asks for it.
SETTLE = timedelta(seconds=3)


@dataclass
class _Trouble:
    """A claim that hasn't come through yet."""

    tries: int = 0
    since: datetime | None = None
    not_before: datetime | None = None


@dataclass
class Shoveler:
    """One shoveler: `step()` takes one shovel-full. All it keeps in memory it can lose."""

    settings: Settings
    database: Database
    catalog: Catalog
    renderer: Renderer
    checker: Checker
    submitter: Submitter
    schedd: Schedd
    host: str = field(default_factory=host_name)
    owner: str = field(default_factory=getpass.getuser)
    started_at: datetime = field(default_factory=utc_now)
    _beaten: datetime | None = None
    _trouble: dict[str, _Trouble] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Who claims, as it stands in the database: the submit host, not the process."""
        return f"{NAME}@{self.host}"

    def step(self) -> bool:
        """Settle old claims, then take and deliver one shovel-full; returns whether there was any."""
        now = utc_now()
        self._beat(now)
        worked = self._settle(now)
        for run in self.database.write(self._claim, now):
            self._deliver(run, run.submission)
            worked = True
        return worked

    def stopped(self) -> None:
        """Tell the database that this shoveler has ended as it should."""
        self.database.write(daemons.stopped, NAME, self.host, os.getpid(), now=utc_now())

    def _beat(self, now: datetime) -> None:
        if self._beaten is not None and now - self._beaten < BEAT:
            return
        alive = Daemon(
            name=NAME,
            host=self.host,
            pid=os.getpid(),
            version=__version__,
            started_at=self.started_at,
            heartbeat=now,
            message=f"{len(self._trouble)} claims in trouble" if self._trouble else "",
        )
        self.database.write(daemons.beat, alive)
        self._beaten = now

    def _claim(self, connection: Connection, now: datetime) -> list[Run]:
        """Within one transaction: the next entries, each with its run and submission."""
        room = self.settings.max_active_runs - runs.count_active(connection)
        if room <= 0:
            return []
        limit = min(room, self.settings.shovel_size)
        claimed = []
        for entry in dpq.claimable(connection, limit=limit, now=now):
            run = self._begin(connection, entry, now)
            if run is not None:
                claimed.append(run)
        return claimed

    def _begin(self, connection: Connection, entry: Entry, now: datetime) -> Run | None:
        if entry.rescue_by is not None and entry.run_id is not None:
            return self._begin_rescue(connection, entry, entry.run_id, now)
        run_id = new_run_id(now)
        if not dpq.mark_claimed(connection, entry.id, run_id):
            return None
        run = Run(
            id=run_id,
            entry_id=entry.id,
            dataset=entry.dataset,
            workflow=entry.workflow,
            priority=entry.priority,
            campaign=entry.campaign,
            owner=self.owner,
            parameters=entry.parameters,
            state=RunState.CLAIMED,
            work_dir=str(workdir.place(self.settings.work_root, entry.workflow, entry.dataset, run_id)),
            created_at=now,
        )
        runs.create(connection, run, self._submission(run_id, 0, entry.created_by, "", now))
        return run

    def _begin_rescue(self, connection: Connection, entry: Entry, run_id: str, now: datetime) -> Run | None:
        if not dpq.mark_claimed(connection, entry.id, run_id):
            return None
        number = runs.get(connection, run_id).submission + 1
        asked_by, reason = entry.rescue_by or "", entry.rescue_reason or ""
        runs.create_rescue(connection, self._submission(run_id, number, asked_by, reason, now))
        return runs.get(connection, run_id)

    def _submission(self, run_id: str, number: int, asked_by: str, reason: str, now: datetime) -> Submission:
        return Submission(
            run_id=run_id,
            number=number,
            state=RunState.CLAIMED,
            claimed_by=self.identity,
            claimed_at=now,
            requested_by=asked_by,
            reason=reason,
        )

    def _settle(self, now: datetime) -> bool:
        """Bring claims of this host through whose outcome isn't known; returns whether one moved."""
        moved = False
        mine = self.database.read(runs.open_submissions, claimed_by=self.identity, states=[RunState.CLAIMED])
        for claim in mine:
            trouble = self._trouble.setdefault(claim.run_id, _Trouble())
            if trouble.not_before is not None and now < trouble.not_before:
                continue
            trouble.since = trouble.since or now
            found = self.schedd.find_submission(claim.run_id, claim.number, since=claim.claimed_at)
            if found is not None:
                taken = Submitted(schedd=self.schedd.name, cluster=int(found["clusterid"]))
                self._taken(claim.run_id, claim.number, taken)
                moved = True
            elif now - max(trouble.since, claim.claimed_at) >= SETTLE:
                self._deliver(self.database.read(runs.get, claim.run_id), claim.number)
                moved = True
        return moved

    def _deliver(self, run: Run, number: int) -> None:
        """Render, check and submit one claim. Its own faults end it; the system's let it be tried again."""
        try:
            dag_file = self._prepare(run)
            self._submit(run, number, dag_file)
        except SubmitFailed as error:
            self._refused(run, number, error)
        except UserError as error:
            self._failed(run, number, str(error))
        except (OwlError, OSError) as error:
            self._postponed(run, str(error))

    def _prepare(self, run: Run) -> Path:
        """The run's DAG file in its work directory; a rescue finds it there."""
        if run.dag_file is not None and run.submission > 0:
            return Path(run.dag_file)
        workflow = self.catalog.get(run.workflow)
        request = Request(
            dataset=run.dataset,
            priority=run.priority,
            campaign=run.campaign,
            run_id=run.id,
            work_dir=run.work_dir,
            parameters=run.parameters,
        )
        rendered = self.renderer.render(workflow, request)
        place = Path(run.work_dir)
        workdir.write(place, rendered.files, _record(run, rendered.digest))
        self.checker.check(
            rendered.files,
            rendered.dag,
            work_dir=place,
            environment=self._environment(run),
            filled=[run.dataset, run.id, run.work_dir, *map(str, run.parameters.values())],
        )
        dag_file = place / rendered.dag
        self.database.write(runs.mark_rendered, run.id, dag_file=str(dag_file), template_digest=rendered.digest)
        return dag_file

    def _submit(self, run: Run, number: int, dag_file: Path) -> None:
        job = DagJob(
            dag_file=dag_file,
            name=f"{run.workflow}_{run.dataset}",
            priority=run.priority,
            attributes={**run_attributes(run.id, number), "OwlDataset": run.dataset},
            environment=self._environment(run),
            rescue=number > 0,
        )
        self._taken(run.id, number, self.submitter.submit(job))

    def _taken(self, run_id: str, number: int, taken: Submitted) -> None:
        self.database.write(
            runs.mark_submitted, run_id, number, schedd=taken.schedd, cluster=taken.cluster, now=utc_now()
        )
        self._trouble.pop(run_id, None)
        _log.info(
            "submitted",
            extra={"action": "run_submitted", "run_id": run_id, "number": number, "cluster": taken.cluster},
        )

    def _refused(self, run: Run, number: int, error: SubmitFailed) -> None:
        trouble = self._trouble.setdefault(run.id, _Trouble())
        trouble.tries += 1
        # A refusal may be a lost answer: only the schedd knows, so `_settle` asks it before the next try.
        if trouble.tries >= self.settings.submit_attempts and self._surely_not_there(run.id, number):
            self._failed(run, number, f"{error} (tried {trouble.tries} times)")
        else:
            self._postponed(run, str(error))

    def _surely_not_there(self, run_id: str, number: int) -> bool:
        try:
            return self.schedd.find_submission(run_id, number) is None
        except OwlError:
            return False

    def _failed(self, run: Run, number: int, reason: str) -> None:
        self._trouble.pop(run.id, None)
        self.database.write(runs.follow, run.id, number, RunState.FAILED, now=utc_now(), error=reason)
        _log.error("%s", reason, extra={"action": "run_failed", "run_id": run.id, "dataset": run.dataset})

    def _postponed(self, run: Run, reason: str) -> None:
        trouble = self._trouble.setdefault(run.id, _Trouble())
        delay = min(60.0, 2.0 ** min(6, trouble.tries + 1))
        trouble.not_before = utc_now() + timedelta(seconds=delay)
        trouble.since = None
        self.database.write(dpq.note, run.entry_id, reason)
        _log.error("%s; trying again in %.0f s", reason, delay, extra={"action": "run_postponed", "run_id": run.id})

    def _environment(self, run: Run) -> Mapping[str, str]:
        """What every step of a run finds: its workflow's programs, and this Python before others."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        own = {"PIPELINE_BASE": str(self.catalog.root / run.workflow), "PATH": path}
        return {**own, **self.settings.environment}


def new_run_id(now: datetime) -> str:
    """An id that sorts by time and is a directory's name: 20260102-030405-9f86d081."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def _record(run: Run, digest: str) -> dict[str, object]:
    return {
        "run_id": run.id,
        "dataset": run.dataset,
        "workflow": run.workflow,
        "priority": run.priority,
        "campaign": run.campaign,
        "owner": run.owner,
        "entry": run.entry_id,
        "parameters": dict(run.parameters),
        "template_digest": digest,
        "created_at": run.created_at.isoformat(),
        "owl_version": __version__,
    }
