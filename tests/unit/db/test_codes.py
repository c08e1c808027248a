"""What the errors of each driver mean. The texts are those that the drivers give."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from owl.db.codes import CODES, Meaning, meaning

MS = "[Microsoft][ODBC Driver 18 for SQL Server]"
TDS = "[FreeTDS][SQL Server]"


def error(*arguments: object) -> DBAPIError:
    """An error as SQLAlchemy wraps that of a driver."""
    return DBAPIError("SELECT 1", {}, Exception(*arguments))


@pytest.mark.parametrize(
    ("arguments", "means"),
    [
        (("08S01", f"[08S01] {MS}TCP Provider: Error code 0x68 (104) (SQLExecDirectW)"), Meaning.AWAY),
        (("08001", f"[08001] {MS}TCP Provider: Error code 0x2749 (10057) (SQLDriverConnect)"), Meaning.AWAY),
        (("08001", f"[08001] {TDS}Unable to connect to data source (0) (SQLDriverConnect)"), Meaning.AWAY),
        (("HYT00", f"[HYT00] {MS}Login timeout expired (0) (SQLDriverConnect)"), Meaning.AWAY),
        (
            ("42000", f"[42000] {MS}[SQL Server]Database 'owl' is not currently available. (40613) (x)"),
            Meaning.WRONG,
        ),
        (("42000", f"[42000] {MS}[SQL Server]Database is not available. (40613) (SQLExecDirectW)"), Meaning.AWAY),
        (
            (
                "42000",
                f"[42000] {MS}[SQL Server]Cannot open database. The login failed. (4060) (SQLDriverConnect); "
                f"[28000] {MS}[SQL Server]Login failed for user 'owl'. (18456)",
            ),
            Meaning.AWAY,
        ),
        (
            ("28000", f"[28000] {MS}[SQL Server]Login failed for user 'owl'. (18456) (SQLDriverConnect)"),
            Meaning.LOGIN,
        ),
        (
            ("01000", f"[01000] {MS}Named Pipes Provider: No process is on the other end. (233) (SQLX)"),
            Meaning.AWAY,
        ),
        (("01000", f"[01000] {MS}TCP Provider: forcibly closed by the remote host. (10054) (SQLX)"), Meaning.AWAY),
        (("01000", f"[01000] {MS}TCP Provider: network name is no longer available. (64) (SQLX)"), Meaning.AWAY),
        (("40001", f"[40001] {MS}[SQL Server]deadlocked … (1205) (SQLExecDirectW)"), Meaning.AGAIN),
        (("42000", f"[42000] {TDS}deadlocked on lock resources (1205) (SQLExecDirectW)"), Meaning.AGAIN),
        (("42000", f"[42000] {MS}[SQL Server]Lock request time out. (1222) (SQLExecDirectW)"), Meaning.AGAIN),
        (("42000", f"[42000] {MS}[SQL Server]Snapshot isolation. (3960) (SQLExecDirectW)"), Meaning.AGAIN),
        (("23000", f"[23000] {MS}[SQL Server]Violation of PRIMARY KEY. (2627) (SQLExecDirectW)"), Meaning.SAME_KEY),
        (("23000", f"[23000] {TDS}Cannot insert duplicate key row. (2601) (SQLExecDirectW)"), Meaning.SAME_KEY),
        (("23000", f"[23000] {MS}[SQL Server]conflicted with FOREIGN KEY (547) (SQLExecDirectW)"), Meaning.WRONG),
        (
            ("42S02", f"[42S02] {MS}[SQL Server]Invalid object name 'dpq'. (208) (SQLExecDirectW)"),
            Meaning.NO_TABLES,
        ),
        (("22001", f"[22001] {MS}data 'ds(1205)(64)' would be truncated. (2628) (SQLExecDirectW)"), Meaning.WRONG),
        ((1205, b"Transaction was deadlocked"), Meaning.AGAIN),
        ((20009, b"DB-Lib error message 20009, severity 9:\nUnable to connect"), Meaning.AWAY),
        (((20003, b"timed out"),), Meaning.AWAY),
    ],
)
def test_sql_servers_codes_by_driver(arguments: tuple[object, ...], means: Meaning) -> None:
    assert meaning(error(*arguments), "mssql") is means


def test_a_login_that_worked_before_is_refused_by_a_server_that_recovers() -> None:
    refused = error("28000", f"[28000] {MS}[SQL Server]Login failed for user 'owl'. (18456) (SQLDriverConnect)")
    assert meaning(refused, "mssql", known=True) is Meaning.AWAY


@pytest.mark.parametrize(
    ("sqlstate", "means"),
    [
        ("08006", Meaning.AWAY),
        ("57P01", Meaning.AWAY),
        ("57014", Meaning.AWAY),
        ("53300", Meaning.AWAY),
        ("40P01", Meaning.AGAIN),
        ("40001", Meaning.AGAIN),
        ("55P03", Meaning.AGAIN),
        ("23505", Meaning.SAME_KEY),
        ("23503", Meaning.WRONG),
        ("42P01", Meaning.NO_TABLES),
        ("42703", Meaning.WRONG),
        ("28P01", Meaning.LOGIN),
    ],
)
def test_postgresqls_codes(sqlstate: str, means: Meaning) -> None:
    told = error("text")
    told.orig.sqlstate = sqlstate  # type: ignore[union-attr]  # as psycopg has it
    assert meaning(told, "postgresql") is means


def test_the_codes_that_a_fail_over_gives_are_all_in_the_table() -> None:
    table = CODES["mssql"]
    assert {
        code for code in ("08S01", "08001", "40613", "4060", "233", "10054", "64") if table[code] is Meaning.AWAY
    }
    assert all(table[code] is Meaning.AGAIN for code in ("1205", "1222", "3960"))
    assert all(table[code] is Meaning.SAME_KEY for code in ("2627", "2601"))


def test_what_is_no_databases_error_means_nothing() -> None:
    assert meaning(KeyError("08S01"), "mssql") is Meaning.WRONG
