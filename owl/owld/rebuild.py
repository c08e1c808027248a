"""Rebuilding: the blackboard made again from HTCondor's histories, the work directories and the node logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from owl import names
from owl.condor import nodelog
from owl.condor import schedd as schedds
from owl.condor.schedd import Schedd
from owl.db import archive, blackboard, bundles, dpq, runs
from owl.db.engine import Database
from owl.errors import NotAllowed, StorageError
from owl.model import Bundle, Entry, EntryState, Run, RunState, Submission
from owl.owld import submissions
from owl.owld.reconcile import Reconciler

_log = logging.getLogger(__name__)

REBUILT = "rebuilt"


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What has been found."""

    runs: int
    executions: int
    from_node_logs: int


def rebuild(target: Database, schedd: Schedd, work_root: Path, *, since: datetime | None) -> Rebuilt:
    """Make runs, submissions and executions again, in an empty database.

    Args:
        since: nothing that left the queue before is looked for; None is everything that the histories hold.

    Raises:
        NotAllowed: the database isn't empty.
        StorageError: there is no directory with runs.
    """
    if not work_root.is_dir():
        raise StorageError(
            f"{work_root}: there is no such directory; set work_root in owl.toml to where the runs are"
        )
    if target.read(archive.run_states):
        raise NotAllowed(f"{target.place} has runs in it; name an empty database")
    told = [(run, shared) for run, shared in _runs(work_root) if since is None or run.created_at >= since]
    found = {run.id: run for run, _ in told}
    shared = {run.id: name for run, name in told if name}
    until = None if since is None else schedds.left_before(since)
    dagmen = [ad for ad in schedd.queue() + schedd.history(since=until) if schedds.is_dagman(ad)]
    target.write(bundles.create_all, _bundles(found, shared, work_root))
    target.write(_seed, list(found.values()), _numbers(dagmen), shared)
    # No hook's record comes any more.
    Reconciler(target, schedd, since=since or datetime.fromtimestamp(1, UTC), patience=timedelta()).step()
    logged = target.write(_from_node_logs, list(found.values()), schedd.name)
    return Rebuilt(runs=len(found), executions=len(target.read(archive.ends)), from_node_logs=logged)


def differences(old: Database, new: Database) -> Iterator[str]:
    """A line for each run and execution that two databases tell otherwise."""
    yield from _compare("run", old.read(archive.run_states), new.read(archive.run_states))
    yield from _compare("execution", old.read(archive.ends), new.read(archive.ends))


def _compare(what: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before != after:
            shown = key if isinstance(key, str) else f"{key[0]} start {key[1]}"
            yield f"{what} {shown}: was {_words(before)}, is {_words(after)}"


def _words(told: object) -> str:
    if told is None:
        return "not there"
    parts = told if isinstance(told, tuple) else (told,)
    return " ".join(str(part) for part in parts if part is not None)


def _runs(work_root: Path) -> Iterator[tuple[Run, str]]:
    """Every run that has a work directory, and its bundle if it was in one; its run.json tells what it was."""
    for path in sorted(work_root.glob(f"*/*/*/{names.RUN_FILE}")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            yield _run(path, told), str(told.get("bundle") or "")
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: can't be read as a run: %s", path, error)


def _run(path: Path, told: Mapping[str, Any]) -> Run:
    dags = sorted(path.parent.glob("*.dag"))
    return Run(
        id=str(told["run_id"]),
        entry_id=int(told["entry"]),
        dataset=str(told["dataset"]),
        workflow=str(told["workflow"]),
        priority=int(told["priority"]),
        campaign=str(told["campaign"]),
        owner=str(told["owner"]),
        parameters=dict(told["parameters"]),
        state=RunState.CLAIMED,
        work_dir=str(path.parent),
        created_at=datetime.fromisoformat(told["created_at"]),
        template_digest=str(told["template_digest"]),
        dag_file=str(dags[0]) if dags else None,
    )


def _numbers(dagmen: list[dict[str, Any]]) -> dict[str, int]:
    """The last submission's number of each run."""
    numbers: dict[str, int] = {}
    for ad in dagmen:
        run_id, number = submissions.key(ad)
        numbers[run_id] = max(number, numbers.get(run_id, 0))
    return numbers


def _bundles(found: Mapping[str, Run], shared: Mapping[str, str], work_root: Path) -> list[Bundle]:
    """The bundles that some runs were in, by their ids."""
    first = {name: found[run_id] for run_id, name in sorted(shared.items(), reverse=True)}
    return [
        Bundle(
            id=name,
            workflow=run.workflow,
            priority=run.priority,
            directory=str(work_root / names.BUNDLES / name),
            created_at=run.created_at,
        )
        for name, run in first.items()
    ]


def _seed(connection: Connection, found: list[Run], numbers: Mapping[str, int], shared: Mapping[str, str]) -> None:
    # An entry that was claimed twice has two runs; the last one is the entry's own.
    entries = {run.entry_id: _entry(run) for run in sorted(found, key=lambda run: run.created_at)}
    dpq.put(connection, list(entries.values()))
    for run in found:
        runs.create(connection, run, replace(_submission(run, 0), bundle_id=shared.get(run.id)))
        for number in range(1, numbers.get(run.id, 0) + 1):
            runs.create_rescue(connection, _submission(run, number))


def _entry(run: Run) -> Entry:
    return Entry(
        id=run.entry_id,
        dataset=run.dataset,
        workflow=run.workflow,
        priority=run.priority,
        campaign=run.campaign,
        parameters=run.parameters,
        state=EntryState.CLAIMED,
        created_at=run.created_at,
        created_by=REBUILT,
        run_id=run.id,
    )


def _submission(run: Run, number: int) -> Submission:
    return Submission(
        run_id=run.id,
        number=number,
        state=RunState.CLAIMED,
        claimed_by=REBUILT,
        claimed_at=run.created_at,
        requested_by=REBUILT,
    )


def _from_node_logs(connection: Connection, found: list[Run], schedd: str) -> int:
    """What has fallen out of the histories is still in the node logs of its run."""
    told = 0
    for run in found:
        if run.dag_file is None:
            continue
        there = {row.cluster for row in blackboard.of_runs(connection, [run.id])}
        reports = [
            report
            for report in nodelog.executions(Path(run.dag_file), run_id=run.id, dataset=run.dataset, schedd=schedd)
            if report.cluster not in there
        ]
        told += blackboard.record(connection, reports)
    return told
