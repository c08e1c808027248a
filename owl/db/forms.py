"""Forms of statements that mean the same on every database though they are written otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    any_,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Grouping
from sqlalchemy.types import TypeEngine


def like_pattern(text: str) -> str:
    """`*` and `?` as a person writes them, as SQL's LIKE wants them (escape character `\\`)."""
    # The bracket is SQL Server's alone; elsewhere an escaped one is a bracket all the same.
    escaped = "".join("\\" + letter if letter in "\\%_[" else letter for letter in text)
    return escaped.replace("*", "%").replace("?", "_")


def locked(query: Select[Any], table: Table, *, pass_over: bool = False) -> Select[Any]:
    """The query with its rows locked for an update; `pass_over`: without those that another one has locked.

    SQL Server does by hints what PostgreSQL does by FOR UPDATE, which SQLAlchemy leaves out there without a word.
    SQLite's writer is alone anyway.
    """
    hints = "UPDLOCK, READPAST, ROWLOCK" if pass_over else "UPDLOCK, ROWLOCK"
    return query.with_for_update(skip_locked=pass_over).with_hint(table, f"WITH ({hints})", "mssql")


def among(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """That a column has one of many values.

    PostgreSQL gets them as one array. A statement that it has prepared (psycopg does so at the fifth time) it may
    carry out by a plan that knows no values: of a list of 500 it then expects more rows than there are, and
    compares each row of the table with each value. Of an array it expects ten, and uses the index.
    """
    if connection.dialect.name == "postgresql":
        return column == any_(_array(values, column.type))
    return column.in_(values)


def value_of(
    connection: Connection, column: Column[Any], values: Mapping[Any, Any], type_: TypeEngine[Any]
) -> ColumnElement[Any]:
    """What a mapping has for each row's `column`.

    PostgreSQL gets it as two arrays: of a CASE with a hundred branches and two hundred parameters SQLAlchemy,
    psycopg and the server would each make a tree anew at every call.
    """
    if connection.dialect.name == "postgresql":
        place = func.array_position(_array(values.keys(), column.type), column)
        found: ColumnElement[Any] = Grouping(_array(values.values(), type_))[place]
        return found
    return case(values, value=column)


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows that have the same columns.

    PostgreSQL gets each column as an array in one statement; otherwise it would carry one out for each row.
    """
    if not rows:
        return
    at_once = connection.dialect.name == "postgresql"
    given = None if at_once else [dict(row) for row in rows]
    connection.execute(_from_arrays(table, rows) if at_once else insert(table), given)


def _from_arrays(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    columns = list(rows[0])
    arrays = [_array([row[name] for row in rows], table.c[name].type) for name in columns]
    given = func.unnest(*arrays).table_valued(*columns).render_derived()
    return insert(table).from_select(columns, select(given))


def _array(values: Collection[Any], type_: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(None, list(values), type_=ARRAY(type_))


def upsert(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Update the row with the key in `values`, insert it where there was none.

    No MERGE, whose races on SQL Server are known. Of two that insert at the same time one gets the other's key as
    an error, and `Database.write` does its transaction again: then the row is there.
    """
    key = [table.c[column.name] == values[column.name] for column in table.primary_key.columns]
    rest = {name: value for name, value in values.items() if not table.c[name].primary_key}
    if not connection.execute(update(table).where(*key).values(rest)).rowcount:
        connection.execute(insert(table).values(dict(values)))
