"""The tables of the GUI: one declaration of columns for headings, filters, sorting, the API and its description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from owl.errors import InvalidSetting
from owl.model import EntryState, RunState, State
from owl.ops import View

LONGEST_PAGE = 1000
_RESERVED = frozenset({"sort", "q", "limit", "offset", "page", "rows", "cols", "look", "open", "format"})


class Kind(StrEnum):
    """What a column holds: how it is shown, and how a filter on it is written."""

    TEXT = "text"
    STATE = "state"
    TIME = "time"
    DURATION = "duration"
    NUMBER = "number"
    MARK = "mark"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `shown`: unless a user chose otherwise."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    sort: bool = True
    filter: bool = True
    shown: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the API and its columns; `sort` is the order without a wish."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sort: str = ""

    def plain(self) -> dict[str, Any]:
        """As scripts get it."""
        return asdict(self)

    def filters(self) -> list[Column]:
        """The columns that a request may filter."""
        return [one for one in self.columns if one.filter]

    def view(self, given: MultiDict[str, str], *, limit: int = 50) -> View:
        """What a query string asks for.

        Raises:
            InvalidSetting: a parameter that isn't one, or a number that isn't one.
        """
        known = {one.name for one in self.filters()}
        for name in given:
            if name not in known and name not in _RESERVED:
                raise InvalidSetting(
                    f"there is no filter {name!r} on {self.name}; there are: {', '.join(sorted(known))}"
                )
        limit = _number(given, "limit", limit, 1, LONGEST_PAGE)
        return View(
            filters={name: value for name, value in given.items() if name in known and value},
            search=given.get("q", ""),
            sort=self._sort(given.get("sort") or self.sort),
            limit=limit,
            offset=_number(given, "offset", 0, 0, 2**31 - 1),
        )

    def _sort(self, text: str) -> tuple[tuple[str, bool], ...]:
        known = {one.name for one in self.columns if one.sort}
        found = [(word.lstrip("-"), word.startswith("-")) for word in text.split(",") if word]
        for name, _ in found:
            if name not in known:
                raise InvalidSetting(f"{self.name} can't be sorted by {name!r}; by: {', '.join(sorted(known))}")
        return tuple(found)


def _number(given: MultiDict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:12]) <= most:
        raise InvalidSetting(f"{name} = {text[:40]!r}; give a whole number from {least} to {most}")
    return int(text)


def _values(states: Iterable[StrEnum]) -> tuple[str, ...]:
    return tuple(state.value for state in states)


# The talk's Monitor pane, then what it can show besides.
EXECUTIONS = Table(
    name="executions",
    key=("global_job_id", "start_number"),
    sort="-start_time",
    columns=(
        Column(name="dataset", heading="FILESET"),
        Column(name="mark", heading="STATUS", kind=Kind.MARK, sort=False, filter=False),
        Column(name="owner", heading="OWNER"),
        Column(name="start_time", heading="START TIME", kind=Kind.TIME),
        Column(name="process_name", heading="PROCESS NAME"),
        Column(name="parent_name", heading="PARENT NAME", sort=False),
        Column(
            name="state", heading="STATE", kind=Kind.STATE, choices=("failed", "active", "ended", *_values(State))
        ),
        Column(name="duration", heading="DURATION", kind=Kind.DURATION),
        Column(name="completion_time", heading="COMPLETION TIME", kind=Kind.TIME),
        Column(name="exit_code", heading="EXIT CODE", kind=Kind.NUMBER),
        Column(name="global_job_id", heading="GLOBAL JOB ID"),
        Column(name="host", heading="HOST", shown=False),
        Column(name="workflow", heading="WORKFLOW", sort=False, shown=False),
        Column(name="campaign", heading="CAMPAIGN", sort=False, shown=False),
        Column(name="run_state", heading="RUN STATE", sort=False, shown=False),
        Column(name="priority", heading="PRIORITY", kind=Kind.NUMBER, sort=False, filter=False, shown=False),
        Column(name="exit_signal", heading="SIGNAL", kind=Kind.NUMBER, shown=False),
        Column(name="hold_code", heading="HOLD CODE", kind=Kind.NUMBER, shown=False),
        Column(name="hold_reason", heading="HOLD REASON", sort=False, filter=False, shown=False),
        Column(name="start_number", heading="START", kind=Kind.NUMBER, sort=False, filter=False, shown=False),
        Column(name="run_id", heading="RUN", shown=False),
    ),
)
ENTRIES = Table(
    name="entries",
    key=("id",),
    sort="-priority,id",
    columns=(
        Column(name="id", heading="ENTRY", kind=Kind.NUMBER),
        Column(name="dataset", heading="DATASET"),
        Column(name="workflow", heading="WORKFLOW"),
        Column(name="priority", heading="PRIORITY", kind=Kind.NUMBER),
        Column(name="state", heading="STATE", kind=Kind.STATE, choices=_values(EntryState)),
        Column(name="campaign", heading="CAMPAIGN"),
        Column(name="created_at", heading="ASKED FOR AT", kind=Kind.TIME),
        Column(name="created_by", heading="BY"),
        Column(name="attempts", heading="ATTEMPTS", kind=Kind.NUMBER, shown=False),
        Column(name="not_before", heading="NOT BEFORE", kind=Kind.TIME, shown=False),
        Column(name="ended_at", heading="ENDED AT", kind=Kind.TIME, shown=False),
        Column(name="error", heading="ERROR", sort=False, filter=False),
        Column(name="run_id", heading="RUN", shown=False),
    ),
)
_RUN_COLUMNS = (
    Column(name="dataset", heading="DATASET"),
    Column(name="workflow", heading="WORKFLOW"),
    Column(
        name="state", heading="STATE", kind=Kind.STATE, choices=("failed", "active", "ended", *_values(RunState))
    ),
    Column(name="priority", heading="PRIORITY", kind=Kind.NUMBER),
    Column(name="campaign", heading="CAMPAIGN"),
    Column(name="owner", heading="OWNER"),
    Column(name="created_at", heading="BEGUN AT", kind=Kind.TIME),
    Column(name="ended_at", heading="ENDED AT", kind=Kind.TIME),
    Column(name="error", heading="ERROR", sort=False, filter=False),
    Column(name="id", heading="RUN"),
)
RUNS = Table(name="runs", key=("id",), sort="-created_at", columns=_RUN_COLUMNS)
DATASETS = Table(name="datasets", key=("id",), sort="-created_at", columns=_RUN_COLUMNS)
COMMANDS = Table(
    name="commands",
    key=("id",),
    sort="-id",
    columns=(
        Column(name="id", heading="COMMAND", kind=Kind.NUMBER),
        Column(name="verb", heading="WHAT"),
        Column(name="filter", heading="OF WHAT", sort=False, filter=False),
        Column(name="requested_by", heading="WHO"),
        Column(name="requested_at", heading="WHEN", kind=Kind.TIME),
        Column(name="reason", heading="WHY", sort=False, filter=False),
        Column(name="state", heading="STATE", kind=Kind.STATE),
        Column(name="result", heading="RESULT", sort=False, filter=False),
        Column(name="ended_at", heading="ENDED AT", kind=Kind.TIME),
    ),
)
AUDIT = Table(
    name="audit",
    key=("id",),
    sort="-id",
    columns=(
        Column(name="id", heading="NO.", kind=Kind.NUMBER),
        Column(name="actor", heading="WHO"),
        Column(name="verb", heading="WHAT"),
        Column(name="scope", heading="OF WHAT"),
        Column(name="at", heading="WHEN", kind=Kind.TIME),
        Column(name="reason", heading="WHY", sort=False, filter=False),
        Column(name="result", heading="RESULT", sort=False, filter=False),
    ),
)
TABLES: Mapping[str, Table] = {one.name: one for one in (EXECUTIONS, ENTRIES, RUNS, DATASETS, COMMANDS, AUDIT)}
