"""Claiming: which entries go next, and their run and submission rows, all within one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from owl import names
from owl.db import bundles, control, dpq, runs
from owl.db.rules import BREAKER, Candidate, Grouping, Kind, Rules, choose
from owl.model import Bundle, Entry, Run, RunState, Submission
from owl.workflow import workdir

TURN = "claim"
_LEAST_OF_A_LANE = 4


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Who claims, for which schedd, and where the runs' files will be."""

    identity: str
    owner: str
    schedd: str
    work_root: Path


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a claim has begun: runs that go by themselves, and bundles with theirs."""

    single: Sequence[Run] = ()
    bundles: Mapping[str, Sequence[Run]] = field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """All of them."""
        return [*self.single, *(run for members in self.bundles.values() for run in members)]


def next_entries(
    connection: Connection,
    rules: Rules,
    limit: int,
    now: datetime,
    grouping: Grouping | None = None,
    owner: str | None = None,
) -> list[Candidate]:
    """The entries that go next: by priority, then age, as far as limits, pauses and reservations let them."""
    limit = min(limit, rules.room)
    if limit <= 0:
        return []
    waiting = partial(dpq.candidates, connection, now=now, owner=owner)
    if rules.plain:
        return choose(rules, waiting(limit=limit), limit, grouping=grouping)
    lanes = [lane for lane in dpq.lanes(connection) if rules.closed(*lane) is None]
    each = max(_LEAST_OF_A_LANE, -(-2 * limit // max(1, len(lanes))))
    found: dict[int, Candidate] = {}
    last = set()
    for lane in lanes:
        rows = waiting(limit=each, lane=lane)
        if len(rows) == each:
            last.add(rows[-1].id)
        for floor in rules.floors:
            rows = [*rows, *waiting(limit=_LEAST_OF_A_LANE, lane=lane, below=floor)]
        found |= {row.id: row for row in rows}
    ordered = sorted(found.values(), key=lambda one: (-one.priority, one.id))
    return choose(rules, ordered, limit, last=last, grouping=grouping)


def claim(
    connection: Connection,
    claimant: Claimant,
    defaults: Mapping[str, float],
    limit: int,
    now: datetime,
    grouping: Callable[[], Grouping] = Grouping,
) -> Batch:
    """Claim the next entries; each gets a run, or its run the next submission.

    `grouping` is called for each try of the transaction: it counts.
    """
    control.take_turn(connection, TURN, claimant.identity, now=now)
    rules = control.rules(connection, defaults)
    probes, grouped = _probes(connection, rules, now, claimant.owner), grouping()
    chosen = [*probes, *next_entries(connection, rules, limit, now, grouped, claimant.owner)]
    if not chosen:
        return Batch()
    entries = dpq.lock(connection, [one.id for one in chosen])
    alone = {one.id for one in probes}
    batch = _begin(connection, entries, alone, grouped, claimant, now)
    for run in batch.single:
        if run.entry_id in alone:
            control.probing(connection, Kind.WORKFLOW, run.workflow, run.id, now=now)
    return batch


def probe_due(rules: Rules, now: datetime) -> list[str]:
    """The workflows that their breakers stopped and that shall have a probe run now."""
    every = rules.value("breaker_probe") or 0
    if not every:
        return []
    due = []
    for pause in rules.pauses:
        waited = abs((now - (pause.probed_at or pause.paused_at)).total_seconds())
        if pause.paused_by == BREAKER and waited >= every and not rules.active_of(pause.scope):
            due.append(pause.scope)
    return due


def _probes(connection: Connection, rules: Rules, now: datetime, owner: str) -> list[Candidate]:
    """The next entry of each workflow that is to be probed."""
    found: list[Candidate] = []
    for workflow in probe_due(rules, now)[: rules.room]:
        lanes = [lane for lane in dpq.lanes(connection) if lane[0] == workflow]
        waiting = partial(dpq.candidates, connection, limit=1, now=now, owner=owner)
        first = [row for lane in lanes for row in waiting(lane=lane)]
        found += sorted(first, key=lambda one: (-one.priority, one.id))[:1]
    for one in found:
        rules.take(one)
    return found


def new_run_id(now: datetime) -> str:
    """An id that sorts by time and is a directory's name: 20260102-030405-9f86d081."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def _begin(
    connection: Connection,
    entries: Sequence[Entry],
    alone: Collection[int],
    grouping: Grouping,
    claimant: Claimant,
    now: datetime,
) -> Batch:
    """Runs for entries that are locked, in the order of the queue; rescues and probes go by themselves."""
    old = {entry.id: entry.run_id for entry in entries if entry.rescue_by is not None and entry.run_id}
    run_of = {entry.id: old.get(entry.id) or new_run_id(now) for entry in entries}
    taken = dpq.claim(connection, run_of)
    rescued, new = [], []
    for entry in (one for one in entries if one.id in taken):
        if entry.id in old:
            rescued.append(_begin_rescue(connection, entry, run_of[entry.id], claimant, now))
        else:
            new.append((entry, _run(entry, run_of[entry.id], claimant, now)))
    bundled = _bundled([run for entry, run in new if entry.id not in alone], grouping)
    bundles.create_all(connection, [_bundle(name, members, claimant, now) for name, members in bundled.items()])
    bundle_of = {run.id: name for name, members in bundled.items() for run in members}
    first = [
        _submission(run.id, 0, entry.created_by, "", claimant, now, bundle_of.get(run.id)) for entry, run in new
    ]
    runs.create_all(connection, [run for _, run in new], first)
    return Batch(single=[*rescued, *(run for _, run in new if run.id not in bundle_of)], bundles=bundled)


