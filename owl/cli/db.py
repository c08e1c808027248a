"""`owl db`: the database's tables."""

from __future__ import annotations

import click

from owl.app import make_app


@click.group()
def db() -> None:
    """Create and migrate the database's tables."""


@db.command()
@click.option("--sql", is_flag=True, help="Print the statements for this kind of database, do nothing.")
def upgrade(sql: bool) -> None:
    """Bring the tables to this version's. Safe to repeat."""
    from owl.db import migrate

    app = make_app()
    database = app.database
    if sql:
        click.echo(migrate.sql(database.place))
    else:
        click.echo(
            f"{database.place} is at schema {migrate.upgrade(database, own_directory=app.settings.state_dir)}"
        )
