"""The check that all these tests end with sees a lie when there is one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy
from sqlalchemy import Connection

from owl.db.schema import blackboard, run, submission
from owl.model import RunState, State
from tests.faults.tools import add
from tests.fixtures.site import Site
from tests.fixtures.truth import differences, wait_true

pytestmark = pytest.mark.pool

LIES: Mapping[str, tuple[sqlalchemy.Table, dict[str, object], str]] = {
    "state": (blackboard, {"state": State.RUNNING}, "should be Exited"),
    "other end": (blackboard, {"state": State.REMOVED}, "should be Exited"),
    "exit code": (blackboard, {"exit_code": 7}, "has exit_code 7, should be 0"),
    "one start more": (blackboard, {"start_number": 2}, "there is no such start"),
    "another job": (blackboard, {"global_job_id": "nobody#1.0#1", "state": State.IDLE}, "isn't on the blackboard"),
    "run": (run, {"state": RunState.RUNNING}, "its last submission Done"),
    "submission": (submission, {"state": RunState.REMOVED}, "should be Done"),
    "nodes": (submission, {"nodes_done": 1}, "has nodes_done 1, should be 2"),
}


def test_it_sees_every_lie(site: Site) -> None:
    number = add(site, "ds1")
    site.start_daemons()
    site.ended([number])
    wait_true(site)
    site.stop()
    for name, (table, values, words) in LIES.items():
        keep = site.app.database.read(_rows, table)
        site.app.database.write(_lie, table, values)
        assert any(words in line for line in differences(site)), (name, differences(site))
        site.app.database.write(_restore, table, keep)
    assert not differences(site)


def _rows(connection: Connection, table: sqlalchemy.Table) -> list[dict[str, object]]:
    return [dict(row._mapping) for row in connection.execute(sqlalchemy.select(table))]


def _lie(connection: Connection, table: sqlalchemy.Table, values: dict[str, object]) -> None:
    first = table.primary_key.columns[table.primary_key.columns.keys()[0]]
    one = sqlalchemy.select(sqlalchemy.func.min(first)).scalar_subquery()
    connection.execute(sqlalchemy.update(table).where(first == one).values(values))


def _restore(connection: Connection, table: sqlalchemy.Table, rows: list[dict[str, object]]) -> None:
    if table is run:
        connection.execute(sqlalchemy.update(run).values(state=rows[0]["state"]))
        return
    connection.execute(sqlalchemy.delete(table))
    connection.execute(sqlalchemy.insert(table), rows)
