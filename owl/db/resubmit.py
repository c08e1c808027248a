"""Verbs that ask again for what failed or was removed, where nobody has asked for it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, literal, null, or_, select

from owl.db.forms import like_pattern
from owl.db.schema import blackboard, dpq
from owl.model import EntryState, State


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """Which requests: of those that ended in `states`, the latest of each dataset and workflow.

    Args:
        since: they ended then or later.
        step, exit_code: an execution of that step ended so.
        says: the request's error holds this text; may hold `*` and `?`.
    """

    states: Sequence[EntryState] = (EntryState.FAILED, EntryState.REMOVED)
    campaign: str | None = None
    workflow: str | None = None
    since: datetime | None = None
    step: str | None = None
    exit_code: int | None = None
    says: str | None = None


def count(connection: Connection, which: Unfinished) -> dict[tuple[str, EntryState], int]:
    """How many there are, by workflow and state."""
    columns = (dpq.c.workflow, dpq.c.state)
    query = select(*columns, func.count()).where(*_filters(which)).group_by(*columns)
    return {(workflow, state): number for workflow, state, number in connection.execute(query)}


def resubmit(
    connection: Connection,
    which: Unfinished,
    *,
    requested_by: str,
    now: datetime,
    priority: int | None = None,
    campaign: str | None = None,
) -> int:
    """Insert each of them anew, in one statement; returns how many that are."""
    columns = {
        "dataset": dpq.c.dataset,
        "workflow": dpq.c.workflow,
        "parameters": dpq.c.parameters,
        "event_id": dpq.c.event_id,
        "priority": dpq.c.priority if priority is None else literal(priority),
        "campaign": dpq.c.campaign if campaign is None else literal(campaign, dpq.c.campaign.type),
        "state": literal(EntryState.WAITING, dpq.c.state.type),
        "created_at": literal(now, dpq.c.created_at.type),
        "created_by": literal(requested_by, dpq.c.created_by.type),
        "attempts": literal(0),
        "run_id": null(),
    }
    chosen = select(*columns.values()).where(*_filters(which)).order_by(dpq.c.id)
    statement = insert(dpq).from_select(list(columns), chosen).execution_options(preserve_rowcount=True)
    return int(connection.execute(statement).rowcount)


def _filters(which: Unfinished) -> list[ColumnElement[bool]]:
    later = dpq.alias("later")
    newer = exists().where(
        later.c.dataset == dpq.c.dataset, later.c.workflow == dpq.c.workflow, later.c.id > dpq.c.id
    )
    found: list[ColumnElement[bool]] = [dpq.c.state.in_(list(which.states)), ~newer]
    found += [dpq.c.campaign == which.campaign] if which.campaign is not None else []
    found += [dpq.c.workflow == which.workflow] if which.workflow is not None else []
    found += [dpq.c.ended_at >= which.since] if which.since is not None else []
    if which.says is not None:
        found.append(dpq.c.error.like(like_pattern(f"*{which.says}*"), escape="\\"))
    if which.step is not None or which.exit_code is not None:
        found.append(exists().where(and_(blackboard.c.run_id == dpq.c.run_id, *_of_step(which))))
    return found


def _of_step(which: Unfinished) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.step is not None:
        found.append(blackboard.c.process_name == which.step)
    if which.exit_code is not None:
        found.append(blackboard.c.exit_code == which.exit_code)
    else:  # a step that went wrong, however it did
        bad = blackboard.c.state.in_([State.HELD, State.LOST, State.ABORTED, State.REMOVED])
        found.append(or_(bad, func.coalesce(blackboard.c.exit_code, 0) != 0, blackboard.c.exit_signal.is_not(None)))
    return found
