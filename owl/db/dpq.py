"""Verbs of the DPQ: insert, list, update, delete, claim, and what becomes of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from owl.db.schema import dpq
from owl.errors import DuplicateRequest, NotAllowed, NotFound
from owl.model import ENTRY_FORWARD, Entry, EntryState


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


def put(connection: Connection, entry: Entry) -> None:
    """Insert an entry as it is, its number included: for a database that is made again."""
    connection.execute(insert(dpq).values({name: getattr(entry, name) for name in entry.__dataclass_fields__}))


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
        .with_for_update(skip_locked=True)
        .with_hint(dpq, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
    )
    return [_entry(row) for row in connection.execute(query)]


def mark_claimed(connection: Connection, entry_id: int, run_id: str) -> bool:
    """Take a waiting entry for a run; False where somebody else was first."""
    guard = (dpq.c.id == entry_id) & (dpq.c.state == EntryState.WAITING)
    values = {
        "state": EntryState.CLAIMED,
        "run_id": run_id,
        "attempts": dpq.c.attempts + 1,
        "ended_at": None,
        "error": None,
        "rescue_by": None,
        "rescue_reason": None,
    }
    return bool(connection.execute(update(dpq).where(guard).values(values)).rowcount)


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


def ask_rescue(connection: Connection, entry_id: int, *, requested_by: str, reason: str) -> bool:
    """Let an entry whose run has failed wait for its rescue; False where another request was first."""
    guard = (dpq.c.id == entry_id) & dpq.c.state.in_([EntryState.FAILED, EntryState.REMOVED])
    values = {
        "state": EntryState.WAITING,
        "rescue_by": requested_by,
        "rescue_reason": reason,
        "not_before": None,
        "ended_at": None,
    }
    return bool(connection.execute(update(dpq).where(guard).values(values)).rowcount)


def like_pattern(text: str) -> str:
    """`*` and `?` as a person writes them, as SQL's LIKE wants them (escape character `\\`)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


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
