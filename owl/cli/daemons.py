"""`owl shoveler` and `owl owld`: the daemons beside a schedd."""

from __future__ import annotations

import click


@click.group()
def shoveler() -> None:
    """The daemon that takes requests from the DPQ and submits workflows."""


@shoveler.command("run")
def run_shoveler() -> None:
    """Run the shoveler until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_shoveler(app.make_app())


@click.group()
def owld() -> None:
    """The daemon that keeps the blackboard true."""


@owld.command("run")
def run_owld() -> None:
    """Run owld until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_owld(app.make_app())
