"""Forms of statements that mean the same on every database though they are written otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, update


def locked(query: Select[Any], table: Table, *, pass_over: bool = False) -> Select[Any]:
    """The query with its rows locked for an update; `pass_over`: without those that another one has locked.

    SQL Server does by hints what PostgreSQL does by FOR UPDATE, which SQLAlchemy leaves out there without a word.
    SQLite's writer is alone anyway.
    """
    hints = "UPDLOCK, READPAST, ROWLOCK" if pass_over else "UPDLOCK, ROWLOCK"
    return query.with_for_update(skip_locked=pass_over).with_hint(table, f"WITH ({hints})", "mssql")


def upsert(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Update the row with the key in `values`, insert it where there was none.

    No MERGE, whose races on SQL Server are known. Of two that insert at the same time one gets the other's key as
    an error, and `Database.write` does its transaction again: then the row is there.
    """
    key = [table.c[column.name] == values[column.name] for column in table.primary_key.columns]
    rest = {name: value for name, value in values.items() if not table.c[name].primary_key}
    if not connection.execute(update(table).where(*key).values(rest)).rowcount:
        connection.execute(insert(table).values(dict(values)))
