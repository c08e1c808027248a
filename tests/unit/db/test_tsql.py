"""What SQL Server would be sent: the locks that the other databases get must not be left out there, silently."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Connection, UnicodeText, event
from sqlalchemy.schema import CreateTable

from owl.db import blackboard, dpq, forms, migrate
from owl.db.connect import dialect_of
from owl.db.engine import Database
from owl.db.schema import SCHEMA_VERSION, metadata
from owl.db.types import UtcDateTime
from owl.model import State
from tests.fixtures.database import at, report


def statements(
    database: Database, dialect: str, verb: Callable[..., object], *args: Any, **kwargs: Any
) -> list[str]:
    """What a verb sends, run on SQLite, compiled for another database."""
    compiled: list[str] = []
    target = dialect_of(dialect)

    def keep(_connection: Connection, clause: Any, *_: object) -> None:
        compiled.append(" ".join(str(clause.compile(dialect=target)).split()))

    with database.engine.begin() as connection:
        event.listen(connection, "before_execute", keep)
        verb(connection, *args, **kwargs)
        event.remove(connection, "before_execute", keep)
    return compiled


def test_a_claim_locks_its_rows_and_passes_over_others_locks(sqlite: Database) -> None:
    [select] = statements(sqlite, "mssql+pyodbc", dpq.claimable, limit=5, now=at(1))
    assert "FROM dpq WITH (UPDLOCK, READPAST, ROWLOCK) WHERE" in select
    assert select.startswith("SELECT TOP")
    assert "ORDER BY dpq.priority DESC, dpq.id" in select
    [select] = statements(sqlite, "postgresql+psycopg", dpq.claimable, limit=5, now=at(1))
    assert select.endswith("FOR UPDATE SKIP LOCKED")
    assert "READPAST" not in select


def test_a_merge_locks_the_rows_that_it_reads(sqlite: Database) -> None:
    verb, reports = blackboard.record, [report(State.RUNNING, 1)]
    select, insert = statements(sqlite, "mssql+pyodbc", verb, reports)
    assert "FROM blackboard WITH (UPDLOCK, ROWLOCK) WHERE" in select
    assert insert.startswith("INSERT INTO blackboard")
    select, *_ = statements(sqlite, "postgresql+psycopg", verb, reports)
    assert select.endswith("FOR UPDATE")


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_can_be_made(table: str) -> None:
    text = str(CreateTable(metadata.tables[table]).compile(dialect=dialect_of("mssql+pyodbc")))
    times = [column for column in metadata.tables[table].columns if isinstance(column.type, UtcDateTime)]
    assert text.count("DATETIME2(6)") == len(times)
    assert " DATETIME " not in text
    assert "NVARCHAR" in text
    assert " VARCHAR(" not in text


def key_bytes(columns: Iterable[Column[Any]]) -> int:
    """The most bytes that a key of these columns has: two for each letter, eight for a number or a time."""
    return sum(2 * (getattr(column.type, "length", None) or 4) for column in columns)


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_no_key_is_longer_than_sql_server_allows(table: str) -> None:
    found = metadata.tables[table]
    assert 0 < key_bytes(found.primary_key.columns) <= 900  # a clustered index
    for index in found.indexes:
        assert 0 < key_bytes(index.columns) <= 1700, index.name
        assert not any(isinstance(column.type, UnicodeText) for column in index.columns), index.name


def test_names_are_compared_by_letter_and_what_is_long_has_no_bound() -> None:
    text = str(CreateTable(metadata.tables["dpq"]).compile(dialect=dialect_of("mssql+pyodbc")))
    assert "dataset NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL" in text
    assert "parameters NVARCHAR(max) NOT NULL" in text
    assert "NTEXT" not in text


def test_a_pattern_means_the_same_on_every_database() -> None:
    assert forms.like_pattern("a*b?c%d_e[f") == r"a%b_c\%d\_e\[f"


def test_every_default_is_a_constraint_with_a_name_of_ours() -> None:
    text = migrate.sql("mssql+pyodbc://")
    named = re.findall(r"CONSTRAINT (df_\w+) DEFAULT", text)
    assert len(named) == len(set(named)) == text.count(" DEFAULT ") > 20
    assert "df_command_total" in named  # of a column that a migration added


def test_a_column_with_a_default_goes_with_its_constraint() -> None:
    """SQL Server refuses to drop a column that a constraint depends on."""
    config = migrate._config()
    config.attributes.update(drivername="mssql+pyodbc", dialect_options={})
    config.output_buffer = io.StringIO()
    command.downgrade(config, f"{SCHEMA_VERSION}:base", sql=True)
    text = config.output_buffer.getvalue()
    defaults = {name.split(".")[1] for name in _defaults() if name.startswith("command.")}
    dropped = set(re.findall(r"ALTER TABLE command DROP COLUMN (\w+)", text.replace("[", "").replace("]", "")))
    unbound = set(re.findall(r"col_name\(parent_object_id, parent_column_id\) = '(\w+)'", text))
    assert dropped & defaults <= unbound
    assert {"total", "digest"} <= unbound


def _defaults() -> Iterator[str]:
    for table in metadata.tables.values():
        for column in table.columns:
            if column.server_default is not None:
                yield f"{table.name}.{column.name}"