def _bundled(new: Sequence[Run], grouping: Grouping) -> dict[str, list[Run]]:
    """Runs of one workflow and one priority put together; what would be a bundle of one goes by itself."""
    filled: list[list[Run]] = []
    last: dict[tuple[str, int], list[Run]] = {}
    for run in new:
        size, key = grouping.size(run.workflow), (run.workflow, run.priority)
        if key not in last or len(last[key]) >= size:
            last[key] = []
            filled.append(last[key])
        last[key].append(run)
    return {f"b{members[0].id}": members for members in filled if len(members) > 1}


def _bundle(name: str, members: Sequence[Run], claimant: Claimant, now: datetime) -> Bundle:
    return Bundle(
        id=name,
        workflow=members[0].workflow,
        priority=members[0].priority,
        directory=str(claimant.work_root / names.BUNDLES / name),
        created_at=now,
    )


def _begin_rescue(connection: Connection, entry: Entry, run_id: str, claimant: Claimant, now: datetime) -> Run:
    number = runs.get(connection, run_id).submission + 1
    asked_by, reason = entry.rescue_by or "", entry.rescue_reason or ""
    runs.create_rescue(connection, _submission(run_id, number, asked_by, reason, claimant, now))
    runs.set_priority(connection, run_id, entry.priority)
    return runs.get(connection, run_id)


def _run(entry: Entry, run_id: str, claimant: Claimant, now: datetime) -> Run:
    return Run(
        id=run_id,
        entry_id=entry.id,
        dataset=entry.dataset,
        workflow=entry.workflow,
        priority=entry.priority,
        campaign=entry.campaign,
        owner=claimant.owner,
        parameters=entry.parameters,
        state=RunState.CLAIMED,
        work_dir=str(workdir.place(claimant.work_root, entry.workflow, entry.dataset, run_id)),
        created_at=now,
    )


def _submission(
    run_id: str,
    number: int,
    asked_by: str,
    reason: str,
    claimant: Claimant,
    now: datetime,
    bundle_id: str | None = None,
) -> Submission:
    return Submission(
        run_id=run_id,
        number=number,
        state=RunState.CLAIMED,
        claimed_by=claimant.identity,
        claimed_at=now,
        requested_by=asked_by,
        reason=reason,
        schedd=claimant.schedd,
        bundle_id=bundle_id,
    )
