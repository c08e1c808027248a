"""Verbs of runs and of their submissions: claim, mark, follow, end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from owl.db import dpq
from owl.db.forms import insert_all
from owl.db.schema import bundle, run, submission
from owl.db.schema import dpq as entry
from owl.errors import NotFound
from owl.model import (
    ENTRY_OF_RUN,
    RUN_ENDED,
    RUN_FORWARD,
    EntryState,
    Run,
    RunState,
    Submission,
)

_IDS_AT_A_TIME = 1000  # SQL Server takes 2,100 parameters in a statement


def create(connection: Connection, new: Run, first: Submission) -> None:
    """Insert a run and its first submission, before HTCondor hears of it."""
    connection.execute(insert(run).values(_values(new)))
    connection.execute(insert(submission).values(_values(first)))


def create_all(connection: Connection, new: Sequence[Run], first: Sequence[Submission]) -> None:
    """Insert runs and the first submission of each."""
    insert_all(connection, run, [_values(one) for one in new])
    insert_all(connection, submission, [_values(one) for one in first])


def create_rescue(connection: Connection, following: Submission) -> None:
    """Insert the next submission of a run; the one before it becomes Rescued."""
    before = (submission.c.run_id == following.run_id) & (submission.c.number == following.number - 1)
    connection.execute(update(submission).where(before).values(state=RunState.RESCUED))
    connection.execute(insert(submission).values(_values(following)))
    values = {"state": RunState.CLAIMED, "submission": following.number, "ended_at": None, "error": None}
    connection.execute(update(run).where(run.c.id == following.run_id).values(values))


def get(connection: Connection, run_id: str) -> Run:
    """The run of that id, or `NotFound`."""
    row = connection.execute(select(run).where(run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id!r}; `owl status` shows those there are")
    return _run(row)


def known(connection: Connection, run_ids: Iterable[str]) -> set[str]:
    """Those of some ids that are runs of this database."""
    wanted, found = sorted(set(run_ids)), set()
    for start in range(0, len(wanted), _IDS_AT_A_TIME):
        some = wanted[start : start + _IDS_AT_A_TIME]
        found |= set(connection.execute(select(run.c.id).where(run.c.id.in_(some))).scalars())
    return found


def latest(connection: Connection, dataset: str, workflow: str | None = None) -> Run:
    """The newest run of a dataset, or `NotFound`."""
    query = select(run).where(run.c.dataset == dataset).order_by(run.c.created_at.desc(), run.c.id.desc())
    if workflow is not None:
        query = query.where(run.c.workflow == workflow)
    row = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        there = "`owl jobs` shows those there are, `owl dpq list` what still waits"
        raise NotFound(f"there is no run of the dataset {dataset!r}; {there}")
    return _run(row)


def find(
    connection: Connection,
    *,
    states: Iterable[RunState] = (),
    campaign: str | None = None,
    limit: int = 100,
) -> Sequence[Run]:
    """Runs, newest first."""
    query: Select[Any] = select(run).order_by(run.c.created_at.desc(), run.c.id.desc()).limit(limit)
    wanted = list(states)
    if wanted:
        query = query.where(run.c.state.in_(wanted))
    if campaign is not None:
        query = query.where(run.c.campaign == campaign)
    return [_run(row) for row in connection.execute(query)]


def counts(connection: Connection) -> Mapping[RunState, int]:
    """How many runs are in each state."""
    return {row[0]: row[1] for row in connection.execute(select(run.c.state, func.count()).group_by(run.c.state))}


def count_active(connection: Connection) -> int:
    """How many runs haven't ended."""
    alive = [state for state in RunState if state not in RUN_ENDED]
    return int(connection.execute(select(func.count()).where(run.c.state.in_(alive))).scalar_one())


def submissions(connection: Connection, run_id: str) -> Sequence[Submission]:
    """Every submission of a run, the first one first."""
    query = select(submission).where(submission.c.run_id == run_id).order_by(submission.c.number)
    return [_submission(row) for row in connection.execute(query)]


def open_submissions(
    connection: Connection, *, claimed_by: str | None = None, states: Iterable[RunState] = ()
) -> Sequence[Submission]:
    """Submissions that haven't ended, of one shoveler's submit host or of all."""
    wanted = list(states) or [state for state in RunState if state not in RUN_ENDED]
    query = select(submission).where(submission.c.state.in_(wanted)).order_by(submission.c.claimed_at)
    if claimed_by is not None:
        query = query.where(submission.c.claimed_by == claimed_by)
    return [_submission(row) for row in connection.execute(query)]


@dataclass(frozen=True, kw_only=True)
class Going:
    """Where DAGMan's files of a run are that hasn't ended; `bundle` is the directory of the bundle it is in."""

    run_id: str
    dag_file: str | None
    bundle: str | None


def going(connection: Connection) -> Sequence[Going]:
    """The runs of which HTCondor has a submission that hasn't ended."""
    there = [state for state in RunState if state not in RUN_ENDED and state is not RunState.CLAIMED]
    query = select(submission.c.run_id, run.c.dag_file, bundle.c.directory)
    query = query.join(run, run.c.id == submission.c.run_id)
    query = query.outerjoin(bundle, bundle.c.id == submission.c.bundle_id).where(submission.c.state.in_(there))
    return [Going(run_id=name, dag_file=dag, bundle=shared) for name, dag, shared in connection.execute(query)]


