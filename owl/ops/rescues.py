"""Rescues: requested here, readied by the owner's rescue server, submitted by the shoveler."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from owl.condor import dag as dags
from owl.daemon import utc_now
from owl.db import aim, commands, rescues, runs
from owl.db.engine import Database
from owl.errors import NotAllowed, NotFound
from owl.intent import Command, CommandState, RescueOptions, Selection, Target, Verb
from owl.model import RESCUABLE, EntryState, Run
from owl.ops.commands import check_selection, check_texts
from owl.ops.files import read_plain
from owl.workflow import resources
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer, Request

_LARGEST = 1_000_000  # bytes of a file that is compared
_FAILED = (EntryState.FAILED, EntryState.REMOVED)


@dataclass(frozen=True, kw_only=True)
class Rescues:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database
    catalog: Catalog

    def request(
        self,
        selection: Selection,
        *,
        requested_by: str,
        reason: str = "",
        options: RescueOptions | None = None,
        everything: bool = False,
        skip_others: bool = False,
    ) -> Command:
        """Ask that failed runs go on; of those that a filter finds, the ones that are being rescued are left out.

        `skip_others`: so they are where they are named, and those that haven't failed.

        Raises:
            NotFound: it matches nothing that can be rescued.
            NotAllowed: a run that is named hasn't failed, or is being rescued already.
            InvalidName: a step or a name to set that there can't be.
        """
        wanted = options or RescueOptions()
        check_selection(selection, Verb.RESCUE)
        check_texts(requested_by, reason)

        def write(connection: Connection) -> Command:
            targets = self._targets(connection, selection, everything=everything, skip=skip_others)
            if wanted.set:
                for workflow in rescues.workflows(connection, [target.name for target in targets]):
                    resources.parse(wanted.set, self.catalog.get(workflow).parameters, workflow)
            number = commands.request(
                connection,
                Verb.RESCUE,
                targets,
                requested_by=requested_by,
                now=utc_now(),
                reason=reason,
                words=selection.words,
                options=wanted.as_json(),
            )
            return commands.get(connection, number)

        return self.database.write(write)

    def difference(self, dataset_or_run: str, set_: Mapping[str, str]) -> str:
        """What a rescue with these values would change in the run's files, as a unified diff.

        Raises:
            NotFound: the run's files aren't where this program runs.
        """

        def read(connection: Connection) -> tuple[Run, Mapping[str, str]]:
            [target] = aim.targets(connection, Verb.RESCUE, Selection(runs=(dataset_or_run,)))
            return runs.get(connection, target.name), rescues.set_before(connection, target.name)

        run, before = self.database.read(read)
        files = rendered_with(self.catalog, Renderer(), run, {**before, **set_})
        return "".join(_difference(Path(run.work_dir), files))

    def _targets(
        self, connection: Connection, selection: Selection, *, everything: bool, skip: bool
    ) -> Sequence[Target]:
        found = aim.targets(connection, Verb.RESCUE, selection)
        states = rescues.states(connection, [target.name for target in found])
        going = commands.being_done(connection, Verb.RESCUE, [target.name for target in found])
        ready = []
        for target in found:
            run_state, entry_state = states[target.name]
            why = ""
            if run_state not in RESCUABLE:
                why = f"can't be rescued: it is {run_state}, not failed"
            elif target.name in going:
                why = f"is being rescued already (command {going[target.name]})"
            elif entry_state not in _FAILED:
                why = f"is being rescued already: its DPQ entry is {entry_state}"
            if why and selection.runs and not skip:
                raise NotAllowed(f"{target.dataset} (run {target.name}) {why}")
            if not why:
                ready.append(dataclasses.replace(target, number=(target.number or 0) + 1))
        if not ready:
            raise NotFound(
                f"nothing that can be rescued matches {selection.words}; `owl failures` shows what failed"
            )
        if selection.filter is not None and selection.filter.everything and not everything:
            raise NotAllowed(f"that would rescue everything ({len(ready)} runs); say --yes if you mean it")
        return ready


def rendered_with(catalog: Catalog, renderer: Renderer, run: Run, set_: Mapping[str, str]) -> dict[str, str]:
    """A run's files as they are with these values; the first is its DAG."""
    workflow = catalog.get(run.workflow)
    changes = resources.parse(set_, workflow.parameters, workflow.name)
    request = Request(
        dataset=run.dataset,
        priority=run.priority,
        campaign=run.campaign,
        run_id=run.id,
        work_dir=run.work_dir,
        parameters={**run.parameters, **changes.parameters},
    )
    rendered = renderer.render(workflow, request)
    dag = dags.parse(rendered.files[rendered.dag], rendered.dag)
    jobs = {name: node.job_file for name, node in dag.nodes.items()}
    changed = resources.apply(rendered.files, changes, jobs)
    return {rendered.dag: changed.pop(rendered.dag), **changed}


def _difference(work_dir: Path, files: Mapping[str, str]) -> Iterator[str]:
    if not work_dir.is_dir():
        raise NotFound(f"{work_dir}: the run's files aren't here; ask on its submit host")
    for name, text in sorted(files.items()):
        path = work_dir / name
        before = (read_plain(path, _LARGEST) or b"").decode("utf-8", "replace")
        yield from difflib.unified_diff(
            before.splitlines(keepends=True), text.splitlines(keepends=True), name, f"{name} (rescue)"
        )


def options_of(command: Command) -> RescueOptions:
    """What a command's row says of how to rescue."""
    known = RescueOptions.__dataclass_fields__
    return RescueOptions(**{name: value for name, value in command.options.items() if name in known})


def is_over(state: CommandState) -> bool:
    """Whether nothing more comes of a rescue's request."""
    return state in (CommandState.DONE, CommandState.FAILED, CommandState.EXPIRED)
