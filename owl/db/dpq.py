"""Verbs of the DPQ: insert, list, update, delete, claim, and what becomes of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from owl.db.constructs import walked
from owl.db.forms import among, like_pattern, locked, value_of
from owl.db.rules import Candidate
from owl.db.schema import dpq
from owl.errors import DuplicateRequest, NotAllowed, NotFound
from owl.model import ENTRY_FORWARD, Entry, EntryState

_IDS_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement
_CLAIMS_AT_A_TIME = 500  # each is a parameter three times

_CLAIMED: Mapping[str, Any] = {
    "state": EntryState.CLAIMED,
    "attempts": dpq.c.attempts + 1,
    "ended_at": None,
    "error": None,
    "rescue_by": None,
    "rescue_reason": None,
    "rescue_owner": None,
}

# Of entries that are named by their numbers: along the index of states SQLite would come by everything that waits.
STILL_WAITS = walked(dpq.c.state) == EntryState.WAITING


def add(
    connection: Connection,
    *,
    dataset: str,
    workflow: str,
    priority: int,
    parameters: Mapping[str, Any],
    campaign: str,
    created_by: str,
    now: datetime,
    again: bool = False,
) -> int:
    """Insert a request and return its number.

    Raises:
        DuplicateRequest: the same dataset and workflow are waiting already, and not `again`.
    """
    if not again:
        _refuse_duplicate(connection, dataset, workflow)
    values = {
        "dataset": dataset,
        "workflow": workflow,
        "priority": priority,
        "parameters": dict(parameters),
        "campaign": campaign,
        "state": EntryState.WAITING,
        "created_at": now,
        "created_by": created_by,
        "attempts": 0,
    }
    key = connection.execute(insert(dpq).values(values)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def add_all(connection: Connection, rows: Sequence[Mapping[str, Any]], chunk: int) -> None:
    """Insert many requests, `chunk` at a time."""
    for start in range(0, len(rows), chunk):
        values = [{**row, "state": EntryState.WAITING, "attempts": 0} for row in rows[start : start + chunk]]
        connection.execute(insert(dpq), values)


def waiting_of(connection: Connection, datasets: Sequence[str]) -> dict[tuple[str, str], int]:
    """What of some datasets waits already: the entry's number by dataset and workflow."""
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(datasets), _IDS_AT_A_TIME):
        some = datasets[start : start + _IDS_AT_A_TIME]
        query = select(dpq.c.dataset, dpq.c.workflow, dpq.c.id)
        query = query.where(dpq.c.dataset.in_(some), dpq.c.state == EntryState.WAITING)
        found |= {(row[0], row[1]): row[2] for row in connection.execute(query)}
    return found


