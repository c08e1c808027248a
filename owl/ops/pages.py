"""Looking: pages of executions, runs, entries, commands and the audit, one execution, and all that matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import blackboard, commands, look, paging, runs
from owl.db.engine import Database
from owl.db.look import AuditRow
from owl.db.paging import Source, View
from owl.errors import InvalidFilter, NotAllowed
from owl.intent import Command
from owl.model import Entry, Execution, Run, State, Submission

T = TypeVar("T")

MOST_KEYS = 10_000
_SOURCES: Mapping[str, Source] = {
    "executions": look.EXECUTIONS,
    "runs": look.RUNS,
    "entries": look.ENTRIES,
    "commands": look.COMMANDS,
    "audit": look.AUDIT,
}


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Some rows of a view, and how many there are; not `exact`: more than `total`.

    `runs` are the runs of executions that are shown, by their ids.
    """

    rows: Sequence[T]
    total: int
    exact: bool
    offset: int
    limit: int
    runs: Mapping[str, Run] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StepCell:
    """A step of a run as its last execution has it; `starts` is how often it was started."""

    process_name: str
    state: State
    exit_code: int | None
    exit_signal: int | None
    hold_code: int | None
    duration: float | None
    starts: int
    global_job_id: str
    start_number: int


@dataclass(frozen=True, kw_only=True)
class DatasetRow:
    """A run with its steps in the order in which they were started first."""

    run: Run
    steps: Sequence[StepCell]


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Calls for people and programs that only read; each raises an `OwlError` that says what to do."""

    database: Database

    def executions(self, view: View) -> Page[Execution]:
        """The Monitor: executions, the latest start first."""

        def read(connection: Connection, found: paging.Found) -> Page[Execution]:
            rows = look.executions(connection, found.keys)
            ids = list(dict.fromkeys(row.run_id for row in rows if row.run_id))
            return replace(_page(rows, found, view), runs=look.runs(connection, ids))

        return self._paged(look.EXECUTIONS, view, read)

    def datasets(self, view: View) -> Page[DatasetRow]:
        """The same by dataset: runs, the latest first, each with its steps."""

        def read(connection: Connection, found: paging.Found) -> Page[DatasetRow]:
            ids = [row[0] for row in found.keys]
            known, steps = look.runs(connection, ids), look.steps_of(connection, ids)
            rows = [DatasetRow(run=known[one], steps=_cells(steps[one])) for one in ids if one in known]
            return _page(rows, found, view)

        return self._paged(look.RUNS, view, read)

    def runs(self, view: View) -> Page[Run]:
        """Runs, the latest first."""
        return self._of_one_key(look.RUNS, view, look.runs)

    def entries(self, view: View) -> Page[Entry]:
        """The queue, in the order in which it is shovelled."""
        return self._of_one_key(look.ENTRIES, view, look.entries)

    def commands(self, view: View) -> Page[Command]:
        """What operators wanted, and what came of it; the latest first."""

        def rows(connection: Connection, ids: Sequence[int]) -> Mapping[int, Command]:
            found = look.rows_of(connection, look.COMMANDS, ids)
            return {key: commands.of_row(row) for key, row in found.items()}

        return self._of_one_key(look.COMMANDS, view, rows)

    def audit(self, view: View) -> Page[AuditRow]:
        """Logins, and what was changed that is no command; the latest first."""

        def rows(connection: Connection, ids: Sequence[int]) -> Mapping[int, AuditRow]:
            return {key: AuditRow(**row) for key, row in look.rows_of(connection, look.AUDIT, ids).items()}

        return self._of_one_key(look.AUDIT, view, rows)

    def execution(self, global_job_id: str, start_number: int) -> Execution:
        """One execution with its full ClassAd, or `NotFound`."""
        return self.database.read(look.execution, global_job_id, start_number)

    def executions_of(self, run_id: str) -> Sequence[Execution]:
        """Every execution of a run, in the order in which they started."""
        return self.database.read(blackboard.of_runs, [run_id])

    def submissions(self, run_id: str) -> Sequence[Submission]:
        """Every submission of a run, the first one first."""
        return self.database.read(runs.submissions, run_id)

    def keys(self, what: str, view: View, limit: int = MOST_KEYS) -> Sequence[Any]:
        """The keys of everything that a view matches, whatever page it shows.

        Returns:
            (job id, start number) of `executions`, the ids of `runs`, the numbers of `entries`.

        Raises:
            NotAllowed: more than `limit` match.
        """
        source = _source(what)
        asked = paging.ask(source, replace(view, limit=1, offset=0), now=utc_now())
        rows = self.database.read(paging.matching, asked, limit + 1)
        if len(rows) > limit:
            raise NotAllowed(f"more than {limit:,} {what} match; narrow the filter")
        return [tuple(row) if len(source.key) > 1 else row[0] for row in rows]

    def run_ids(self, view: View, limit: int = MOST_KEYS) -> Sequence[str]:
        """The runs of all executions that a view matches, each once; `NotAllowed` where those are too many."""
        keys = self.keys("executions", view, limit)
        return self.database.read(look.run_ids, keys)

    def _paged(self, source: Source, view: View, read: Callable[[Connection, paging.Found], T]) -> T:
        asked = paging.ask(source, view, now=utc_now())
        return self.database.read(lambda connection: read(connection, paging.page(connection, asked)))

    def _of_one_key(
        self, source: Source, view: View, rows: Callable[[Connection, Sequence[Any]], Mapping[Any, T]]
    ) -> Page[T]:
        def read(connection: Connection, found: paging.Found) -> Page[T]:
            ids = [row[0] for row in found.keys]
            known = rows(connection, ids)
            return _page([known[one] for one in ids if one in known], found, view)

        return self._paged(source, view, read)


def columns(what: str) -> Mapping[str, str]:
    """The columns that `what` can be filtered by, and the kind of each: text, state, number, time."""
    source = _source(what)
    own = {name: one.kind.value for name, one in source.fields.items()}
    return {**own, **dict.fromkeys(source.through, "text")}


def sort_of(text: str) -> tuple[tuple[str, bool], ...]:
    """`-start_time,dataset` as a view's sort: `-` is the largest first."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple((word.lstrip("-+"), word.startswith("-")) for word in words)


def _source(what: str) -> Source:
    if what not in _SOURCES:
        raise InvalidFilter(f"there is no {what!r} to look at; there are: {', '.join(_SOURCES)}")
    return _SOURCES[what]


def _page(rows: Sequence[T], found: paging.Found, view: View) -> Page[T]:
    return Page(rows=rows, total=found.total, exact=found.exact, offset=view.offset, limit=view.limit)


def _cells(executions: Iterable[Execution]) -> Sequence[StepCell]:
    last: dict[str, StepCell] = {}
    for row in executions:
        if row.process_name is None:
            continue
        before = last.get(row.process_name)
        last[row.process_name] = StepCell(
            process_name=row.process_name,
            state=row.state,
            exit_code=row.exit_code,
            exit_signal=row.exit_signal,
            hold_code=row.hold_code,
            duration=row.duration,
            starts=1 + (before.starts if before is not None else 0),
            global_job_id=row.global_job_id,
            start_number=row.start_number,
        )
    return list(last.values())
