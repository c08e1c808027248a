"""Transactions and retries: what a database is to the rest of OWL.

A verb is a function whose first argument is a connection; `Database.read` and `Database.write` call it inside
one transaction, again where the database was locked, lost or chose it as a deadlock's victim.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential
from tenacity.stop import stop_base

from owl import __version__
from owl.db.codes import Meaning, meaning
from owl.db.connect import READ, make_engine, parse_url
from owl.db.schema import SCHEMA_VERSION
from owl.errors import DatabaseAway, DatabaseError, OwlError, SchemaOutdated

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_SAME_FOR = 60.0  # seconds; a process may be left running through an upgrade
_TRANSIENT = frozenset({Meaning.AWAY, Meaning.AGAIN, Meaning.SAME_KEY})


class Database:
    """A database that OWL keeps its tables in.

    Args:
        url: an SQLAlchemy URL.
        patience: seconds for which a locked or lost database is tried again before `DatabaseAway`.
        login_timeout: seconds that a server has to let us in.
        query_timeout: seconds that a statement may take (0: as long as it wants). SQLite knows neither.
        same_schema: look at the first use, and then once a minute, whether the tables are this version's; where
            they aren't, `SchemaOutdated` before anything is read or written.

    Raises:
        InvalidSetting: the URL names no database that SQLAlchemy or its driver knows.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        patience: float = 10.0,
        login_timeout: int = 15,
        query_timeout: int = 0,
        same_schema: bool = False,
    ) -> None:
        self.url = parse_url(url)
        self.patience = patience
        self._let_in = False
        self._look_again = 0.0 if same_schema else math.inf
        self.engine = make_engine(self.url, login_timeout=login_timeout, query_timeout=query_timeout)
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "handle_error", self._failed)

    @property
    def place(self) -> str:
        """The URL without its password, for messages."""
        return self.url.render_as_string(hide_password=True)

    def read(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a verb in a transaction that only reads."""
        return self._run({READ: True}, verb, *args, **kwargs)

    def write(self, verb: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a verb in a transaction; commit where it returns, roll back where it raises."""
        return self._run({}, verb, *args, **kwargs)

    def check_schema(self) -> None:
        """Raise `SchemaOutdated` unless the tables are this version's."""
        self.read(self._require_schema)

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
            stop=stop_after_delay(self.patience) | _SameKeyAgain(self._meaning),
            wait=wait_random_exponential(multiplier=0.05, max=2.0),
            retry=retry_if_exception(self._is_transient),
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
            if time.monotonic() >= self._look_again:
                self._require_schema(connection)
                self._look_again = time.monotonic() + _SAME_FOR
            return work(connection)

    def _require_schema(self, connection: Connection) -> None:
        found = _version(connection)
        if found != SCHEMA_VERSION:
            raise SchemaOutdated(f"the database {self.place} {_outdated(found)}")

    def _connected(self, _connection: object, _record: object) -> None:
        self._let_in = True

    def _failed(self, context: ExceptionContext) -> None:
        """A connection to a server that is gone isn't used again, whatever SQLAlchemy makes of its code."""
        error = context.sqlalchemy_exception
        if error is not None and self._meaning(error) is Meaning.AWAY:
            context.is_disconnect = True

    def _tell(self, state: RetryCallState) -> None:
        _log.warning("database %s: %s; trying again", self.place, _reason(_failure(state)))

    def _meaning(self, error: BaseException) -> Meaning:
        return meaning(error, self.url.get_backend_name(), known=self._let_in)

    def _is_transient(self, error: BaseException) -> bool:
        return self._meaning(error) in _TRANSIENT

    def _translate(self, error: SQLAlchemyError) -> OwlError:
        what, why = self._meaning(error), _reason(error)
        if what in (Meaning.AWAY, Meaning.AGAIN):
            made = (
                "run `owl db upgrade`, which makes it, or"
                if self._is_missing_file()
                else "check that it is there and"
            )
            return DatabaseAway(
                f"the database {self.place} can't be used: {why}; "
                f"{made} check the URL (OWL_DATABASE_URL or database_url in owl.toml)"
            )
        if what is Meaning.NO_TABLES:
            return SchemaOutdated(f"the database {self.place} has no OWL tables: run `owl db upgrade`")
        if what is Meaning.LOGIN:
            return DatabaseError(f"the database {self.place} refused the login: {why}; check user and password")
        return DatabaseError(f"the database {self.place} refused a statement: {why}")

    def _is_missing_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite" and not Path(self.url.database or "").exists()


def _version(connection: Connection) -> str | None:
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _outdated(found: str | None) -> str:
    if found is None:
        return "has no OWL tables: run `owl db upgrade`"
    if found > SCHEMA_VERSION:
        return (
            f"is at schema {found}, this OWL ({__version__}) knows {SCHEMA_VERSION}: "
            "install the newer OWL on this host; don't take the database back"
        )
    return f"is at schema {found}, not {SCHEMA_VERSION}: stop the daemons and run `owl db upgrade`"


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


class _SameKeyAgain(stop_base):
    """A key that is still there after five tries is no race: the statement is wrong."""

    def __init__(self, meaning_of: Callable[[BaseException], Meaning]) -> None:
        self.meaning_of = meaning_of

    def __call__(self, retry_state: RetryCallState) -> bool:
        error = _failure(retry_state)
        same = error is not None and self.meaning_of(error) is Meaning.SAME_KEY
        return same and retry_state.attempt_number >= 5


def _reason(error: BaseException | None) -> str:
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(str(original).split()) or type(original).__name__
