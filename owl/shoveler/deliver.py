"""Delivery of one claim: render, check, submit, mark; and what becomes of it where one of these fails."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from owl import __version__
from owl.condor import load
from owl.condor.check import Checker
from owl.condor.schedd import Schedd
from owl.condor.submit import DagJob, Submitted, Submitter, run_attributes
from owl.config import Settings
from owl.daemon import utc_now
from owl.db import dpq, runs
from owl.db.engine import Database
from owl.errors import OwlError, SubmitFailed, UserError
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
    trouble: dict[str, Trouble] = field(default_factory=dict)

    def deliver(self, run: Run, number: int) -> None:
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

    def taken(self, run_id: str, number: int, taken: Submitted) -> None:
        """Note that HTCondor has a claim."""
        self.database.write(
            runs.mark_submitted, run_id, number, schedd=taken.schedd, cluster=taken.cluster, now=utc_now()
        )
        self.trouble.pop(run_id, None)
        self.faults.passing("marked")
        _log.info(
            "submitted",
            extra={"action": "run_submitted", "run_id": run_id, "number": number, "cluster": taken.cluster},
        )

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
        priority.check_steps(rendered.files[rendered.dag], str(workflow.folder / workflow.dag))
        priority.check_jobs(rendered.files, workflow.folder)
        place = Path(run.work_dir)
        workdir.write(place, rendered.files, _record(run, rendered.digest))
        self.faults.passing("written")
        self.checker.check(
            rendered.files,
            rendered.dag,
            work_dir=place,
            environment=self._environment(run),
            filled=[run.dataset, run.id, run.work_dir, *map(str, run.parameters.values())],
        )
        self.faults.passing("checked")
        dag_file = place / rendered.dag
        self.database.write(runs.mark_rendered, run.id, dag_file=str(dag_file), template_digest=rendered.digest)
        self.faults.passing("rendered")
        return dag_file

    def _submit(self, run: Run, number: int, dag_file: Path) -> None:
        job = DagJob(
            dag_file=dag_file,
            name=f"{run.workflow}_{run.dataset}",
            priority=run.priority,
            attributes={**run_attributes(run.id, number), "OwlDataset": run.dataset},
            environment={**self._environment(run), priority.VARIABLE: str(priority.base(run.priority))},
            rescue=number > 0,
        )
        self.lease()
        if not self.database.read(runs.holds, run.id, number, self.identity):
            _log.warning("another shoveler has taken the claim over", extra={"action": "lost", "run_id": run.id})
            return
        self.faults.passing("submitting")
        taken = self.submitter.submit(job)
        self.faults.passing("submitted")
        if self.database.read(runs.holds, run.id, number, self.identity):
            self.taken(run.id, number, taken)
        else:
            self._take_back(run, taken)

    def _take_back(self, run: Run, taken: Submitted) -> None:
        """This process stood still for so long that another has taken the claim over: its workflow must not run."""
        load.remove(taken.cluster, "another shoveler has taken this run over")
        _log.error(
            "taken over while it was submitted; removed again",
            extra={"action": "submission_taken_back", "run_id": run.id, "cluster": taken.cluster},
        )

    def _refused(self, run: Run, number: int, error: SubmitFailed) -> None:
        trouble = self.trouble.setdefault(run.id, Trouble())
        trouble.tries += 1
        # A refusal may be a lost answer: only the schedd knows, so it is asked before the next try.
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
        self.trouble.pop(run.id, None)
        self.database.write(runs.follow, run.id, number, RunState.FAILED, now=utc_now(), error=reason)
        _log.error("%s", reason, extra={"action": "run_failed", "run_id": run.id, "dataset": run.dataset})

    def _postponed(self, run: Run, reason: str) -> None:
        trouble = self.trouble.setdefault(run.id, Trouble())
        delay = min(60.0, 2.0 ** min(6, trouble.tries + 1))
        trouble.not_before = self.lease() + delay
        trouble.since = None
        self.database.write(dpq.note, run.entry_id, reason)
        _log.error("%s; trying again in %.0f s", reason, delay, extra={"action": "run_postponed", "run_id": run.id})

    def _environment(self, run: Run) -> Mapping[str, str]:
        """What every step of a run finds: its workflow's programs, and this Python before others."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        own = {"PIPELINE_BASE": str(self.catalog.root / run.workflow), "PATH": path}
        return {**own, **self.settings.environment}


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
