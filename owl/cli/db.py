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
    if sql:
        click.echo(migrate.sql(app.settings.database_url))
        return
    database = app.open_database(app.settings.database_url, hurry=False)
    click.echo(f"{database.place} is at schema {migrate.upgrade(database, own_directory=app.settings.state_dir)}")


@db.command()
def roles() -> None:
    """Print the statements that make a role for each kind of account, with no more rights than it needs."""
    from owl.db import roles

    click.echo(roles.sql(make_app().settings.database_url))