def waiting_parameters(
    connection: Connection, datasets: Sequence[str]
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The parameters of what waits of some datasets, by dataset and workflow."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for start in range(0, len(datasets), _IDS_AT_A_TIME):
        some = datasets[start : start + _IDS_AT_A_TIME]
        query = select(dpq.c.dataset, dpq.c.workflow, dpq.c.parameters)
        query = query.where(dpq.c.dataset.in_(some), dpq.c.state == EntryState.WAITING)
        for dataset, workflow, parameters in connection.execute(query):
            found.setdefault((dataset, workflow), []).append(parameters)
    return found


def asked_for(connection: Connection, datasets: Sequence[str], workflow: str, campaign: str) -> set[str]:
    """Which of some datasets wait for a workflow already, or were asked for in that campaign before."""
    found: set[str] = set()
    for start in range(0, len(datasets), _IDS_AT_A_TIME):
        some = datasets[start : start + _IDS_AT_A_TIME]
        # Not with state and campaign in the query: PostgreSQL, without statistics of a table that has just been
        # filled, would go by these and compare every waiting row with every name.
        columns = (dpq.c.dataset, dpq.c.state, dpq.c.campaign)
        query = select(*columns).where(among(connection, dpq.c.dataset, some), dpq.c.workflow == workflow)
        for dataset, state, of_campaign in connection.execute(query):
            if state is EntryState.WAITING or of_campaign == campaign:
                found.add(dataset)
    return found


def set_priority(connection: Connection, entry_id: int, priority: int) -> None:
    """Give an entry that is in HTCondor another priority."""
    connection.execute(update(dpq).where(dpq.c.id == entry_id).values(priority=priority))


def put(connection: Connection, entries: Sequence[Entry]) -> None:
    """Insert entries as they are, their numbers included: for a database that is made again."""
    if entries:
        rows = [{name: getattr(entry, name) for name in entry.__dataclass_fields__} for entry in entries]
        connection.execute(insert(dpq), rows)
    if connection.dialect.name == "postgresql":
        _count_on(connection)


def _count_on(connection: Connection) -> None:
    """Let the next number come after all that are there: PostgreSQL's counter sees none that it didn't give."""
    counter = func.pg_get_serial_sequence(dpq.name, dpq.c.id.name)
    connection.execute(select(func.setval(counter, select(func.max(dpq.c.id)).scalar_subquery())))


def get(connection: Connection, entry_id: int) -> Entry:
    """The entry of that number, or `NotFound`."""
    row = connection.execute(select(dpq).where(dpq.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no DPQ entry {entry_id}; `owl dpq list` shows those there are")
    return _entry(row)


def find(
    connection: Connection,
    *,
    dataset: str | None = None,
    workflow: str | None = None,
    campaign: str | None = None,
    states: Iterable[EntryState] = (),
    limit: int = 100,
    offset: int = 0,
) -> Sequence[Entry]:
    """Entries in the order in which they are shovelled. `dataset` may hold `*` and `?`."""
    query: Select[Any] = select(dpq).order_by(dpq.c.priority.desc(), dpq.c.id).limit(limit).offset(offset)
    if dataset is not None:
        query = query.where(dpq.c.dataset.like(like_pattern(dataset), escape="\\"))
    if workflow is not None:
        query = query.where(dpq.c.workflow == workflow)
    if campaign is not None:
        query = query.where(dpq.c.campaign == campaign)
    wanted = list(states)
    if wanted:
        query = query.where(dpq.c.state.in_(wanted))
    return [_entry(row) for row in connection.execute(query)]


def depths(connection: Connection) -> Mapping[int, int]:
    """How many entries wait, by priority."""
    query = select(dpq.c.priority, func.count()).where(dpq.c.state == EntryState.WAITING).group_by(dpq.c.priority)
    return {row[0]: row[1] for row in connection.execute(query)}


def counts(connection: Connection) -> Mapping[EntryState, int]:
    """How many entries are in each state."""
    query = select(dpq.c.state, func.count()).group_by(dpq.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def change(
    connection: Connection, entry_id: int, *, priority: int | None = None, campaign: str | None = None
) -> Entry:
    """Change a waiting entry; `NotAllowed` where it waits no more."""
    values = {name: value for name, value in (("priority", priority), ("campaign", campaign)) if value is not None}
    entry = _require_waiting(connection, entry_id, "changed")
    if values:
        _where_waiting(connection, entry.id, "changed", values)
    return get(connection, entry.id)


def delete(connection: Connection, entry_id: int, *, now: datetime) -> Entry:
    """Take a waiting entry out of the queue; it stays on record as Removed."""
    entry = _require_waiting(connection, entry_id, "deleted")
    _where_waiting(connection, entry_id, "deleted", {"state": EntryState.REMOVED, "ended_at": now})
    return entry


def claimable(connection: Connection, *, limit: int, now: datetime) -> Sequence[Entry]:
    """Lock and return the entries to shovel next: highest priority first, oldest first within a priority."""
    query = (
        select(dpq)
        .where(dpq.c.state == EntryState.WAITING)
        .where(or_(dpq.c.not_before.is_(None), dpq.c.not_before <= now))
        .order_by(dpq.c.priority.desc(), dpq.c.id)
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(locked(query, dpq, pass_over=True))]


def mark_claimed(connection: Connection, entry_id: int, run_id: str) -> bool:
    """Take a waiting entry for a run; False where somebody else was first."""
    guard = (dpq.c.id == entry_id) & (dpq.c.state == EntryState.WAITING)
    return bool(connection.execute(update(dpq).where(guard).values({**_CLAIMED, "run_id": run_id})).rowcount)


def lanes(connection: Connection) -> Sequence[tuple[str, str]]:
    """Workflow and campaign of everything that waits: as many seeks in the index as there are lanes."""
    if connection.dialect.name == "mssql":  # it takes no aggregate in a recursive query
        columns = (dpq.c.workflow, dpq.c.campaign)
        query = select(*columns).where(dpq.c.state == EntryState.WAITING).distinct()
        return [(row[0], row[1]) for row in connection.execute(query)]
    waiting = {"state": EntryState.WAITING.value}
    return [(row[0], row[1]) for row in connection.exec_driver_sql(_lanes_of(connection.dialect.name), waiting)]


def candidates(
    connection: Connection,
    *,
    limit: int,
    now: datetime,
    lane: tuple[str, str] | None = None,
    below: int | None = None,
    owner: str | None = None,
) -> Sequence[Candidate]:
    """The next waiting entries in the order of the queue: of all, of a lane, of a lane below a priority.

    `owner`: rescues of other accounts' runs are left out.
    """
    query = (
        select(dpq.c.id, dpq.c.workflow, dpq.c.campaign, dpq.c.priority, dpq.c.rescue_by)
        .where(dpq.c.state == EntryState.WAITING)
        .where(or_(dpq.c.not_before.is_(None), dpq.c.not_before <= now))
        .order_by(dpq.c.priority.desc(), dpq.c.id)
        .limit(limit)
    )
    if lane is not None:
        query = query.where(dpq.c.workflow == lane[0], dpq.c.campaign == lane[1])
    if below is not None:
        query = query.where(dpq.c.priority < below)
    if owner is not None:
        query = query.where(or_(dpq.c.rescue_owner.is_(None), dpq.c.rescue_owner == owner))
    return [
        Candidate(id=number, workflow=workflow, campaign=campaign, priority=priority, rescue=rescue_by is not None)
        for number, workflow, campaign, priority, rescue_by in connection.execute(query)
    ]


def lock(connection: Connection, ids: Sequence[int]) -> Sequence[Entry]:
    """Lock and return those of some entries that still wait, in the order of the queue."""
    found: list[Entry] = []
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        some = among(connection, dpq.c.id, ids[start : start + _IDS_AT_A_TIME])
        query = select(dpq).where(some, STILL_WAITS).order_by(dpq.c.priority.desc(), dpq.c.id)
        found += [_entry(row) for row in connection.execute(locked(query, dpq, pass_over=True))]
    return sorted(found, key=lambda entry: (-entry.priority, entry.id))


def claim(connection: Connection, run_of: Mapping[int, str]) -> set[int]:
    """Take waiting entries, each for its run; returns those that were taken.

    Guarded twice: by locks on the inner selection, and by the state in the outer update, which decides where a
    server gives the same row to two (READ_COMMITTED_SNAPSHOT reads rows as they were).
    """
    ids, taken = sorted(run_of), set[int]()
    for start in range(0, len(ids), _CLAIMS_AT_A_TIME):
        some = ids[start : start + _CLAIMS_AT_A_TIME]
        inner = select(dpq.c.id).where(among(connection, dpq.c.id, some), STILL_WAITS)
        guard = dpq.c.id.in_(locked(inner, dpq, pass_over=True)) & STILL_WAITS
        name = value_of(connection, dpq.c.id, {entry: run_of[entry] for entry in some}, dpq.c.run_id.type)
        statement = update(dpq).where(guard).values({**_CLAIMED, "run_id": name}).returning(dpq.c.id)
        taken |= set(connection.execute(statement).scalars())
    return taken


def count_before(connection: Connection, entry: Entry) -> tuple[int, int]:
    """How many waiting entries of a higher priority there are, and how many as high and older."""
    waiting = select(func.count()).where(dpq.c.state == EntryState.WAITING)
    higher = connection.execute(waiting.where(dpq.c.priority > entry.priority)).scalar_one()
    older = connection.execute(waiting.where(dpq.c.priority == entry.priority, dpq.c.id < entry.id)).scalar_one()
    return int(higher), int(older)


def move(
    connection: Connection, entry_id: int, state: EntryState, *, now: datetime, error: str | None = None
) -> bool:
    """Move an entry along its transition table; False where it may not."""
    origins = [origin for origin, targets in ENTRY_FORWARD.items() if state in targets]
    ended = now if state in (EntryState.DONE, EntryState.FAILED, EntryState.REMOVED) else None
    guard = (dpq.c.id == entry_id) & dpq.c.state.in_(origins)
    values = {"state": state, "error": error, "ended_at": ended}
    return bool(connection.execute(update(dpq).where(guard).values(values)).rowcount)


def note(connection: Connection, entry_id: int, text: str) -> None:
    """Write why a claimed entry hasn't come through yet."""
    guard = (dpq.c.id == entry_id) & (dpq.c.state == EntryState.CLAIMED)
    connection.execute(update(dpq).where(guard).values(error=text))


def ask_rescue(
    connection: Connection,
    entry_id: int,
    *,
    requested_by: str,
    reason: str,
    owner: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Let an entry whose run has failed wait for its rescue; False where another request was first.

    Only a shoveler of the account `owner` takes it then, and not before that time.
    """
    guard = (dpq.c.id == entry_id) & dpq.c.state.in_([EntryState.FAILED, EntryState.REMOVED])
    values = {
        "state": EntryState.WAITING,
        "rescue_by": requested_by,
        "rescue_reason": reason,
        "rescue_owner": owner,
        "not_before": not_before,
        "ended_at": None,
    }
    return bool(connection.execute(update(dpq).where(guard).values(values)).rowcount)


def _lanes_of(dialect: str) -> str:
    state = ":state" if dialect == "sqlite" else "%(state)s"
    # MIN over an index is one seek; DISTINCT would read a million entries of the index.
    return f"""
        WITH RECURSIVE flow(w) AS (
            SELECT MIN(workflow) FROM dpq WHERE state = {state}
            UNION ALL
            SELECT (SELECT MIN(workflow) FROM dpq WHERE state = {state} AND workflow > flow.w)
            FROM flow WHERE flow.w IS NOT NULL
        ), lane(w, c) AS (
            SELECT w, (SELECT MIN(campaign) FROM dpq WHERE state = {state} AND workflow = flow.w)
            FROM flow WHERE w IS NOT NULL
            UNION ALL
            SELECT w, (SELECT MIN(campaign) FROM dpq
                       WHERE state = {state} AND workflow = lane.w AND campaign > lane.c)
            FROM lane WHERE lane.c IS NOT NULL
        )
        SELECT w, c FROM lane WHERE c IS NOT NULL"""  # noqa: S608 - nothing but a parameter's form is put in


def _refuse_duplicate(connection: Connection, dataset: str, workflow: str) -> None:
    same = (dpq.c.dataset == dataset) & (dpq.c.workflow == workflow)
    query = select(dpq.c.id).where(same, dpq.c.state == EntryState.WAITING).order_by(dpq.c.id).limit(1)
    found = connection.execute(query).scalar()
    if found is not None:
        raise DuplicateRequest(
            f"{dataset} waits for {workflow} already as DPQ entry {found}; --again adds it once more"
        )


def _require_waiting(connection: Connection, entry_id: int, what: str) -> Entry:
    entry = get(connection, entry_id)
    if entry.state is not EntryState.WAITING:
        raise NotAllowed(f"DPQ entry {entry_id} can't be {what}: it is {entry.state}, only a waiting one can")
    return entry


def _where_waiting(connection: Connection, entry_id: int, what: str, values: Mapping[str, Any]) -> None:
    """Change an entry that was waiting a moment ago: a shoveler may have been quicker."""
    guard = (dpq.c.id == entry_id) & (dpq.c.state == EntryState.WAITING)
    if not connection.execute(update(dpq).where(guard).values(values)).rowcount:
        _require_waiting(connection, entry_id, what)


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    return Entry(**values)
