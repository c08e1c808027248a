"""`owl reprocess`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from owl.app import make_app


@click.command()
@click.option("--catalog", help="SQLAlchemy URL of the catalogue (default: catalog_url of the settings).")
@click.option(
    "--select", type=click.Path(path_type=Path), help="File with one SQL query; it gives a column dataset."
)
@click.option("--selection", metavar="NAME", help="Instead: a selection in Python (entry point owl.selections).")
@click.option("--workflow", required=True, help="What processes them.")
@click.option("--campaign", required=True, help="The label of all of them.")
@click.option("-p", "--priority", type=int, default=0, help="Of rows without a column priority (default 0).")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of every request; repeatable.")
@click.option(
    "--option", multiple=True, metavar="NAME=VALUE", help="What :NAME in the query stands for; repeatable."
)
@click.option("--skip-bad", is_flag=True, help="Leave rows out that can't become requests.")
@click.option("--again", is_flag=True, help="Even what waits already, or what the campaign has had.")
@click.option("--dry-run", is_flag=True, help="Only show how many, by instrument.")
def reprocess(**given: Any) -> None:
    """Ask for everything that a query on the archive's catalogue gives.

    A row's column dataset names it, priority its priority; every other column is a parameter of the workflow, but
    instrument, which is counted by. Interrupted, it can be called again: the campaign's requests aren't doubled.
    """
    from owl.cli.again import reprocess_and_tell

    reprocess_and_tell(make_app(), **given)
