"""A database's URL: what is wrong with it is told in one line, without the password."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from owl.app import with_schema_checked
from owl.db import dpq
from owl.db.engine import Database
from owl.errors import DatabaseError, InvalidSetting, SchemaOutdated
from tests.fixtures.database import add_entry


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "can't be read as a URL"),
        ("owl.db", "can't be read as a URL"),
        ("://x", "can't be read as a URL"),
        ("postgresql://u:hush@h:port/d", "can't be read as a URL"),
        ("oracle+nonsense://u:hush@h/d", "knows no database"),
        ("nosuchdb://u:hush@h/d", "knows no database 'nosuchdb'"),
        ("mysql+mysqldb://u:hush@h/d", "driver of mysql\\+mysqldb can't be loaded"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_in_one_line_without_its_password(url: str, why: str) -> None:
    with pytest.raises(InvalidSetting, match=why) as caught:
        Database(url)
    assert "database_url" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_place_of_a_database_hides_the_password() -> None:
    database = Database("postgresql+psycopg://u:hush@localhost/d")
    assert database.place == "postgresql+psycopg://u:***@localhost/d"
    database.close()


def test_a_statement_that_is_wrong_is_told_and_rolled_back(sqlite: Database) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("SELECT absent FROM dpq"))

    with pytest.raises(DatabaseError, match="no such column: absent") as caught:
        sqlite.write(wrong)
    assert "\n" not in str(caught.value)
    sqlite.check_schema()


def test_what_a_verb_itself_raises_rolls_back_and_is_not_tried_again(sqlite: Database) -> None:
    tries = []

    def verb(connection: Connection) -> None:
        tries.append(1)
        connection.execute(text("DELETE FROM alembic_version"))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        sqlite.write(verb)
    assert tries == [1]
    sqlite.check_schema()


def test_a_daemon_left_running_through_an_upgrade_says_so_and_does_nothing(sqlite: Database) -> None:
    steps: list[int] = []
    step = with_schema_checked(lambda: not steps.append(1), sqlite, every=0)  # type: ignore[func-returns-value]  # None is what it gives
    assert step()
    sqlite.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for _ in range(2):
        with pytest.raises(SchemaOutdated, match=r"schema 9999, this OWL \(.*\) knows .*install the newer OWL"):
            step()
    sqlite.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    with pytest.raises(SchemaOutdated, match="stop the daemons and run `owl db upgrade`"):
        step()
    assert steps == [1]


@pytest.mark.parametrize(("found", "says"), [("0001", "run `owl db upgrade`"), ("9999", "install the newer OWL")])
def test_tables_of_another_version_are_neither_read_nor_written(sqlite: Database, found: str, says: str) -> None:
    ours = Database(sqlite.url, same_schema=True)
    add_entry(ours, "before")
    set_version = text("UPDATE alembic_version SET version_num = :found")
    sqlite.write(lambda connection: connection.execute(set_version, {"found": found}))
    other = Database(sqlite.url, same_schema=True)
    for verb in (lambda: add_entry(other, "after"), lambda: other.read(dpq.find)):
        with pytest.raises(SchemaOutdated, match=says):
            verb()
    assert [entry.dataset for entry in sqlite.read(dpq.find)] == ["before"]
    for one in (ours, other):
        one.close()
