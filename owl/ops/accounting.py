"""Completeness: what has become of the datasets that the planning side expects."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from owl.db import accounting
from owl.db.accounting import Known
from owl.errors import InvalidName
from owl.model import EntryState
from owl.workflow.values import check_name

_BOUNDARY = re.compile(r"(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])|$")


class Standing(StrEnum):
    """What has become of an expected dataset."""

    PROCESSED = "Processed"  # at least once; it may have been asked for again since
    PROCESSING = "Processing"
    WAITING = "Waiting"
    FAILED = "Failed"
    REMOVED = "Removed"
    REJECTED = "Rejected"  # a file of that name has arrived, and no request could be made of it
    MISSING = "Missing"


_OF_ENTRY: Mapping[EntryState, Standing] = {
    EntryState.WAITING: Standing.WAITING,
    EntryState.CLAIMED: Standing.PROCESSING,
    EntryState.ACTIVE: Standing.PROCESSING,
    EntryState.DONE: Standing.PROCESSED,
    EntryState.FAILED: Standing.FAILED,
    EntryState.REMOVED: Standing.REMOVED,
}


@dataclass(frozen=True, kw_only=True)
class Accounted:
    """An expected dataset. `arrived_at` and `path` are of the file that a poller made its request of."""

    dataset: str
    standing: Standing
    entry_id: int | None = None
    run_id: str | None = None
    event_id: int | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    path: str | None = None
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Accounting:
    """All of them, in the order in which they were expected."""

    counts: Mapping[Standing, int]
    rows: Sequence[Accounted]

    @property
    def complete(self) -> bool:
        """Whether every expected dataset has been processed."""
        return set(self.counts) <= {Standing.PROCESSED}


def expected_names(lines: Iterable[str]) -> Iterator[str]:
    """The datasets of a list: the first word of each line (commas separate words too), `#` begins a comment.

    Raises:
        InvalidName: a line names none, with its number.
    """
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text or (number == 1 and text.split(",")[0].strip().lower() == "dataset"):
            continue
        name = re.split(r"[,\s]", text, maxsplit=1)[0]
        try:
            yield check_name("dataset", name)
        except InvalidName as error:
            raise InvalidName(f"line {number}: {error}") from error


def account(connection: Connection, expected: Sequence[str], workflow: str | None) -> Accounting:
    """What has become of expected datasets, by one workflow or by any."""
    names = list(dict.fromkeys(expected))
    known = accounting.known(connection, names, workflow)
    missing = {name for name in names if name not in known}
    rejected = _rejected(connection, missing) if missing else {}
    rows = [_row(name, known.get(name), rejected.get(name)) for name in names]
    return Accounting(counts=Counter(row.standing for row in rows), rows=rows)


def unexpected(
    connection: Connection,
    expected: Iterable[str],
    *,
    like: str,
    since: datetime | None,
    workflow: str | None,
    limit: int,
) -> Sequence[Accounted]:
    """What has arrived and isn't expected, by name; each with what has become of it."""
    wanted = set(expected)
    arrived = accounting.arrived(connection, like=like, since=since, workflow=workflow)
    names = list(itertools.islice((name for name in arrived if name not in wanted), limit))
    known = accounting.known(connection, names, workflow)
    return [_row(name, known.get(name), None) for name in names]


def _rejected(connection: Connection, missing: set[str]) -> dict[str, tuple[int, str, str]]:
    """Rejected files by the missing dataset that their names begin with."""
    found: dict[str, tuple[int, str, str]] = {}
    for event in accounting.rejected(connection):
        name = event[1].rpartition("/")[2]
        for place in _BOUNDARY.finditer(name):
            if name[: place.start()] in missing:
                found[name[: place.start()]] = event
    return found


def _row(name: str, known: Known | None, rejected: tuple[int, str, str] | None) -> Accounted:
    if known is None and rejected is None:
        return Accounted(dataset=name, standing=Standing.MISSING)
    if known is None and rejected is not None:
        event, path, reason = rejected
        return Accounted(dataset=name, standing=Standing.REJECTED, event_id=event, path=path, says=reason)
    if known is None:
        raise ValueError(name)
    standing, says = _OF_ENTRY[known.state], known.error or ""
    if known.done_id is not None and standing is not Standing.PROCESSED:
        says = f"asked for again: {standing.lower()}" + (f": {says}" if says else "")
        standing = Standing.PROCESSED
    return Accounted(
        dataset=name,
        standing=standing,
        entry_id=known.entry_id,
        run_id=known.run_id,
        arrived_at=known.arrived_at,
        ended_at=known.ended_at,
        path=known.path,
        says=says,
    )
