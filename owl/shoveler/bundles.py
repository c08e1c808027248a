"""Super-jobs: how many datasets of a workflow share a condor_dagman, and their way to HTCondor together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from owl import names
from owl.condor import bundle
from owl.condor.submit import DagJob, bundle_attributes
from owl.db import bundles, daemons
from owl.db.engine import Database
from owl.errors import OwlError, SubmitFailed, UserError
from owl.model import Run
from owl.shoveler.deliver import Courier, Prepared
from owl.workflow.catalog import AUTO, Catalog

_log = logging.getLogger(__name__)

LARGEST_AUTO = 200
_LOOK = 30.0  # seconds: slots come and go


@dataclass
class Sizes:
    """How many datasets of each workflow go together."""

    catalog: Catalog
    database: Database
    _slots: int = 1
    _looked: float | None = None
    _largest: int = 1

    def look(self, clock: float) -> int:
        """Look at the pool and at the workflows now and then; returns the largest bundle that there may be."""
        if self._looked is None or clock - self._looked >= _LOOK:
            told = [one.facts.get("slots") for one in self.database.read(daemons.find)]
            self._slots = max((int(one) for one in told if one), default=1)
            self._largest = max((self.of(name) for name in self.catalog.names()), default=1)
            # Before owld has told of the pool it is asked again and again: `auto` is 1 until then.
            self._looked = clock if any(told) else None
        return self._largest

    def of(self, workflow: str) -> int:
        """How many of a workflow's datasets go together; what is wrong with one is told when it is rendered."""
        try:
            size = self.catalog.get(workflow).bundle
        except OwlError:
            return 1
        return min(self._slots, LARGEST_AUTO) if size == AUTO else size


@dataclass
class BundleCourier:
    """Takes bundles to HTCondor: a run whose files aren't good leaves its bundle, the others go on."""

    courier: Courier
    work_root: Path

    def directory(self, bundle_id: str) -> Path:
        """Where a bundle's own files are."""
        return self.work_root / names.BUNDLES / bundle_id

    def deliver(self, bundle_id: str, members: Sequence[Run]) -> None:
        """Render, check and submit the runs of a bundle. The system's faults let it be tried again as a whole."""
        try:
            ready = self._prepare(bundle_id, members)
            if ready:
                self._submit(bundle_id, [one.run for one in ready], self._write(bundle_id, ready))
        except SubmitFailed as error:
            self._refused(bundle_id, members, error)
        except (OwlError, OSError) as error:
            self.courier.postponed(bundle_id, members, str(error))

    def redeliver(self, bundle_id: str) -> None:
        """Deliver what of a bundle is still claimed by this shoveler."""
        members = self.courier.database.read(bundles.claimed, bundle_id, self.courier.identity)
        if members:
            self.deliver(bundle_id, members)

    def _prepare(self, bundle_id: str, members: Sequence[Run]) -> list[Prepared]:
        ready = []
        for run in members:
            self.courier.lease()
            try:
                prepared = self.courier.prepare(run, bundle_id)
                bundle.check(prepared.dag_file.read_text(encoding="utf-8"), str(prepared.dag_file))
            except UserError as error:
                self.courier.failed(run, 0, str(error))
            else:
                ready.append(prepared)
        if ready:
            self.courier.rendered(ready)
        return ready

    def _write(self, bundle_id: str, ready: Sequence[Prepared]) -> Path:
        path = bundle.write(self.directory(bundle_id), {one.run.id: one.dag_file for one in ready})
        self.courier.faults.passing("bundled")
        return path

    def _submit(self, bundle_id: str, ready: Sequence[Run], dag_file: Path) -> None:
        courier, first = self.courier, ready[0]
        job = DagJob(
            dag_file=dag_file,
            name=f"{first.workflow}_{bundle_id}",
            priority=first.priority,
            attributes=bundle_attributes(bundle_id),
            environment=courier.environment(first),
        )
        ids = [run.id for run in ready]
        taken = courier.submit(
            job, bundle_id, lambda: courier.database.read(bundles.holds, bundle_id, ids, courier.identity)
        )
        if taken is not None:
            courier.taken(bundle_id, ids, taken)

    def _refused(self, bundle_id: str, members: Sequence[Run], error: SubmitFailed) -> None:
        courier = self.courier
        tries = courier.tried(bundle_id)
        if tries >= courier.settings.submit_attempts and self._surely_not_there(bundle_id):
            left = courier.database.read(bundles.claimed, bundle_id, courier.identity)
            for run in left:
                courier.failed(run, 0, f"{error} (tried {tries} times)")
            courier.trouble.pop(bundle_id, None)
        else:
            courier.postponed(bundle_id, members, str(error))

    def _surely_not_there(self, bundle_id: str) -> bool:
        try:
            return self.courier.schedd.find_bundle(bundle_id) is None
        except OwlError:
            return False
