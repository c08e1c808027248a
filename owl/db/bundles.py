"""Verbs of bundles: runs that share a DAGMan job are claimed, marked and taken over together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from owl.db.schema import bundle, run, submission
from owl.model import Bundle, Run, RunState, Submission

_IDS_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement


def create_all(connection: Connection, new: Sequence[Bundle]) -> None:
    """Insert bundles, before the submissions that name them."""
    if new:
        connection.execute(
            insert(bundle), [{name: getattr(one, name) for name in one.__dataclass_fields__} for one in new]
        )


def find(connection: Connection, ids: Iterable[str]) -> Mapping[str, Bundle]:
    """Those of some ids that are bundles of this database."""
    wanted = sorted(set(ids))
    found: dict[str, Bundle] = {}
    for start in range(0, len(wanted), _IDS_AT_A_TIME):
        query = select(bundle).where(bundle.c.id.in_(wanted[start : start + _IDS_AT_A_TIME]))
        found |= {row.id: Bundle(**row._mapping) for row in connection.execute(query)}
    return found


def claimed(connection: Connection, bundle_id: str, claimed_by: str) -> Sequence[Run]:
    """The runs of a bundle that a shoveler has to deliver yet, in the order of their ids."""
    query = select(run).join(submission, submission.c.run_id == run.c.id)
    query = query.where(*_open(bundle_id, claimed_by)).order_by(run.c.id)
    return [Run(**row._mapping) for row in connection.execute(query)]


def holds(connection: Connection, bundle_id: str, run_ids: Iterable[str], claimed_by: str) -> bool:
    """Whether all these runs of a bundle are still that shoveler's."""
    query = select(submission.c.run_id).where(
        submission.c.bundle_id == bundle_id, submission.c.claimed_by == claimed_by
    )
    return set(run_ids) <= set(connection.execute(query).scalars())


def take_over(
    connection: Connection, bundle_id: str, claimed_by: str, by: str, schedd: str, *, now: datetime
) -> bool:
    """Take what of a dead shoveler's bundle is claimed, for a schedd; False where another shoveler was first."""
    values: dict[str, Any] = {"claimed_by": by, "schedd": schedd, "claimed_at": now}
    return bool(connection.execute(update(submission).where(*_open(bundle_id, claimed_by)).values(values)).rowcount)


def before(connection: Connection, run_id: str, number: int) -> Bundle | None:
    """The bundle that a run's submission before that one was in, if it was in one."""
    query = select(bundle).join(submission, submission.c.bundle_id == bundle.c.id)
    row = connection.execute(
        query.where(submission.c.run_id == run_id, submission.c.number == number - 1)
    ).one_or_none()
    return None if row is None else Bundle(**row._mapping)


def together(claims: Iterable[Submission]) -> list[list[Submission]]:
    """Claims put together as they go to HTCondor: those of a bundle, and each other by itself."""
    units: dict[tuple[str, ...], list[Submission]] = {}
    for one in claims:
        key = (one.bundle_id,) if one.bundle_id is not None else (one.run_id, str(one.number))
        units.setdefault(key, []).append(one)
    return list(units.values())


def _open(bundle_id: str, claimed_by: str) -> tuple[Any, ...]:
    return (
        submission.c.bundle_id == bundle_id,
        submission.c.claimed_by == claimed_by,
        submission.c.state == RunState.CLAIMED,
    )
