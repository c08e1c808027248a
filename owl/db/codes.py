"""What the errors of databases mean: one table of codes by server, and words where a driver gives no code.

Sources: SQL Server's "Database Engine events and errors" and "Transient connection errors" (also Azure SQL), ODBC's
SQLSTATEs as Microsoft's driver and FreeTDS report them, DB-Library's numbers for pymssql; PostgreSQL, appendix A;
SQLite, "Result and Error Codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Meaning(StrEnum):
    """What is to be done about an error of the database."""

    AWAY = "away"  # the server, or the way to it: wait for it
    AGAIN = "again"  # another transaction was in the way: do it again at once
    SAME_KEY = "same key"  # another one inserted the key first: do it again, it is found then
    NO_TABLES = "no tables"
    LOGIN = "login"  # refused; a server that recovers refuses so too, where it had let us in before
    WRONG = "wrong"  # the statement's own fault: told


_SQL_SERVER: Mapping[str, Meaning] = {
    # SQLSTATEs of the ODBC drivers
    "08S01": Meaning.AWAY,  # communication link failure
    "08001": Meaning.AWAY,  # can't connect
    "08003": Meaning.AWAY,  # no connection
    "08007": Meaning.AWAY,  # lost during the transaction
    "HYT00": Meaning.AWAY,  # login or query timeout
    "HYT01": Meaning.AWAY,  # connection timeout
    "40001": Meaning.AGAIN,  # serialization failure: 1205 and 3960 come with it
    # the server's own numbers
    "1205": Meaning.AGAIN,  # chosen as a deadlock's victim
    "1222": Meaning.AGAIN,  # lock request time out
    "3960": Meaning.AGAIN,  # snapshot isolation: update conflict
    "2627": Meaning.SAME_KEY,  # violation of a primary key or unique constraint
    "2601": Meaning.SAME_KEY,  # violation of a unique index
    "208": Meaning.NO_TABLES,  # invalid object name
    "18456": Meaning.LOGIN,  # login failed, also while the database recovers
    "4060": Meaning.AWAY,  # can't open the database: it comes up, or moves to another node
    "40613": Meaning.AWAY,  # database not currently available (Azure)
    "40197": Meaning.AWAY,  # fail-over at work (Azure)
    "40501": Meaning.AWAY,  # busy (Azure)
    "233": Meaning.AWAY,  # no process at the other end of the pipe
    "64": Meaning.AWAY,  # network name no longer available
    "121": Meaning.AWAY,  # semaphore timeout
    "10053": Meaning.AWAY,  # connection aborted
    "10054": Meaning.AWAY,  # connection reset by peer
    "10060": Meaning.AWAY,  # no answer
    "10061": Meaning.AWAY,  # connection refused
    "922": Meaning.AWAY,  # database is being recovered
    "976": Meaning.AWAY,  # availability group: this replica takes no connections
    "983": Meaning.AWAY,  # availability group: the replica's role is resolving
    "3906": Meaning.AWAY,  # read-only: the fail-over has left us at the secondary
    "6005": Meaning.AWAY,  # SHUTDOWN is in progress
    "17142": Meaning.AWAY,  # the server is paused
    "18401": Meaning.AWAY,  # script upgrade mode
    # DB-Library's numbers, which pymssql reports
    "20002": Meaning.AWAY,  # connection failed
    "20003": Meaning.AWAY,  # timed out
    "20004": Meaning.AWAY,  # read failed
    "20006": Meaning.AWAY,  # write failed
    "20009": Meaning.AWAY,  # unable to connect
    "20047": Meaning.AWAY,  # dead or not enabled
}
_POSTGRESQL: Mapping[str, Meaning] = {
    "08": Meaning.AWAY,  # the class of connection exceptions
    "53300": Meaning.AWAY,  # too many connections
    "57014": Meaning.AWAY,  # cancelled by statement_timeout
    "57P": Meaning.AWAY,  # the class of an operator's intervention: shut down, starting up, dropped
    "40001": Meaning.AGAIN,
    "40P01": Meaning.AGAIN,  # deadlock
    "55P03": Meaning.AGAIN,  # lock not available
    "23505": Meaning.SAME_KEY,
    "42P01": Meaning.NO_TABLES,
    "28P01": Meaning.LOGIN,
    "28000": Meaning.LOGIN,
}
_SQLITE: Mapping[str, Meaning] = {
    "SQLITE_BUSY": Meaning.AGAIN,
    "SQLITE_LOCKED": Meaning.AGAIN,
    "SQLITE_CANTOPEN": Meaning.AWAY,
    "SQLITE_IOERR": Meaning.AWAY,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Meaning.SAME_KEY,
    "SQLITE_CONSTRAINT_UNIQUE": Meaning.SAME_KEY,
}
CODES: Mapping[str, Mapping[str, Meaning]] = {
    "mssql": _SQL_SERVER,
    "postgresql": _POSTGRESQL,
    "sqlite": _SQLITE,
}
# Codes that stand for every code which begins so.
_CLASSES = ("08", "57P", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR")
# psycopg reports what goes wrong before a session stands without a code, SQLite a missing table with a general one.
_WORDS: Mapping[str, Meaning] = {
    "no such table": Meaning.NO_TABLES,
    "could not connect": Meaning.AWAY,
    "connection refused": Meaning.AWAY,
    "connection failed": Meaning.AWAY,
    "connection is bad": Meaning.AWAY,
    "connection is lost": Meaning.AWAY,
    "connection is closed": Meaning.AWAY,
    "the connection is closed": Meaning.AWAY,
    "connection timeout": Meaning.AWAY,
    "connection to server": Meaning.AWAY,
    "server closed the connection": Meaning.AWAY,
    "terminating connection": Meaning.AWAY,
    "the database system is": Meaning.AWAY,
    "too many clients": Meaning.AWAY,
    "no route to host": Meaning.AWAY,
    "could not translate host name": Meaning.AWAY,
    "failed to resolve host": Meaning.AWAY,
}
# "[40001] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]… (1205) (SQLExecDirectW); [28000] … (18456)": what
# stands in brackets elsewhere may be anybody's data.
_NATIVE = re.compile(r"\((\d{2,5})\)(?=\s*(?:\(SQL\w+\)|;\s*\[|$))")
# Of several codes of one error the gravest counts: 18456 comes with 4060 where a database isn't up yet.
_ORDER = (Meaning.AWAY, Meaning.AGAIN, Meaning.SAME_KEY, Meaning.NO_TABLES, Meaning.LOGIN)


def meaning(error: BaseException, server: str, *, known: bool = False) -> Meaning:
    """What an error means; `known`: the same user has been let in before, so the password isn't it."""
    if not isinstance(error, DBAPIError):
        return Meaning.WRONG
    table = CODES.get(server, {})
    found = {_listed(code, table) for code in codes(error, server)} - {None}
    if not found:
        text = str(error.orig).lower()
        found |= {what for words, what in _WORDS.items() if words in text}
    if error.connection_invalidated or (known and Meaning.LOGIN in found):
        found.add(Meaning.AWAY)
    return next((one for one in _ORDER if one in found), Meaning.WRONG)


def codes(error: DBAPIError, server: str) -> Iterator[str]:
    """Every code that an error carries: attributes, a first argument, and SQL Server's in brackets in the text."""
    original = error.orig
    for name in ("sqlstate", "sqlite_errorname"):
        value = getattr(original, name, None)
        if value:
            yield str(value)
    if server != "mssql":
        return
    for argument in getattr(original, "args", ()):
        for part in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(part, int) or (isinstance(part, str) and re.fullmatch(r"\w{5}", part)):
                yield str(part)
    yield from _NATIVE.findall(str(original))


def _listed(code: str, table: Mapping[str, Meaning]) -> Meaning | None:
    if code in table:
        return table[code]
    return next((table[start] for start in _CLASSES if start in table and code.startswith(start)), None)
