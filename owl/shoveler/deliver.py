"""Delivery of one claim: render, check, submit, mark; and what becomes of it where one of these fails."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from owl import __version__
from owl.condor import load, priorities
from owl.condor.check import Checker
from owl.condor.schedd import Schedd
from owl.condor.submit import DagJob, Submitted, Submitter, run_attributes
from owl.config import Settings
from owl.daemon import utc_now
from owl.db import dpq, runs
from owl.db.engine import Database
from owl.errors import OwlError, SubmitFailed, UserError
from owl.figures import Figures
from owl.model import Run, RunState
from owl.shoveler import priority
from owl.shoveler.faults import Faults
from owl.workflow import workdir
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer, Request

_log = logging.getLogger(__name__)


@dataclass
class Trouble:
    """A claim that hasn't come through yet; `since` is on the monotonic clock, like `not_before`."""

    tries: int = 0
    since: float | None = None
    not_before: float | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A run whose files are in its work directory, and good."""

    run: Run
    dag_file: Path
    digest: str


@dataclass
class Courier:
    """Takes claims to HTCondor. `lease` makes sure that this shoveler counts as alive before it submits."""

    settings: Settings
    database: Database
    catalog: Catalog
    renderer: Renderer
    checker: Checker
    submitter: Submitter
    schedd: Schedd
    identity: str
    lease: Callable[[], float]  # returns the monotonic clock
    faults: Faults
    figures: Figures
    trouble: dict[str, Trouble] = field(default_factory=dict)

    def deliver(self, run: Run, number: int) -> None:
        """Render, check and submit one claim. Its own faults end it; the system's let it be tried again."""
        try:
            self._submit(run, number, self._dag_file(run))
        except SubmitFailed as error:
            self._refused(run, number, error)
        except UserError as error:
            self.failed(run, number, str(error))
        except (OwlError, OSError) as error:
            self.postponed(run.id, [run], str(error))

    def taken(self, unit: str, run_ids: Sequence[str], taken: Submitted, number: int = 0) -> None:
        """Note that HTCondor has a claim: a run's, or a bundle's runs'."""

        now = utc_now()

        def work(connection: Connection) -> Sequence[datetime]:
            where, cluster = taken.schedd, taken.cluster
            for run_id in run_ids:
                runs.mark_submitted(connection, run_id, number, schedd=where, cluster=cluster, now=now)
            # A rescue was asked for otherwise, and long after its request.
            return runs.asked_at(connection, run_ids) if number == 0 else ()

        asked = self.database.write(work)
        self.trouble.pop(unit, None)
        self.figures.count("owl_submitted_total", len(run_ids))
        for then in asked:
            self.figures.observe("owl_submit_lag_seconds", max(0.0, (now - then).total_seconds()))
        self.faults.passing("marked")
        for run_id in run_ids:
            told = {"action": "run_submitted", "run_id": run_id, "number": number, "cluster": taken.cluster}
            _log.info("submitted", extra=told)

    def prepare(self, run: Run, bundle_id: str | None = None) -> Prepared:
        """Render a run, write its files into its work directory and let HTCondor's parsers look at them."""
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
        priority.check_steps(rendered.files[rendered.dag], str(workflow.folder / workflow.dag))
        priority.check_jobs(rendered.files, workflow.folder)
        place = Path(run.work_dir)
        workdir.write(place, rendered.files, _record(run, rendered.digest, bundle_id))
        self.faults.passing("written")
        self.checker.check(
            rendered.files,
            rendered.dag,
            work_dir=place,
            environment=self._programs(run),
            filled=[run.dataset, run.id, run.work_dir, *map(str, run.parameters.values())],
            identity=[run.dataset, run.id],
        )
        self.faults.passing("checked")
        return Prepared(run=run, dag_file=place / rendered.dag, digest=rendered.digest)

    def rendered(self, prepared: Sequence[Prepared]) -> None:
        """Keep which DAG files and templates runs have."""

        def work(connection: Connection) -> None:
            for one in prepared:
                values = {"dag_file": str(one.dag_file), "template_digest": one.digest}
                runs.mark_rendered(connection, one.run.id, **values)

        self.database.write(work)
        self.faults.passing("rendered")

    def submit(self, job: DagJob, unit: str, holds: Callable[[], bool]) -> Submitted | None:
        """Submit a claim that this shoveler `holds`; None where another has it now."""
        self.lease()
        if not holds():
            _log.warning("another shoveler has taken the claim over", extra={"action": "lost", "unit": unit})
            return None
        self.faults.passing("submitting")
        taken = self.submitter.submit(job)
        self.faults.passing("submitted")
        if holds():
            return taken
        # This process stood still for so long that another has it: what it submitted must not run.
        load.remove(taken.cluster, "another shoveler has taken this run over")
        _log.error(
            "taken over while it was submitted; removed again",
            extra={"action": "submission_taken_back", "unit": unit, "cluster": taken.cluster},
        )
        return None

    def failed(self, run: Run, number: int, reason: str) -> None:
        """End a run that can't be submitted."""
        self.figures.count("owl_failed_total")
        self.trouble.pop(run.id, None)
        self.database.write(runs.follow, run.id, number, RunState.FAILED, now=utc_now(), error=reason)
        _log.error("%s", reason, extra={"action": "run_failed", "run_id": run.id, "dataset": run.dataset})

    def postponed(self, unit: str, members: Sequence[Run], reason: str) -> None:
        """Let a claim be tried again later."""
        self.figures.count("owl_postponed_total")
        trouble = self.trouble.setdefault(unit, Trouble())
        delay = min(60.0, 2.0 ** min(6, trouble.tries + 1))
        trouble.not_before = self.lease() + delay
        trouble.since = None
        for run in members:
            self.database.write(dpq.note, run.entry_id, reason)
        _log.error("%s; trying again in %.0f s", reason, delay, extra={"action": "run_postponed", "unit": unit})

    def tried(self, unit: str) -> int:
        """Count a try that came to nothing; returns how many there were."""
        trouble = self.trouble.setdefault(unit, Trouble())
        trouble.tries += 1
        return trouble.tries

    def environment(self, run: Run) -> Mapping[str, str]:
        """What a DAGMan job gets: its steps' surroundings, and the priority of the whole DAG."""
        return {**self._programs(run), priority.VARIABLE: str(priorities.base(run.priority))}

    def _dag_file(self, run: Run) -> Path:
        """The run's DAG file in its work directory; a rescue finds it there, readied by the rescue server."""
        if run.dag_file is None or run.submission == 0:
            prepared = self.prepare(run)
            self.rendered([prepared])
            return prepared.dag_file
        return Path(run.dag_file)

    def _submit(self, run: Run, number: int, dag_file: Path) -> None:
        job = DagJob(
            dag_file=dag_file,
            name=f"{run.workflow}_{run.dataset}",
            priority=run.priority,
            attributes={**run_attributes(run.id, number), "OwlDataset": run.dataset},
            environment=self.environment(run),
            rescue=number > 0,
        )
        taken = self.submit(job, run.id, lambda: self.database.read(runs.holds, run.id, number, self.identity))
        if taken is not None:
            self.taken(run.id, [run.id], taken, number)

    def _refused(self, run: Run, number: int, error: SubmitFailed) -> None:
        # A refusal may be a lost answer: only the schedd knows, so it is asked before the next try.
        tries = self.tried(run.id)
        if tries >= self.settings.submit_attempts and self._surely_not_there(run.id, number):
            self.failed(run, number, f"{error} (tried {tries} times)")
        else:
            self.postponed(run.id, [run], str(error))

    def _surely_not_there(self, run_id: str, number: int) -> bool:
        try:
            return self.schedd.find_submission(run_id, number) is None
        except OwlError:
            return False

    def _programs(self, run: Run) -> Mapping[str, str]:
        return programs(self.settings, self.catalog.root / run.workflow)


def programs(settings: Settings, folder: Path) -> Mapping[str, str]:
    """What every step of a run finds: its workflow's programs, and this Python before others."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"PIPELINE_BASE": str(folder), "PATH": path, **settings.environment}


def _record(run: Run, digest: str, bundle_id: str | None) -> dict[str, object]:
    return {
        "run_id": run.id,
        "dataset": run.dataset,
        "workflow": run.workflow,
        "priority": run.priority,
        "campaign": run.campaign,
        "owner": run.owner,
        "entry": run.entry_id,
        "parameters": dict(run.parameters),
        "bundle": bundle_id,
        "template_digest": digest,
        "created_at": run.created_at.isoformat(),
        "owl_version": __version__,
    }
