"""`owl assoc`: datasets that are processed together when each of them is done."""

from __future__ import annotations

import getpass
from typing import Any

import click

from owl.app import make_app
from owl.cli import output
from owl.cli.dpq import parameters
from owl.intake import AssociationState, Remake
from owl.ops import length_of


@click.group()
def assoc() -> None:
    """Associations: a dataset that waits until its members are done."""


@assoc.command()
@click.argument("name")
@click.argument("members", nargs=-1, required=True)
@click.option("--workflow", default="association", help="What processes the whole (default association).")
@click.option("--member-workflow", default="imaging", help="Whose Done counts for a member (default imaging).")
@click.option("-p", "--priority", type=int, default=0, help="Of the whole (default 0).")
@click.option("--campaign", default="", help="Of the whole.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the whole; repeatable.")
@click.option(
    "--member-parameter", default="members", help="The parameter that gets the members (default members)."
)
@click.option("--within", help="Make it of what is there after this time: 90m, 12h, 3d.")
@click.option(
    "--at-least", type=click.IntRange(1), default=1, help="Then of no fewer members than this (default 1)."
)
@click.option("--remake", type=click.Choice(list(Remake)), default=Remake.LATE, help="When it is made again.")
@click.option("--replace", is_flag=True, help="Give an association that is there these members.")
def add(name: str, members: tuple[str, ...], within: str | None, param: tuple[str, ...], **given: Any) -> None:
    """Let NAME be processed when each of MEMBERS is done."""
    made = make_app().ops.associations.add(
        name,
        members,
        within=length_of(within) if within is not None else None,
        parameters=parameters(param),
        requested_by=getpass.getuser(),
        **given,
    )
    click.echo(f"association {made.name} waits for {len(members)} members")


@assoc.command("list")
@click.option("--state", multiple=True, type=click.Choice(list(AssociationState), case_sensitive=False))
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=50, help="Most associations (default 50).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(state: tuple[AssociationState, ...], limit: int, as_json: bool) -> None:
    """Show associations, the latest changed first."""
    found = make_app().ops.associations.list(states=state, limit=limit)
    if as_json:
        output.print_json(found)
        return
    columns = ("name", "workflow", "state", "priority", "campaign", "deadline", "changed_at", "entry_id", "reason")
    output.table(columns, [[getattr(one, column) for column in columns] for one in found])


@assoc.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(name: str, as_json: bool) -> None:
    """Show an association and where each member stands."""
    found = make_app().ops.associations.show(name)
    if as_json:
        output.print_json(found)
        return
    one = found.association
    output.table(("field", "value"), [(field, getattr(one, field)) for field in one.__dataclass_fields__])
    columns = ("dataset", "state", "entry_id", "done_id", "used_id")
    output.table(columns, [[getattr(member, column) for column in columns] for member in found.members])


@assoc.command()
@click.argument("name")
def explain(name: str) -> None:
    """Say what an association waits for, or what has become of it."""
    for line in make_app().ops.associations.explain(name):
        click.echo(output.escaped(line))


@assoc.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why; it is kept.")
def cancel(name: str, reason: str) -> None:
    """Let an association wait for nothing any more."""
    make_app().ops.associations.cancel(name, requested_by=getpass.getuser(), reason=reason)
    click.echo(f"association {name} is cancelled")
