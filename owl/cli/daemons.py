"""`owl shoveler` and `owl owld`: the daemons beside a schedd."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

from owl.errors import InvalidSetting

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def shoveler() -> None:
    """The daemon that takes requests from the DPQ and submits workflows."""


@shoveler.command("run")
def run_shoveler() -> None:
    """Run the shoveler until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_shoveler(app.make_app())


def _whom(*, bands: bool) -> Callable[[Command], Command]:
    """The options that say whom something is for; without one it is for everything."""

    def add(command: Command) -> Command:
        if bands:
            command = click.option("--below", type=int, help="Entries of a lower priority than this.")(command)
            command = click.option("--at-least", type=int, help="Entries of this priority or higher.")(command)
        command = click.option("--campaign", help="One campaign.")(command)
        return click.option("--workflow", help="One workflow.")(command)

    return add


def _target(given: dict[str, Any]) -> dict[str, Any]:
    """`kind` and `scope` of the options of `_whom`."""
    from owl.db.rules import Kind

    named = {name: value for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise InvalidSetting(f"give one of --{', --'.join(sorted(named))}, not several")
    for name, value in named.items():
        return {"kind": Kind(name.replace("_", "-")), "scope": str(value)}
    return {"kind": Kind.ALL, "scope": ""}


def _governance() -> Any:
    from owl.app import make_app

    app = make_app()
    return app.ops.governance(app.settings)


@shoveler.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """Show every limit and who set it, what is kept for whom, what is paused and why, bundles, alerts."""
    from owl.cli import governance

    governance.show(_governance(), as_json=as_json)


@shoveler.command("set")
@click.argument("name")
@click.argument("value", type=float)
@_whom(bands=True)
def set_(name: str, value: float, **whom: Any) -> None:
    """Set the limit NAME; a running shoveler has it within a period. `owl shoveler show` lists the names."""
    _governance().set(name, value, requested_by=getpass.getuser(), **_target(whom))
    click.echo(f"{name} is {value:g}")


@shoveler.command()
@click.argument("name")
@_whom(bands=True)
def reset(name: str, **whom: Any) -> None:
    """Let the default of NAME hold again."""
    _governance().reset(name, requested_by=getpass.getuser(), **_target(whom))
    click.echo(f"{name} is as it was before it was set")


@shoveler.command()
@_whom(bands=False)
@click.option("--reason", required=True, help="Why; it is shown to everybody who looks.")
def pause(reason: str, **whom: Any) -> None:
    """Take nothing more from the queue: of all, of a workflow or of a campaign. What runs goes on."""
    _governance().pause(reason=reason, requested_by=getpass.getuser(), **_target(whom))
    click.echo("paused")


@shoveler.command()
@_whom(bands=False)
def resume(**whom: Any) -> None:
    """Go on with what is paused, or what its circuit breaker has stopped."""
    _governance().resume(requested_by=getpass.getuser(), **_target(whom))
    click.echo("goes on")


@shoveler.command()
@click.option("--entry", type=int, metavar="NUMBER", help="This one alone.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, help="Most entries (default 20).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(entry: int | None, limit: int, as_json: bool) -> None:
    """Say of each waiting request why it isn't running yet, and what is kept for whom."""
    from owl.cli import governance

    governance.explain(_governance(), entry_id=entry, limit=limit, as_json=as_json)


@click.group()
def owld() -> None:
    """The daemon that keeps the blackboard true."""


@owld.command("run")
def run_owld() -> None:
    """Run owld until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_owld(app.make_app())
