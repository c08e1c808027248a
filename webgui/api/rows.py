"""Rows as the API gives them: what the nouns hold, without what only the daemons need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from owl.errors import InvalidSetting
from owl.model import Execution, Run, State
from owl.ops import Page

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Rows(Generic[Row]):
    """A page of a table. `exact` false: there are more than `total`."""

    rows: Sequence[Row]
    total: int
    exact: bool
    limit: int
    offset: int


def check_page(limit: int, offset: int, most: int = 1000) -> None:
    """Refuse what is no page of a table."""
    if not 1 <= limit <= most or offset < 0:
        raise InvalidSetting(f"limit: give 1 to {most}; offset: 0 or more")


def check_reason(reason: str, where: str) -> None:
    """Refuse to do without a reason what others are told of; `where` says what becomes of it."""
    if not reason.strip():
        raise InvalidSetting(f"reason: say why; it is {where}")


def plain_name(text: str) -> str:
    """A text as a part of a file's name that every system takes."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-+") else "_" for c in text)


@dataclass(frozen=True, kw_only=True)
class ExecutionRow:
    """One row of Monitor: one start of a job step. `mark`: the talk's STATUS, good, bad or nothing yet."""

    dataset: str | None
    mark: str
    owner: str | None
    start_time: datetime | None
    process_name: str | None
    parent_name: str | None
    state: State
    duration: float | None
    completion_time: datetime | None
    exit_code: int | None
    exit_signal: int | None
    exit_reason: str | None
    hold_code: int | None
    hold_reason: str | None
    global_job_id: str
    start_number: int
    host: str | None
    run_id: str | None
    workflow: str | None = None
    campaign: str | None = None
    priority: int | None = None
    run_state: str | None = None
    source: str = ""
    observed_at: datetime | None = None


_BAD = frozenset({State.LOST, State.ABORTED, State.REMOVED})
_OWN = tuple(
    name
    for name in ExecutionRow.__dataclass_fields__
    if name in Execution.__dataclass_fields__ and name not in ("mark",)
)


def mark(row: Execution) -> str:
    """The talk's STATUS column: good where a step has gone well, bad where it hasn't."""
    if row.state is State.EXITED:
        return "good" if row.exit_code == 0 else "bad"
    return "bad" if row.state in _BAD else ""


def execution_row(row: Execution, run: Run | None = None) -> ExecutionRow:
    """A row of the blackboard with what its run says."""
    ours = {name: getattr(row, name) for name in _OWN}
    if run is not None:
        ours |= {
            "workflow": run.workflow,
            "campaign": run.campaign,
            "priority": run.priority,
            "run_state": run.state,
        }
    return ExecutionRow(**ours, mark=mark(row))


def execution_rows(found: Page[Execution], runs: Mapping[str, Run]) -> Rows[ExecutionRow]:
    """A page of Monitor."""
    rows = [execution_row(row, runs.get(row.run_id or "")) for row in found.rows]
    return of_page(found, rows)


def of_page(found: Page[Any], rows: Sequence[Row]) -> Rows[Row]:
    """A page with its rows as the API gives them."""
    return Rows(rows=rows, total=found.total, exact=found.exact, limit=found.limit, offset=found.offset)
