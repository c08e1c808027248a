"""How SQLite finds rows, where another way would come by a million others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from owl.db import dpq, waiting
from owl.db.engine import Database
from tests.fixtures.database import add_entry


def plans(database: Database, verb: Callable[..., object], *args: Any) -> list[str]:
    """SQLite's plan of each statement that a verb sends, in words."""
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Connection, _cursor: Any, text: str, values: Any, *_: object) -> None:
        sent.append((text, values))

    def work(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", keep)
        verb(connection, *args)
        event.remove(connection, "before_cursor_execute", keep)
        rows = [
            row for text, values in sent for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
        return [row.detail for row in rows]

    return database.write(work)


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (dpq.lock, lambda ids: (ids,)),
        (dpq.claim, lambda ids: ({number: f"run{number}" for number in ids},)),
        (lambda connection, ids: waiting.hold(connection, ids, words="alice: later"), lambda ids: (ids,)),
    ],
    ids=["lock", "claim", "hold"],
)
def test_entries_that_are_named_are_found_by_their_numbers(
    sqlite: Database, verb: Callable[..., object], given: Callable[[list[int]], tuple[Any, ...]]
) -> None:
    ids = [add_entry(sqlite, f"ds{number}") for number in range(3)]
    found = plans(sqlite, verb, *given(ids))
    assert any("INTEGER PRIMARY KEY" in line for line in found), found
    assert not any("ix_dpq" in line for line in found), found
