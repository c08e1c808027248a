"""Entries in bulk: lines of names, CSV or JSON become requests, each checked as `owl dpq add` checks one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from owl.db import dpq
from owl.db.engine import Database
from owl.errors import InvalidName, OwlError, UserError
from owl.workflow.catalog import Catalog
from owl.workflow.request import RequestCheck, Wish

CHUNK = 5000
TELL = 500  # lines: a progress bar that hears of each costs more than the line itself
_OWN = ("dataset", "workflow", "priority", "campaign")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One request of a file; `line` is where it stands."""

    line: int
    dataset: str
    workflow: str
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A line that no request could be made of."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What came of a file."""

    added: int
    refused: Sequence[Refused]


def read_wanted(lines: Iterable[str], defaults: Wanted) -> Iterator[Wanted | Refused]:
    """Requests of a file: JSON objects, CSV with a heading that names `dataset`, or a dataset's name a line.

    Which one it is, is seen by the first line. What a line doesn't say is taken from `defaults`; columns that are
    no field of a request are parameters. Empty lines and lines that begin with # are passed over.
    """
    numbered = ((n, text.strip()) for n, text in enumerate(lines, start=1))
    rows = ((n, text) for n, text in numbered if text and not text.startswith("#"))
    first = next(rows, None)
    if first is None:
        return
    if first[1].startswith("{"):
        yield from (_wanted(n, _json, text, defaults) for n, text in _chain(first, rows))
    elif "dataset" in [word.strip() for word in first[1].split(",")] or "," in first[1]:
        heading = next(csv.reader([first[1]]))
        columns = [word.strip() for word in heading]
        if "dataset" not in columns:
            raise InvalidName(f"line {first[0]}: CSV needs a heading with the column dataset")
        yield from (_wanted(n, lambda text: _csv(columns, text), text, defaults) for n, text in rows)
    else:
        yield from (_wanted(n, lambda text: {"dataset": text}, text, defaults) for n, text in _chain(first, rows))


@dataclass
class Loader:
    """Checks and inserts requests, all of them or none unless `skip_bad`."""

    database: Database
    catalog: Catalog
    requested_by: str
    now: datetime
    skip_bad: bool = False
    again: bool = False
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_request = RequestCheck(self.catalog)

    def load(self, wanted: Iterable[Wanted | Refused], progress: Callable[[int], None]) -> Loaded:
        """Insert requests in one transaction; `progress` is told how many more lines were dealt with.

        Raises:
            InvalidName: a line is refused, and not `skip_bad`; nothing was inserted.
        """
        good: list[Wanted] = []
        refused: list[Refused] = []
        for number, one in enumerate(wanted, start=1):
            bad = one if isinstance(one, Refused) else self._check(one)
            if bad is not None:
                refused.append(self._refuse(bad))
            elif isinstance(one, Wanted):
                good.append(one)
            if number % TELL == 0:
                progress(TELL)
        return self.database.write(self._insert, good, refused)

    def _insert(self, connection: Connection, good: Sequence[Wanted], refused: Sequence[Refused]) -> Loaded:
        waiting: dict[tuple[str, str], int] = {}
        if not self.again:
            waiting = dpq.waiting_of(connection, [one.dataset for one in good])
        bad = [
            self._refuse(Refused(line=one.line, reason=_waits(one, waiting[one.dataset, one.workflow])))
            for one in good
            if (one.dataset, one.workflow) in waiting
        ]
        rows = [self._row(one) for one in good if (one.dataset, one.workflow) not in waiting]
        dpq.add_all(connection, rows, CHUNK)
        return Loaded(added=len(rows), refused=sorted([*refused, *bad], key=lambda one: one.line))

    def _refuse(self, bad: Refused) -> Refused:
        if self.skip_bad:
            return bad
        raise InvalidName(f"line {bad.line}: {bad.reason}; nothing was loaded (--skip-bad leaves it out)")

    def _check(self, one: Wanted) -> Refused | None:
        try:
            self._check_request.check(
                Wish(
                    dataset=one.dataset,
                    workflow=one.workflow,
                    priority=one.priority,
                    campaign=one.campaign,
                    parameters=one.parameters,
                )
            )
        except UserError as error:
            return Refused(line=one.line, reason=str(error))
        first = self._seen.setdefault((one.dataset, one.workflow), one.line)
        if first != one.line and not self.again:
            return Refused(line=one.line, reason=f"{one.dataset} stands in line {first} already")
        return None

    def _row(self, one: Wanted) -> dict[str, Any]:
        return {
            "dataset": one.dataset,
            "workflow": one.workflow,
            "priority": one.priority,
            "parameters": dict(one.parameters),
            "campaign": one.campaign,
            "created_at": self.now,
            "created_by": self.requested_by,
        }


def _waits(one: Wanted, entry: int) -> str:
    return f"{one.dataset} waits for {one.workflow} already as DPQ entry {entry}; --again adds it once more"


def _wanted(line: int, read: Callable[[str], Mapping[str, Any]], text: str, defaults: Wanted) -> Wanted | Refused:
    try:
        given = read(text)
        rest = {name: value for name, value in given.items() if name not in (*_OWN, "parameters")}
        more = given.get("parameters", {})
        if not isinstance(more, Mapping):
            raise InvalidName("parameters must be an object")
        return Wanted(
            line=line,
            dataset=str(given["dataset"]),
            workflow=str(given.get("workflow") or defaults.workflow),
            priority=int(given["priority"]) if given.get("priority") not in (None, "") else defaults.priority,
            campaign=str(given.get("campaign") or defaults.campaign),
            parameters={**defaults.parameters, **rest, **more},
        )
    except KeyError:
        return Refused(line=line, reason="it names no dataset")
    except (ValueError, TypeError, OwlError) as error:
        return Refused(line=line, reason=str(error))


def _json(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise InvalidName("it isn't a JSON object")
    return found


def _csv(columns: Sequence[str], text: str) -> Mapping[str, Any]:
    cells = next(csv.reader([text]))
    if len(cells) != len(columns):
        raise InvalidName(f"it has {len(cells)} columns, the heading has {len(columns)}")
    return {name: value.strip() for name, value in zip(columns, cells, strict=True) if value.strip()}


def _chain(first: tuple[int, str], rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest
