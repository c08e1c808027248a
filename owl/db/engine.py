"""Connections, transactions and retries: everything that differs by database stands here.

A verb is a function whose first argument is a connection; `Database.read` and `Database.write` call it inside
one transaction, again where the database was locked, lost or chose it as a deadlock's victim.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential
from tenacity.stop import stop_base

from owl.db.schema import SCHEMA_VERSION
from owl.errors import DatabaseAway, DatabaseError, InvalidSetting, OwlError, SchemaOutdated

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_READ = "owl_read"
_LOCKED = ("database is locked", "database table is locked", "deadlock", "1205", "40001", "40p01", "55p03")
_AWAY = (
    "unable to open database file",
    "disk i/o error",
    "could not connect",
    "connection refused",
    "connection failed",
    "connection is bad",
    "connection is lost",
    "connection to server",
    "connection is closed",
    "connection timeout",
    "server closed the connection",
    "terminating connection",
    "the database system is",
    "too many clients",
    "08001",
    "08s01",
    "no route to host",
    "could not translate host name",
    "failed to resolve host",
)


class Database:
    """A database that OWL keeps its tables in.

    Args:
        url: an SQLAlchemy URL.
        patience: seconds for which a locked or lost database is tried again before `DatabaseAway`.

    Raises:
        InvalidSetting: the URL names no database that SQLAlchemy or its driver knows.
    """

    def __init__(self, url: str, *, patience: float = 10.0) -> None:
        self.url = parse_url(url)
        self.patience = patience
        self.engine = _engine(self.url)

    @property
    def place(self) -> str:
        """The URL without its password, for messages."""
        return self.url.render_as_string(hide_password=True)

    def read(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a verb in a transaction that only reads."""
        return self._run({_READ: True}, verb, *args, **kwargs)

    def write(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a verb in a transaction; commit where it returns, roll back where it raises."""
        return self._run({}, verb, *args, **kwargs)

    def check_schema(self) -> None:
        """Raise `SchemaOutdated` unless the tables are this version's."""
        found = self.read(_version)
        if found != SCHEMA_VERSION:
            what = "has no OWL tables" if found is None else f"is at schema {found}, not {SCHEMA_VERSION}"
            raise SchemaOutdated(f"the database {self.place} {what}: run `owl db upgrade`")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _run(
        self,
        options: dict[str, Any],
        verb: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        retrying = Retrying(
            stop=stop_after_delay(self.patience) | _SameKeyAgain(),
            wait=wait_random_exponential(multiplier=0.05, max=2.0),
            retry=retry_if_exception(_is_transient),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            result: T = retrying(self._once, options, lambda connection: verb(connection, *args, **kwargs))
            return result
        except SQLAlchemyError as error:
            raise self._translate(error) from error

    def _once(self, options: dict[str, Any], work: Callable[[Connection], T]) -> T:
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            return work(connection)

    def _tell(self, state: RetryCallState) -> None:
        _log.warning("database %s: %s; trying again", self.place, _reason(_failure(state)))

    def _translate(self, error: SQLAlchemyError) -> OwlError:
        if _is_away(error) or _is_locked(error):
            made = (
                "run `owl db upgrade`, which makes it, or"
                if self._is_missing_file()
                else "check that it is there and"
            )
            return DatabaseAway(
                f"the database {self.place} can't be used: {_reason(error)}; "
                f"{made} check the URL (OWL_DATABASE_URL or database_url in owl.toml)"
            )
        if "no such table" in str(error).lower() or "does not exist" in str(error).lower():
            return SchemaOutdated(f"the database {self.place} has no OWL tables: run `owl db upgrade`")
        return DatabaseError(f"the database {self.place} refused a statement: {_reason(error)}")

    def _is_missing_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite" and not Path(self.url.database or "").exists()


def parse_url(url: str) -> URL:
    """The URL in parts, or `InvalidSetting` with what is wrong with it and no password in it."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except NoSuchModuleError:
        raise InvalidSetting(f"database_url: SQLAlchemy knows no database {parsed.drivername!r}") from None
    except (ArgumentError, ValueError):
        raise InvalidSetting(
            "database_url can't be read as a URL; it looks like sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        ) from None
    return parsed


def _engine(url: URL) -> Engine:
    try:
        engine = sqlalchemy.create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
    except ImportError as error:
        raise InvalidSetting(f"database_url: the driver of {url.drivername} can't be loaded: {error}") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: see _sqlite_begin
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    """Writers queue up at BEGIN. A reader that turns writer half-way would fail at once, without waiting."""
    reads = connection.get_execution_options().get(_READ)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _version(connection: Connection) -> str | None:
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _is_transient(error: BaseException) -> bool:
    # Two writers that insert the same key: the second finds it there when it tries again.
    return isinstance(error, IntegrityError) or _is_locked(error) or _is_away(error)


class _SameKeyAgain(stop_base):
    """A key that is still there after five tries is no race: the statement is wrong."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        return isinstance(_failure(retry_state), IntegrityError) and retry_state.attempt_number >= 5


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and any(word in _words(error) for word in _LOCKED)


def _is_away(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or any(word in _words(error) for word in _AWAY)


def _words(error: DBAPIError) -> str:
    return f"{getattr(error.orig, 'sqlstate', '')} {error.orig}".lower()


def _reason(error: BaseException | None) -> str:
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(str(original).split()) or type(original).__name__
