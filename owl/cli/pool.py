"""`owl pool`: start and stop a personal HTCondor pool."""

from __future__ import annotations

import click

from owl.config import load_settings
from owl.pool.configuration import WEB
from owl.pool.personal import PersonalPool
from owl.pool.report import follow_logs, show_logs, status_json, status_text


def _pool() -> PersonalPool:
    return PersonalPool(load_settings(), tell=lambda line: click.echo(line, err=True))


@click.group()
def pool() -> None:
    """Start and stop a personal HTCondor pool on this machine."""


@pool.command()
@click.option("--slots", type=click.IntRange(1, 10_000), help="Job slots (default: the setting pool_slots).")
@click.option("--owl-daemons/--no-owl-daemons", default=True, help="Run the shoveler and owld in it too.")
@click.option("--web", is_flag=True, help="Run the web GUI in it too.")
def up(slots: int | None, owl_daemons: bool, web: bool) -> None:
    """Start the pool, or bring a running one up to date."""
    status = _pool().up(slots=slots, owl_daemons=owl_daemons, overrides=WEB if web else None)
    click.echo(status_text(status))


@pool.command()
def down() -> None:
    """End the pool and every process of it. Its queue and history stay."""
    _pool().down()


@pool.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status(as_json: bool) -> None:
    """Tell whether the pool runs, where, and with which daemons."""
    found = _pool().status()
    click.echo(status_json(found) if as_json else status_text(found))


@pool.command()
@click.argument("name", required=False)
@click.option("-n", "lines", type=click.IntRange(0, 1_000_000), default=20, help="Lines from the end.")
@click.option("--follow", "-f", is_flag=True, help="Go on showing what is added.")
def logs(name: str | None, lines: int, follow: bool) -> None:
    """Show the end of the daemon log NAME, or of all."""
    files = _pool().log_files()
    (follow_logs if follow else show_logs)(files, name, lines)


@pool.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...]) -> None:
    """Run COMMAND as a client of the pool: `owl pool run -- condor_q`."""
    _pool().execute(command)
