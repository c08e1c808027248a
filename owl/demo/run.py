"""The demonstration's course: what is asked for when, and what is waited for.

It does what an operator would do, by the same calls, and talks to nothing but the database.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from owl.demo.plan import Item, Plan, simulate
from owl.errors import OperationError
from owl.intent import CommandState, Selection
from owl.logs import find_logs, tail
from owl.model import ENTRY_ENDED, Entry, EntryState, Execution, State
from owl.ops import Operations

PATIENCE = 300.0  # seconds without anything new
POLL = 0.5
RESCUE_SECONDS = PATIENCE

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the demonstration has ended."""

    plan: Plan
    entries: Sequence[Entry]
    executions: Sequence[Execution]

    @property
    def good(self) -> bool:
        """Whether every workflow that should finish did."""
        return all(entry.state is EntryState.DONE for entry in self.entries)


@dataclass
class Demo:
    """One run of the demonstration. `tell` gets a line for people, `progress` the state of everything."""

    ops: Operations
    folder: Path
    tell: Tell
    progress: Callable[[Sequence[Entry]], None]
    campaign: str = field(default_factory=lambda: f"demo_{datetime.now(UTC):%Y%m%d_%H%M%S}")
    _numbers: dict[str, int] = field(default_factory=dict)
    _seen: tuple[object, float] = (None, 0.0)

    def run(self) -> Outcome:
        """Run it to its end."""
        self.tell("Simulating 12 exposures of 2 associations and the deliveries of their reference files …")
        plan = simulate(self.ops.catalog.root / "imaging" / "bin" / "simulate.py", self.folder / self.campaign)
        self.tell(f"Asking for {len(plan.deliveries)} deliveries; they go first (priority 100).")
        self._add(plan.deliveries)
        self._wait(item.dataset for item in plan.deliveries)
        self._require_done(plan.deliveries)
        self.tell(f"Asking for {len(plan.exposures)} exposures (priority 50).")
        self._add(plan.exposures)
        for item in plan.associations:
            self.tell(f"Making the association {item.dataset} of {len(item.members)} exposures (priority 60).")
            self._associate(item)
        self._follow_exposures(plan)
        self._wait([*self._numbers, *(item.dataset for item in plan.associations)])
        return self._outcome(plan)

    def _follow_exposures(self, plan: Plan) -> None:
        """Associations come when their members are done; the broken exposure is mended when it has failed."""
        mended = False
        waiting = {item.dataset for item in plan.associations}
        while waiting or not mended:
            entries = self._look()
            for name in sorted(waiting & {entry.dataset for entry in entries}):
                self.tell(f"All members of {name} are there: the association is in the queue.")
                waiting.remove(name)
            broken = next(entry for entry in entries if entry.dataset == plan.broken)
            if not mended and broken.state in ENTRY_ENDED:
                self._mend(plan, broken)
                mended = True
                continue
            self._refuse_failures(entries, allowed=plan.broken if not mended else "")
            time.sleep(POLL)

    def _mend(self, plan: Plan, broken: Entry) -> None:
        if broken.state is EntryState.DONE:
            raise OperationError(f"{broken.dataset} was to fail for want of a flat, but is Done")
        self._tell_failure(broken.dataset)
        self.tell(f"Delivering what is missing: {plan.late.dataset}.")
        self._add([plan.late])
        self._wait([plan.late.dataset])
        self._require_done([plan.late])
        self.tell(f"Rescuing {broken.dataset}: its DAG goes on from the step that failed.")
        reason = f"{plan.late.dataset} is there now"
        made = self.ops.rescues.request(
            Selection(runs=(broken.dataset,)), requested_by=getpass.getuser(), reason=reason
        )
        done = self.ops.commands.wait(made.id, RESCUE_SECONDS)
        if done.state is not CommandState.DONE:
            raise OperationError(f"{broken.dataset} wasn't rescued: {done.state}, {done.result}")

    def _tell_failure(self, dataset: str) -> None:
        """Which step failed and why: what an operator would look up."""
        found = self.ops.run(dataset)
        failed = [row for row in found.executions if row.state is State.EXITED and row.exit_code != 0]
        for row in failed:
            self.tell(f"{dataset} has failed, as it should: {row.process_name} exited with {row.exit_code}.")
            for log in find_logs(found, row.process_name):
                for line in tail(log.path, 3):
                    self.tell(f"    {line}")

    def _associate(self, item: Item) -> None:
        """Its members are a list, not a parameter: OWL gives them when they are done."""
        rest = {name: value for name, value in item.parameters.items() if name != "members"}
        self.ops.associations.add(
            item.dataset,
            item.members,
            workflow=item.workflow,
            member_workflow="imaging",
            priority=item.priority,
            campaign=self.campaign,
            parameters=rest,
            requested_by=getpass.getuser(),
        )

    def _add(self, items: Iterable[Item]) -> None:
        for item in items:
            self._numbers[item.dataset] = self.ops.add(
                item.dataset,
                item.workflow,
                priority=item.priority,
                parameters=item.parameters,
                campaign=self.campaign,
                requested_by=getpass.getuser(),
            )

    def _wait(self, datasets: Iterable[str]) -> None:
        wanted = set(datasets)
        while True:
            entries = {entry.dataset: entry for entry in self._look()}
            if all(entries[dataset].state in ENTRY_ENDED for dataset in wanted):
                return
            time.sleep(POLL)

    def _look(self) -> Sequence[Entry]:
        """Every entry of this demonstration; an error where nothing has moved for long."""
        entries = self.ops.entries(campaign=self.campaign, limit=1000)
        self.progress(entries)
        executions = self.ops.executions_of([entry.run_id for entry in entries if entry.run_id])
        state = (
            [(entry.id, entry.state) for entry in entries],
            [(row.process_name, row.state) for row in executions],
        )
        if state != self._seen[0]:
            self._seen = (state, time.monotonic())
        elif time.monotonic() - self._seen[1] > PATIENCE:
            raise OperationError(f"nothing has moved for {PATIENCE:.0f} s; see `owl status` and `owl pool logs`")
        return entries

    def _require_done(self, items: Iterable[Item]) -> None:
        for item in items:
            entry = self.ops.entry(self._numbers[item.dataset])
            if entry.state is not EntryState.DONE:
                raise OperationError(
                    f"{item.dataset} is {entry.state}: {entry.error}; see `owl logs {item.dataset}`"
                )

    def _refuse_failures(self, entries: Sequence[Entry], *, allowed: str) -> None:
        for entry in entries:
            if entry.state in (EntryState.FAILED, EntryState.REMOVED) and entry.dataset != allowed:
                why = f"{entry.dataset} is {entry.state}: {entry.error}"
                raise OperationError(f"{why}; see `owl logs {entry.dataset}`")

    def _outcome(self, plan: Plan) -> Outcome:
        entries = self._look()
        runs = [entry.run_id for entry in entries if entry.run_id]
        return Outcome(plan=plan, entries=entries, executions=self.ops.executions_of(runs))
