"""Verbs of bundles: runs that share a DAGMan job are claimed, marked and taken over together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from owl.db.schema import bundle, run, submission
from owl.model import RUN_ENDED, Bundle, Run, RunState, Submission

_IDS_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A bundle, where its DAGMan job is (once HTCondor has it), and how many of its runs are in each state."""

    bundle: Bundle
    schedd: str | None
    cluster: int | None
    runs: Mapping[RunState, int]

    @property
    def total(self) -> int:
        """How many runs were put together."""
        return sum(self.runs.values())


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


def going(connection: Connection) -> Sequence[Standing]:
    """The bundles of which a run hasn't ended, the oldest first; runs that were rescued since count as Rescued."""
    alive = [state for state in RunState if state not in RUN_ENDED]
    open_ones = select(submission.c.bundle_id).where(
        submission.c.state.in_(alive), submission.c.bundle_id.is_not(None)
    )
    return _standing(connection, submission.c.bundle_id.in_(open_ones))


def of_runs(connection: Connection, run_ids: Iterable[str]) -> Mapping[str, Standing]:
    """The bundles that some runs' latest submissions are in, by run."""
    wanted = sorted(set(run_ids))
    shared: dict[str, str] = {}
    for start in range(0, len(wanted), _IDS_AT_A_TIME):
        latest = (submission.c.run_id == run.c.id) & (submission.c.number == run.c.submission)
        query = select(submission.c.run_id, submission.c.bundle_id).join(run, latest)
        query = query.where(
            run.c.id.in_(wanted[start : start + _IDS_AT_A_TIME]), submission.c.bundle_id.is_not(None)
        )
        shared |= {run_id: bundle_id for run_id, bundle_id in connection.execute(query)}
    found: dict[str, Standing] = {}
    names = sorted(set(shared.values()))
    for start in range(0, len(names), _IDS_AT_A_TIME):
        some = submission.c.bundle_id.in_(names[start : start + _IDS_AT_A_TIME])
        found |= {one.bundle.id: one for one in _standing(connection, some)}
    return {run_id: found[name] for run_id, name in shared.items() if name in found}


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


def _standing(connection: Connection, which: Any) -> Sequence[Standing]:
    query = select(submission.c.bundle_id, submission.c.state, func.count(), func.max(submission.c.schedd))
    query = query.add_columns(func.max(submission.c.cluster)).where(which)
    counted: dict[str, dict[RunState, int]] = {}
    places: dict[str, tuple[str | None, int | None]] = {}
    for name, state, number, schedd, cluster in connection.execute(
        query.group_by(submission.c.bundle_id, submission.c.state)
    ):
        counted.setdefault(name, {})[state] = number
        known = places.get(name, (None, None))
        places[name] = (schedd or known[0], cluster or known[1])
    known_bundles = find(connection, counted)
    ordered = sorted(known_bundles.values(), key=lambda one: (one.created_at, one.id))
    return [
        Standing(bundle=one, schedd=places[one.id][0], cluster=places[one.id][1], runs=counted[one.id])
        for one in ordered
    ]


def _open(bundle_id: str, claimed_by: str) -> tuple[Any, ...]:
    return (
        submission.c.bundle_id == bundle_id,
        submission.c.claimed_by == claimed_by,
        submission.c.state == RunState.CLAIMED,
    )
