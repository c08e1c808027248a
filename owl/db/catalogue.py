"""The archive's catalogue, or any other database: a selection's rows, read as they come and never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from owl.db.connect import parse_url
from owl.errors import CatalogueAway, InvalidSetting, UserError

_AT_A_TIME = 1000
# What keeps a transaction from writing; elsewhere it is only never committed.
_READ_ONLY = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET TRANSACTION READ ONLY"}

Selection = Callable[[Connection, Mapping[str, str]], Iterable[Mapping[str, Any]]]


class SelectionFailed(UserError):
    """The selection can't be carried out on that catalogue."""


def select_by_sql(query: str) -> Selection:
    """A selection that is one SQL query; `:name` in it stands for the option of that name."""

    def rows(connection: Connection, options: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        statement = text(query.strip().rstrip(";"))
        missing = [name for name in options_of(query) if name not in options]
        if missing:
            raise InvalidSetting(f"the query has :{missing[0]}: give it as --option {missing[0]}=…")
        result = connection.execute(statement, dict(options))
        if not result.returns_rows:
            raise SelectionFailed("the query gives no rows: it must be a SELECT")
        yield from (dict(row) for row in result.mappings())

    return rows


def options_of(query: str) -> list[str]:
    """What a query asks for: the names that stand behind a colon in it."""
    return sorted(text(query)._bindparams)


@contextmanager
def rows_of(url: str, selection: Selection, options: Mapping[str, str]) -> Iterator[Iterator[Mapping[str, Any]]]:
    """The rows that a selection gives, a thousand at a time in memory.

    Raises:
        InvalidSetting: the URL is no database's.
        CatalogueAway: it can't be reached.
        SelectionFailed: it refuses the query.
    """
    parsed = parse_url(url, "catalog_url")
    place = parsed.render_as_string(hide_password=True)
    try:
        engine = sqlalchemy.create_engine(parsed)
    except ImportError as error:
        raise InvalidSetting(f"the driver of {parsed.drivername} can't be loaded: {error}") from error
    try:
        with _connect(engine, place) as connection:
            yield _checked(selection(connection, options), place)
    finally:
        engine.dispose()


@contextmanager
def _connect(engine: sqlalchemy.Engine, place: str) -> Iterator[Connection]:
    try:
        plain = engine.connect()
    except SQLAlchemyError as error:
        raise CatalogueAway(f"the catalogue {place} can't be reached: {_words(error)}") from error
    with plain.execution_options(stream_results=True, yield_per=_AT_A_TIME) as connection:
        if engine.dialect.name in _READ_ONLY:
            connection.exec_driver_sql(_READ_ONLY[engine.dialect.name])
        yield connection  # never committed


def _checked(rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from rows
    except SQLAlchemyError as error:
        raise SelectionFailed(f"the catalogue {place} refuses the selection: {_words(error)}") from error


def _words(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())
