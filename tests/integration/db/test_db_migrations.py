"""Migrations lead from nothing to exactly the tables of `owl.db.schema`, back, and up again with data in them."""

from __future__ import annotations

from importlib.resources import files

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from owl.db import blackboard, dpq, migrate
from owl.db.engine import Database
from owl.db.schema import SCHEMA_VERSION, metadata
from owl.errors import SchemaOutdated
from owl.model import State
from tests.fixtures.database import add_entry, hook_report, report


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's view of OWL's migrations."""
    config = Config()
    config.set_main_option("script_location", str(files("owl.db") / "migrations"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def downgrade(database: Database, revision: str) -> None:
    """Take the tables back to a revision."""
    database.write(lambda connection: command.downgrade(alembic_config(connection), revision))


def tables(database: Database) -> set[str]:
    """The tables that are there."""
    return database.read(lambda connection: set(sqlalchemy.inspect(connection).get_table_names()))


def test_upgrade_makes_every_table_from_nothing_and_can_be_repeated(empty: Database) -> None:
    assert migrate.upgrade(empty) == SCHEMA_VERSION
    assert migrate.upgrade(empty) == SCHEMA_VERSION
    assert tables(empty) == {*metadata.tables, "alembic_version"}
    empty.check_schema()


def test_there_is_one_head_and_it_is_the_version_that_the_daemons_ask_for() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [SCHEMA_VERSION]


def test_migrations_and_schema_do_not_differ(database: Database) -> None:
    with database.engine.connect() as connection:
        # Of SQLite alembic takes an empty text as a default for none at all.
        defaults = connection.dialect.name != "sqlite"
        options = {"compare_type": True, "compare_server_default": defaults}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_down_to_the_first_version_and_up_again_keeps_the_data(database: Database) -> None:
    add_entry(database, "ds1", parameters={"pathname": "/data/x"})
    database.write(blackboard.record, [hook_report(State.RUNNING, 10, dataset="ds1")])
    downgrade(database, "0001")
    with pytest.raises(SchemaOutdated, match="is at schema 0001, not"):
        database.check_schema()
    assert migrate.upgrade(database) == SCHEMA_VERSION
    [entry] = database.read(dpq.find)
    assert (entry.dataset, entry.parameters) == ("ds1", {"pathname": "/data/x"})
    [row] = database.read(blackboard.find, with_classad=True)
    assert row.classad == {"GlobalJobId": row.global_job_id, "JobStatus": 2, "Told": "Running at 10"}


def test_a_row_from_before_the_times_were_kept_is_merged_by_its_own_time(database: Database) -> None:
    database.write(blackboard.record, [report(State.RUNNING, 10, host="a", dataset="ds1")])
    downgrade(database, "0001")
    migrate.upgrade(database)
    database.write(blackboard.record, [report(State.STARTING, 5, host="b"), report(State.EXITED, 20, exit_code=0)])
    [row] = database.read(blackboard.find)
    assert (row.state, row.host, row.dataset, row.exit_code) == (State.EXITED, "a", "ds1", 0)


def test_what_has_failed_before_it_was_marked_is_marked_by_the_upgrade(database: Database) -> None:
    rows = [report(State.EXITED, 10, job=f"s#{code}", exit_code=code) for code in (0, 1)]
    database.write(blackboard.record, [*rows, report(State.HELD, 10, job="s#held")])
    downgrade(database, "0010")
    migrate.upgrade(database)
    assert {row.global_job_id for row in database.read(blackboard.find, failed=True)} == {"s#1", "s#held"}


def test_down_to_nothing_and_up_again(database: Database) -> None:
    add_entry(database)
    downgrade(database, "base")
    assert tables(database) == {"alembic_version"}
    migrate.upgrade(database)
    assert database.read(dpq.find) == []


def test_a_database_without_tables_says_which_command_makes_them(empty: Database) -> None:
    for verb in (empty.check_schema, lambda: empty.read(dpq.find)):
        with pytest.raises(SchemaOutdated, match="owl db upgrade"):
            verb()


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://u:secret@h/d", "mssql+pyodbc://u:secret@h/d"])
def test_the_statements_of_an_upgrade_can_be_printed_for_each_database(url: str) -> None:
    text = migrate.sql(url)
    assert all(f"CREATE TABLE {name}" in text for name in ("dpq", "run", "submission", "blackboard", "daemon"))
    assert "secret" not in text


def test_an_upgrade_that_fails_half_way_leaves_the_database_as_it_was(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE run (something_else INTEGER)")
    with pytest.raises(Exception, match="run"):
        migrate.upgrade(empty)
    assert tables(empty) == {"run"}
