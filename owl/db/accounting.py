"""Verbs of accounting: what is known of datasets that somebody expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from owl.db.forms import like_pattern
from owl.db.schema import dpq, poller_event
from owl.intake import EventState
from owl.model import EntryState

_AT_A_TIME = 1000


@dataclass(frozen=True, kw_only=True)
class Known:
    """The latest request for a dataset, and the latest that is done; where its file arrived."""

    dataset: str
    entry_id: int
    state: EntryState
    workflow: str
    run_id: str | None
    ended_at: datetime | None
    error: str | None
    done_id: int | None
    arrived_at: datetime | None
    path: str | None


def known(connection: Connection, datasets: Sequence[str], workflow: str | None) -> Mapping[str, Known]:
    """What is known of some datasets, of one workflow or of any."""
    found: dict[str, Known] = {}
    for start in range(0, len(datasets), _AT_A_TIME):
        mine: list[ColumnElement[bool]] = [dpq.c.dataset.in_(datasets[start : start + _AT_A_TIME])]
        mine += [dpq.c.workflow == workflow] if workflow is not None else []
        last = select(func.max(dpq.c.id).label("id")).where(*mine).group_by(dpq.c.dataset).subquery("last")
        done = select(dpq.c.dataset, func.max(dpq.c.id).label("id"))
        done_ids = done.where(*mine, dpq.c.state == EntryState.DONE).group_by(dpq.c.dataset).subquery("done")
        query = (
            select(
                dpq.c.dataset,
                dpq.c.id.label("entry_id"),
                dpq.c.state,
                dpq.c.workflow,
                dpq.c.run_id,
                dpq.c.ended_at,
                dpq.c.error,
                done_ids.c.id.label("done_id"),
                poller_event.c.seen_at.label("arrived_at"),
                poller_event.c.path,
            )
            .select_from(dpq)
            .join(last, last.c.id == dpq.c.id)
            .outerjoin(done_ids, done_ids.c.dataset == dpq.c.dataset)
            .outerjoin(poller_event, poller_event.c.id == dpq.c.event_id)
        )
        found |= {row.dataset: Known(**row._mapping) for row in connection.execute(query)}
    return found


def arrived(
    connection: Connection, *, like: str, since: datetime | None = None, workflow: str | None = None
) -> Iterator[str]:
    """Datasets that pollers have asked for, by name; `like` may hold `*` and `?`."""
    query = select(dpq.c.dataset).join(poller_event, poller_event.c.id == dpq.c.event_id)
    query = query.where(dpq.c.dataset.like(like_pattern(like), escape="\\"))
    if since is not None:
        query = query.where(poller_event.c.seen_at >= since)
    if workflow is not None:
        query = query.where(dpq.c.workflow == workflow)
    for row in connection.execute(query.distinct().order_by(dpq.c.dataset)):
        yield row.dataset


def rejected(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Events of files that no request could be made of: number, path, reason; the latest last."""
    bad = poller_event.c.state.in_([EventState.REJECTED, EventState.QUARANTINED, EventState.SEEN])
    query = select(poller_event.c.id, poller_event.c.path, poller_event.c.reason).where(bad)
    for row in connection.execute(query.order_by(poller_event.c.id)):
        yield row.id, row.path, row.reason
