"""How a database is reached: URL, driver, encryption, timeouts; what differs by server when a connection begins."""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from owl.errors import InvalidSetting

READ = "owl_read"  # the execution option of a transaction that only reads
MICROSOFT = "ODBC Driver 18 for SQL Server"
# By how a driver calls itself (SQLGetInfo, SQL_DRIVER_NAME): Microsoft's own alone takes many rows at a time.
_FAST = "msodbcsql"
FREETDS = "freetds"


def parse_url(url: str | URL, setting: str = "database_url") -> URL:
    """The URL in parts, or `InvalidSetting` with what is wrong with it and no password in it."""
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except NoSuchModuleError:
        raise InvalidSetting(f"{setting}: SQLAlchemy knows no database {parsed.drivername!r}") from None
    except (ArgumentError, ValueError):
        raise InvalidSetting(
            f"{setting} can't be read as a URL; it looks like sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        ) from None
    return parsed


def without_password(url: str, setting: str) -> str:
    """The URL of a setting as it may be shown."""
    return parse_url(url, setting).render_as_string(hide_password=True)


def make_engine(url: URL, *, login_timeout: int, query_timeout: int) -> Engine:
    """An engine that is set up as OWL needs it; nothing is connected yet."""
    server = url.get_backend_name()
    options: dict[str, Any] = {"pool_pre_ping": server != "sqlite", **dialect_options(server)}
    if server == "mssql" and url.get_driver_name() == "pyodbc":
        url = odbc_url(url)
        options["connect_args"] = {"timeout": login_timeout}
    elif server == "postgresql":
        options["connect_args"] = _postgresql_arguments(url, login_timeout, query_timeout)
    try:
        engine = sqlalchemy.create_engine(url, **options)
    except ImportError as error:
        raise InvalidSetting(f"database_url: {_not_loaded(url, error)}") from error
    if server == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    if server == "mssql" and url.get_driver_name() == "pyodbc":
        _listen_odbc(engine, query_timeout)
    return engine


def dialect_of(drivername: str) -> Dialect:
    """A server's dialect as OWL sets it up, without its driver: what statements are printed with."""
    url = make_url(f"{drivername}://")
    return url.get_dialect()(**dialect_options(url.get_backend_name()))


def odbc_url(url: URL) -> URL:
    """A URL for pyodbc with what OWL adds: a driver that is there, encryption, fail-over over several subnets.

    What the URL says itself stays. A DSN (a URL with a host and no database) names its driver in odbc.ini.
    """
    given = {name.lower() for name in url.query}
    if "odbc_connect" in given or not url.database:
        return url
    driver = str(next((value for name, value in url.query.items() if name.lower() == "driver"), "")) or _installed()
    wanted = {"driver": driver, "Encrypt": "yes", "TrustServerCertificate": "no", "MultiSubnetFailover": "yes"}
    if FREETDS in driver.lower():  # it has words of its own, and nothing for several subnets
        wanted = {"driver": driver, "Encryption": "require", "TDS_Version": "7.4", "ClientCharset": "UTF-8"}
    return url.update_query_dict({name: text for name, text in wanted.items() if name.lower() not in given})


def _installed() -> str:
    """Microsoft's newest driver, else FreeTDS, else the name that the error is to speak of."""
    try:
        import pyodbc
    except ImportError:  # told when the engine is made
        return MICROSOFT
    found = sorted(pyodbc.drivers(), reverse=True)
    microsoft = [name for name in found if name.startswith("ODBC Driver") and "SQL Server" in name]
    return next(iter([*microsoft, *(name for name in found if FREETDS in name.lower())]), MICROSOFT)


def dialect_options(server: str) -> dict[str, Any]:
    """What OWL sets of SQLAlchemy's dialect, whether a server is there or not."""
    # NVARCHAR(max) and VARBINARY(max), also where no server is there to be asked for its version: NTEXT and IMAGE
    # can't be compared, and a later SQL Server won't have them.
    return {"deprecate_large_types": True} if server == "mssql" else {}


def _postgresql_arguments(url: URL, login_timeout: int, query_timeout: int) -> dict[str, Any]:
    arguments: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": login_timeout}
    if query_timeout and "options" not in url.query:
        arguments["options"] = f"-c statement_timeout={query_timeout}s"
    return arguments


def _not_loaded(url: URL, error: ImportError) -> str:
    text = f"the driver of {url.drivername} can't be loaded: {error}"
    if "libodbc" in str(error):
        text += "; install ODBC's driver manager (Debian, Ubuntu: unixodbc)"
    return text


def _listen_odbc(engine: Engine, query_timeout: int) -> None:
    def connected(connection: Any, record: Any) -> None:
        import pyodbc

        connection.timeout = query_timeout
        record.info["fast"] = _FAST in str(connection.getinfo(pyodbc.SQL_DRIVER_NAME)).lower()

    def executing(connection: Connection, cursor: Any, *rest: Any) -> None:
        many = rest[-1]
        if many and connection.connection.info.get("fast"):
            cursor.fast_executemany = True

    event.listen(engine, "connect", connected)
    event.listen(engine, "before_cursor_execute", executing)


def _sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: see _sqlite_begin
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    """Writers queue up at BEGIN. A reader that turns writer half-way would fail at once, without waiting."""
    reads = connection.get_execution_options().get(READ)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
