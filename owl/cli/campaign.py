"""`owl campaign`: labelled batches of requests."""

from __future__ import annotations

import getpass

import click

from owl.app import make_app
from owl.cli import output
from owl.db.rules import Kind
from owl.model import EntryState
from owl.ops import CampaignState


@click.group()
def campaign() -> None:
    """Batches of requests: how far they are, how fast, what failed."""


@campaign.command()
@click.argument("name")
@click.option("--description", default="", help="What it is for.")
def create(name: str, description: str) -> None:
    """Make a campaign; requests are added with `--campaign NAME`."""
    make_app().ops.campaigns.create(name, description=description, requested_by=getpass.getuser())
    click.echo(f"campaign {name}: load it with `owl dpq load FILE --campaign {name}`")


@campaign.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """Show every campaign, the newest first."""
    found = make_app().ops.campaigns.list()
    if as_json:
        output.print_json(found)
    else:
        states = [state.value for state in EntryState]
        output.table(("name", *states, "runs/h", "to go", "says"), [_row(one) for one in found])


@campaign.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a campaign: counts by state, rate, time to go, failures by cause."""
    found = make_app().ops.campaigns.show(name)
    if as_json:
        output.print_json(found)
        return
    states = [state.value for state in EntryState]
    output.table(("name", *states, "runs/h", "to go", "says"), [_row(found)])
    columns = ("failures", "step", "exit_code", "signal", "hold_code")
    output.table(columns, [[getattr(cause, name) for name in columns] for cause in found.causes])


@campaign.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is shown to everybody who looks.")
def pause(name: str, reason: str) -> None:
    """Take nothing more of a campaign from the queue; what runs goes on."""
    app = make_app()
    governance = app.ops.governance(app.settings)
    governance.pause(kind=Kind.CAMPAIGN, scope=name, reason=reason, requested_by=getpass.getuser())
    click.echo(f"campaign {name} is paused")


@campaign.command()
@click.argument("name")
def resume(name: str) -> None:
    """Go on with a campaign."""
    app = make_app()
    app.ops.governance(app.settings).resume(kind=Kind.CAMPAIGN, scope=name, requested_by=getpass.getuser())
    click.echo(f"campaign {name} goes on")


@campaign.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; it is kept.")
def cancel(name: str, reason: str) -> None:
    """Take everything of a campaign that waits out of the queue; what runs goes on to its end."""
    taken = make_app().ops.campaigns.cancel(name, requested_by=getpass.getuser(), reason=reason)
    click.echo(f"campaign {name}: {taken} requests are out of the queue")


def _row(one: CampaignState) -> list[object]:
    counts = [one.entries.get(state, 0) for state in EntryState]
    rate = None if one.rate is None else f"{one.rate:.0f}"
    says = one.pause.words if one.pause is not None else ""
    if one.campaign.cancelled_at is not None:
        says = f"cancelled by {one.campaign.cancelled_by}"
    return [one.campaign.name, *counts, rate, _duration(one.left), says]


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d} h"
