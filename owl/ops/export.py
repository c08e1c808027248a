"""Everything that a view matches, as rows of CSV or JSON lines, however many there are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import look, paging
from owl.db.engine import Database
from owl.db.paging import Source, View
from owl.errors import InvalidFilter

AT_A_TIME = 1000
Value = str | int | float | None
Row = Mapping[str, Value]

# Which rows there are when the export begins; each batch is read when it is asked for.
_WHAT: Mapping[str, tuple[Source, Callable[[Connection, Any], Mapping[Any, Any] | Sequence[Any]]]] = {
    "executions": (look.EXECUTIONS, look.executions),
    "runs": (look.RUNS, look.runs),
    "entries": (look.ENTRIES, look.entries),
}
# A spreadsheet takes such a cell for a formula (OWASP, "CSV Injection"): a name or a log line is a stranger's.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Export:
    """Calls that give everything that matches."""

    database: Database

    def export(self, what: str, view: View) -> Iterator[dict[str, Value]]:
        """Every row of `executions`, `runs` or `entries` that a view matches, in its order, in plain values.

        The keys are found once, so that rows which come meanwhile neither shift nor double others; the rows are
        read a thousand at a time. A view that can't be read is told before the first row.
        """
        if what not in _WHAT:
            raise InvalidFilter(f"there is no {what!r} to export; there are: {', '.join(_WHAT)}")
        source, rows_of = _WHAT[what]
        asked = paging.ask(
            source, paging.View(filters=view.filters, search=view.search, sort=view.sort), now=utc_now()
        )
        keys = self.database.read(paging.matching, asked, paging.DEEPEST)
        return self._rows(source, keys, rows_of)

    def _rows(self, source: Source, keys: Sequence[Any], rows_of: Any) -> Iterator[dict[str, Value]]:
        for start in range(0, len(keys), AT_A_TIME):
            some = [tuple(key) if len(source.key) > 1 else key[0] for key in keys[start : start + AT_A_TIME]]
            found = self.database.read(rows_of, some)
            nouns = found if isinstance(found, list) else [found[key] for key in some if key in found]
            yield from (plain(noun) for noun in nouns)

    @staticmethod
    def csv(rows: Iterable[Row]) -> Iterator[str]:
        """Rows as CSV (RFC 4180) with a heading; what a spreadsheet would run gets a `'` before it."""
        out = io.StringIO()
        writer = csv.writer(out)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(row)
            writer.writerow([_harmless(value) for value in row.values()])
            if out.tell() > 60_000:
                yield _taken(out)
        yield _taken(out)

    @staticmethod
    def json_lines(rows: Iterable[Row]) -> Iterator[str]:
        """Rows as JSON objects, one a line."""
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def plain(noun: Any) -> dict[str, Value]:
    """A noun's fields in values that CSV and JSON have; without ads."""
    names = [name for name in noun.__dataclass_fields__ if name not in ("classad", "told_at")]
    return {name: _value(getattr(noun, name)) for name in names}


def _value(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return json.dumps(dict(value), sort_keys=True, default=str)
    if value is None or isinstance(value, int | float):
        return value
    return str(value)


def _harmless(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
