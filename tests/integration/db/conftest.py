"""Each test on each database: SQLite, a real PostgreSQL server, and what OWL_TEST_DATABASE_URL names.

And once more on servers that forget every lock: FOR UPDATE and SQL Server's hints are taken out on the way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from owl.db import migrate
from owl.db.engine import Database
from owl.db.schema import metadata
from tests.fixtures.database import migrated_sqlite, sqlite_copy
from tests.fixtures.plugin import desk
from tests.fixtures.postgres import PostgresServer, postgres, postgres_database

__all__ = ["desk", "postgres"]

_EXTERNAL = "OWL_TEST_DATABASE_URL"
_TEMPLATE = "owl_template"
_KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("postgresql-forgetful", marks=pytest.mark.postgresql),
    *(["external", "external-forgetful"] if os.environ.get(_EXTERNAL) else []),
]
_PATIENCE = 300.0  # several work on one database at a time, on a slow machine too
_LOCKS = re.compile(r"\s+FOR UPDATE(?: SKIP LOCKED)?| WITH \((?:UPDLOCK|READPAST|ROWLOCK|, )+\)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables, made once."""
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A PostgreSQL database with the tables, made once."""
    postgres.run(f"CREATE DATABASE {_TEMPLATE}")
    database = Database(postgres.url(_TEMPLATE))
    migrate.upgrade(database)
    database.close()
    return _TEMPLATE


@pytest.fixture(params=_KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of each kind, with the tables."""
    with ExitStack() as stack:
        if request.param.endswith("-forgetful"):
            stack.enter_context(_no_locks())
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            yield stack.enter_context(sqlite_copy(template, tmp_path / "owl.db", patience=_PATIENCE))
        elif request.param.startswith("postgresql"):
            server = request.getfixturevalue("postgres")
            template = request.getfixturevalue("postgres_template")
            yield stack.enter_context(postgres_database(server, template, patience=_PATIENCE))
        else:
            made = stack.enter_context(_external())
            migrate.upgrade(made)
            yield made


@pytest.fixture(params=[one for one in _KINDS if "forgetful" not in str(one)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind with nothing in it."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            made = Database(f"sqlite:///{tmp_path / 'owl.db'}", patience=_PATIENCE)
            stack.callback(made.close)
        elif request.param == "postgresql":
            server = request.getfixturevalue("postgres")
            made = stack.enter_context(postgres_database(server, "template0", patience=_PATIENCE))
        else:
            made = stack.enter_context(_external())
        yield made


@contextmanager
def _no_locks() -> Iterator[None]:
    """No statement of any engine keeps what locks its rows."""

    def strip(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return _LOCKS.sub("", statement), parameters

    event.listen(Engine, "before_cursor_execute", strip, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", strip)


@contextmanager
def _external() -> Iterator[Database]:
    """The database that the environment names, emptied: it is the tests' alone."""
    database = Database(os.environ[_EXTERNAL], patience=_PATIENCE)
    with database.engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    yield database
    database.close()
