"""Alembic's entry: runs the migrations on the connection, or prints them for the dialect, given."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.ddl.base import AddColumn, alter_table
from alembic.ddl.mssql import mssql_add_column
from sqlalchemy.ext.compiler import compiles

from owl.db.metadata import with_named_default
from owl.db.schema import metadata


@compiles(AddColumn, "mssql")
def _add_column(element: AddColumn, compiler: Any, **given: Any) -> str:
    added = mssql_add_column(compiler, element.column, **given)
    where = alter_table(compiler, element.table_name, element.schema)
    return f"{where} {with_named_default(added, element.column, str(element.table_name))}"


def _run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        context.configure(
            url=f"{context.config.attributes['drivername']}://",
            dialect_opts=context.config.attributes["dialect_options"],
            target_metadata=metadata,
            literal_binds=True,
        )
    else:
        # SQLite can't alter a table in place: alembic writes a new one and copies.
        batch = connection.dialect.name == "sqlite"
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=batch)
    with context.begin_transaction():
        context.run_migrations()


_run()
