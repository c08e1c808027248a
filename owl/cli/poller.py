"""`owl poller`: what watches directories for files and asks for their processing."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from owl.app import make_app
from owl.cli import output
from owl.intake import EventState

REJECTED, TROUBLE, RUNS_ALREADY = 3, 1, 4


@click.group()
def poller() -> None:
    """Pollers: files that arrive in a directory become requests in the DPQ."""


@poller.command()
@click.argument("name")
def run(name: str) -> None:
    """Run the poller NAME until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_poller(app.make_app(), name)


@poller.command()
@click.argument("name")
@click.option("--for", "seconds", type=click.FloatRange(1, 86_400), default=300.0, help="At most (default 300).")
def once(name: str, seconds: float) -> int:
    """Let the poller NAME look once, for cron: says nothing where nothing is wrong.

    Exit codes: 0 done, or there was nothing to do; 1 the system's fault; 2 the caller's; 3 a file was rejected;
    4 the same poller looks already.
    """
    from owl import app
    from owl.cli.pollers import once_and_tell

    return once_and_tell(app.make_app(), name, seconds)


@poller.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-n", "--limit", type=click.IntRange(0, 10_000), default=5, help="Most files of each (default 5).")
def check(file: Path, limit: int) -> int:
    """Check the tables of FILE, and show what files that are there now would become; nothing is written."""
    from owl.cli.pollers import check_and_tell

    return check_and_tell(make_app(), file, limit)


@poller.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """Show every poller: when it looked last, what waits, what it has made, what is wrong."""
    from owl.cli.pollers import show_list

    show_list(make_app(), as_json=as_json)


@poller.command()
@click.argument("name", required=False)
@click.option(
    "--state", multiple=True, type=click.Choice(list(EventState), case_sensitive=False), help="Only these."
)
@click.option("--path", help="Paths; may hold * and ?.")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=50, help="Most events (default 50).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def events(name: str | None, state: tuple[EventState, ...], path: str | None, limit: int, as_json: bool) -> None:
    """Show file events, of one poller or of all, the newest first."""
    found = make_app().ops.pollers.events(poller=name, states=state, path=path, limit=limit)
    if as_json:
        output.print_json(found)
        return
    columns = ("id", "poller", "state", "seen_at", "entries", "size", "path", "destination", "reason")
    output.table(columns, [[getattr(event, column) for column in columns] for event in found])


@poller.command()
@click.argument("events", nargs=-1, type=int)
@click.option("--all", "name", metavar="POLLER", help="Everything that this poller has rejected.")
def retry(events: tuple[int, ...], name: str | None) -> None:
    """Look at rejected EVENTS (numbers of `owl poller events`) again, when what was wrong is mended."""
    from owl.cli.pollers import retry_events

    click.echo(f"{retry_events(make_app(), events, name)} events are looked at again")


@poller.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is shown to everybody who looks.")
def pause(name: str, reason: str) -> None:
    """Let the poller NAME look at nothing until it is resumed."""
    make_app().ops.pollers.pause(name, reason=reason, requested_by=getpass.getuser())
    click.echo(f"poller {name} is paused")


@poller.command()
@click.argument("name")
def resume(name: str) -> None:
    """Let a paused poller go on."""
    make_app().ops.pollers.resume(name, requested_by=getpass.getuser())
    click.echo(f"poller {name} goes on")


@poller.command()
@click.argument("name")
def scan(name: str) -> None:
    """Let the poller NAME scan its directory now."""
    make_app().ops.pollers.scan(name, requested_by=getpass.getuser())
    click.echo(f"poller {name} scans within a second, where it runs")