def mark_rendered(connection: Connection, run_id: str, *, dag_file: str, template_digest: str) -> None:
    """Keep which templates the run was made from."""
    values = {"dag_file": dag_file, "template_digest": template_digest}
    connection.execute(update(run).where(run.c.id == run_id).values(values))


def mark_submitted(
    connection: Connection, run_id: str, number: int, *, schedd: str, cluster: int, now: datetime
) -> bool:
    """HTCondor has taken the submission; False where owld has seen it go further already."""
    key = (submission.c.run_id == run_id) & (submission.c.number == number)
    connection.execute(update(submission).where(key).values(schedd=schedd, cluster=cluster, submitted_at=now))
    # Not `follow`: a job may go from Running back to Idle, but not because its submission was noted late.
    claimed = update(submission).where(key, submission.c.state == RunState.CLAIMED)
    moved = bool(connection.execute(claimed.values(state=RunState.IDLE)).rowcount)
    if moved:
        _carry(connection, run_id, number, RunState.IDLE, now=now, error=None)
    return moved


def follow(
    connection: Connection,
    run_id: str,
    number: int,
    state: RunState,
    *,
    now: datetime,
    error: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Write what HTCondor says of a submission; its run and entry go with it where it moves.

    `facts` are columns of the submission (counts, times, exit code). Returns whether the state changed.
    """
    key = (submission.c.run_id == run_id) & (submission.c.number == number)
    known = {name: value for name, value in (facts or {}).items() if value is not None}
    if known:
        connection.execute(update(submission).where(key).values(known))
    origins = [origin for origin, targets in RUN_FORWARD.items() if state in targets]
    moved = connection.execute(
        update(submission).where(key, submission.c.state.in_(origins)).values(state=state)
    ).rowcount
    if moved:
        _carry(connection, run_id, number, state, now=now, error=error)
    return bool(moved)


def asked_at(connection: Connection, run_ids: Sequence[str]) -> Sequence[datetime]:
    """When some runs' entries were asked for."""
    found: list[datetime] = []
    for start in range(0, len(run_ids), _IDS_AT_A_TIME):
        query = select(entry.c.created_at).join(run, run.c.entry_id == entry.c.id)
        found += connection.execute(query.where(run.c.id.in_(run_ids[start : start + _IDS_AT_A_TIME]))).scalars()
    return found


def claims(connection: Connection) -> Sequence[Submission]:
    """Submissions of every shoveler whose outcome isn't known yet, the oldest first."""
    query = select(submission).where(submission.c.state == RunState.CLAIMED).order_by(submission.c.claimed_at)
    return [_submission(row) for row in connection.execute(query)]


def take_over(connection: Connection, claim: Submission, by: str, schedd: str, *, now: datetime) -> bool:
    """Take a claim whose shoveler is dead, for a schedd; False where another shoveler was first."""
    guard = (submission.c.run_id == claim.run_id) & (submission.c.number == claim.number)
    guard &= (submission.c.claimed_by == claim.claimed_by) & (submission.c.state == RunState.CLAIMED)
    values = {"claimed_by": by, "schedd": schedd, "claimed_at": now}
    return bool(connection.execute(update(submission).where(guard).values(values)).rowcount)


def holds(connection: Connection, run_id: str, number: int, claimed_by: str) -> bool:
    """Whether a submission is still that shoveler's."""
    key = (submission.c.run_id == run_id) & (submission.c.number == number)
    return connection.execute(select(submission.c.claimed_by).where(key)).scalar() == claimed_by


def set_priority(connection: Connection, run_id: str, priority: int) -> None:
    """Write which priority a run has from now on."""
    connection.execute(update(run).where(run.c.id == run_id).values(priority=priority))


def ended_lately(connection: Connection, workflow: str, *, since: datetime | None, limit: int) -> Sequence[Run]:
    """The runs of a workflow that ended last, the latest first."""
    query = select(run).where(run.c.workflow == workflow, run.c.ended_at.is_not(None))
    if since is not None:
        query = query.where(run.c.ended_at > since)
    return [_run(row) for row in connection.execute(query.order_by(run.c.ended_at.desc()).limit(limit))]


def _carry(
    connection: Connection, run_id: str, number: int, state: RunState, *, now: datetime, error: str | None
) -> None:
    ended = now if state in RUN_ENDED else None
    if ended is not None:
        key = (submission.c.run_id == run_id) & (submission.c.number == number)
        connection.execute(update(submission).where(key, submission.c.ended_at.is_(None)).values(ended_at=now))
    current = (run.c.id == run_id) & (run.c.submission == number)
    values = {"state": state, "ended_at": ended, "error": error}
    if connection.execute(update(run).where(current).values(values)).rowcount:
        entry_id = connection.execute(select(run.c.entry_id).where(run.c.id == run_id)).scalar_one()
        entry_state = ENTRY_OF_RUN.get(state, EntryState.ACTIVE)
        dpq.move(connection, entry_id, entry_state, now=now, error=error)


def _values(noun: Run | Submission) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in noun.__dataclass_fields__}


def _run(row: Row[Any]) -> Run:
    return Run(**row._mapping)


def _submission(row: Row[Any]) -> Submission:
    return Submission(**row._mapping)
