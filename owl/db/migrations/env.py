"""Alembic's entry: runs the migrations on the connection, or prints them for the dialect, given."""

from __future__ import annotations

from alembic import context

from owl.db.schema import metadata


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
