"""Readying one rescue: is the DAG over, which steps are done, and what is to be different this time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from owl.condor import bundle, rescues
from owl.condor import dag as dags
from owl.condor.check import Checker
from owl.condor.dag import Dag
from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus
from owl.config import Settings
from owl.db import bundles, runs
from owl.db import rescues as wanted
from owl.db.engine import Database
from owl.errors import NotAllowed, OperationError, StorageError
from owl.intent import RescueOptions
from owl.model import RESCUABLE, Run, Submission
from owl.ops.rescues import rendered_with
from owl.rescue.faults import Faults
from owl.shoveler import priority
from owl.shoveler.deliver import programs
from owl.workflow import workdir
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer

_LEAVING = frozenset({JobStatus.REMOVED, JobStatus.COMPLETED})
_FIRST = "goes on from its first step"


@dataclass
class Readier:
    """What is needed to ready rescues of one user's runs."""

    settings: Settings
    database: Database
    catalog: Catalog
    renderer: Renderer
    checker: Checker
    schedd: Schedd
    faults: Faults

    def ready(self, run: Run, options: RescueOptions) -> str:
        """Bring a run's files to where the shoveler can submit it again; returns what was done, in words.

        Raises:
            NotAllowed: it still runs, there is no such step, or its rescue file isn't whole.
            UserError: what is set can't be rendered, or HTCondor doesn't take it.
            ScheddAway, StorageError: to be tried again.
        """
        if run.state not in RESCUABLE:
            raise NotAllowed(f"it is {run.state}, not failed")
        self._require_over(run)
        if run.dag_file is None:
            return f"is rendered anew, it {_FIRST}"  # it failed before HTCondor heard of it
        dag_file = Path(run.dag_file)
        if not dag_file.is_file():
            raise NotAllowed(f"{dag_file} isn't there any more; ask for the dataset anew (owl dpq add)")
        before = self._set(run, dag_file, options)
        dag = dags.parse(dag_file.read_text(encoding="utf-8", errors="replace"), str(dag_file))
        words = self._begin(run, dag_file, dag, options)
        return f"{words}, with {before}" if before else words

    def _require_over(self, run: Run) -> None:
        """What has ended stays in the queue for a moment: that is waited for."""
        there = self.schedd.statuses(f'OwlRunId == "{run.id}"')
        alive = [job for job, status in there.items() if status not in _LEAVING]
        if alive:
            raise NotAllowed(f"its DAG hasn't ended: HTCondor still has {len(alive)} jobs of it in its queue")
        if there:
            raise OperationError(f"run {run.id}: {len(there)} jobs of it are just leaving HTCondor's queue")

    def _begin(self, run: Run, dag_file: Path, dag: Dag, options: RescueOptions) -> str:
        """Write a rescue file, unless DAGMan's own says just where to begin."""
        later = rescues.after(dag, options.from_step) if options.from_step else frozenset()
        for step in options.skip:
            rescues.require(dag, step)
        found = self._done(run, dag_file, dag, options)
        kept = frozenset() if options.from_start else found.done - later
        done = kept | options.skip.keys()
        words = _words(options) or found.words
        if found.path is None or done != found.done:
            rescues.write(dag_file, dag, done, options.skip, words)
            self.faults.passing("written")
        return f"{words}: {len(done)} of {len(dag.nodes)} steps are done"

    def _done(self, run: Run, dag_file: Path, dag: Dag, options: RescueOptions) -> rescues.Found:
        """What is done already; where the operator says to begin anew, a missing rescue file doesn't matter."""
        last = self.database.read(runs.submissions, run.id)[-1]
        shared = self.database.read(bundles.before, run.id, last.number + 1)
        if shared is not None:
            done = frozenset(bundle.done_nodes(Path(shared.directory), run.id)) & dag.nodes.keys()
            return rescues.Found(done=done, path=None, words="goes on alone, without its bundle")
        if last.submitted_at is None or last.cluster is None:
            return _before(dag_file, dag)
        try:
            return rescues.find(dag_file, dag, claimed_at=last.claimed_at)
        except NotAllowed:
            if last.started_at is None and not _begun(last):
                return _before(dag_file, dag)
            if options.from_start:
                return rescues.Found(done=frozenset(), path=None, words=_FIRST)
            if options.from_step:
                before = dag.nodes.keys() - rescues.after(dag, options.from_step)
                return rescues.Found(done=frozenset(before), path=None, words="")
            raise

    def _set(self, run: Run, dag_file: Path, options: RescueOptions) -> str:
        """Render the run anew with what is set; returns that in words."""
        if not options.set:
            return ""
        every = {**self.database.read(wanted.set_before, run.id), **options.set}
        files = rendered_with(self.catalog, self.renderer, run, every)
        workflow = self.catalog.get(run.workflow)
        priority.check_steps(files[dag_file.name], str(workflow.folder / workflow.dag))
        priority.check_jobs(files, workflow.folder)
        self._write(run, files)
        self.faults.passing("rendered")
        self.checker.check(
            files,
            dag_file.name,
            work_dir=dag_file.parent,
            environment=programs(self.settings, self.catalog.root / run.workflow),
            filled=[run.dataset, run.id, run.work_dir, *map(str, every.values())],
        )
        return ", ".join(f"{name}={value}" for name, value in options.set.items())

    def _write(self, run: Run, files: Mapping[str, str]) -> None:
        try:
            workdir.rewrite(Path(run.work_dir), files)
        except OSError as error:
            raise StorageError(f"{run.work_dir}: can't be written ({error.strerror}); make room there") from error


def _begun(last: Submission) -> bool:
    """Whether the DAG's DAGMan can have run a step."""
    return bool(last.nodes_done or last.nodes_failed)


def _before(dag_file: Path, dag: Dag) -> rescues.Found:
    """The last submission ran nothing: what was done before it still is."""
    there = dags.rescue_files(dag_file)
    if not there:
        return rescues.Found(done=frozenset(), path=None, words=_FIRST)
    done = rescues.whole(there[-1], dag)
    if done is None:
        raise NotAllowed(f"{there[-1].name} was cut short or changed; say --from STEP or --from-start")
    return rescues.Found(done=done, path=there[-1], words=f"goes on from {there[-1].name}")


def _words(options: RescueOptions) -> str:
    parts = ["from the first step"] if options.from_start else []
    parts += [f"from {options.from_step}"] if options.from_step else []
    parts += [f"without {step} ({' '.join(reason.split())})" for step, reason in options.skip.items()]
    return ", ".join(parts)
