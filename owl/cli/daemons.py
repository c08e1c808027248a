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
    """Show every limit and who set it, what is paused and why, and alerts."""
    from owl.cli import output

    found = _governance()
    if as_json:
        output.print_json({"knobs": found.knobs(), "pauses": found.pauses(), "alerts": found.alerts()})
        return
    rows = [
        (name, whom, "no limit" if value is None else f"{value:g}", by) for name, whom, value, by in found.knobs()
    ]
    output.table(("name", "for", "value", "set by"), rows)
    pauses = [(p.kind, p.scope, p.paused_by, p.paused_at, p.reason, p.probe_run) for p in found.pauses()]
    output.table(("paused", "which", "by", "since", "reason", "probe run"), pauses)
    alerts = [
        (one.raised_at, one.text, *(cause.get(name) for name in ("failures", "step", "exit_code", "says")))
        for one in found.alerts()
        for cause in one.details.get("causes") or [{}]
    ]
    output.table(("alert since", "what", "failures", "step", "exit code", "last line of the error log"), alerts)


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
    """Say of each waiting request why it isn't running yet."""
    from owl.cli import output

    found = _governance().explain(entry_id=entry, limit=limit)
    if as_json:
        output.print_json([{"id": one.entry.id, "dataset": one.entry.dataset, "why": one.reasons} for one in found])
        return
    rows = [(e.entry.id, e.entry.dataset, e.entry.workflow, e.entry.priority, "; ".join(e.reasons)) for e in found]
    output.table(("id", "dataset", "workflow", "priority", "why it isn't running yet"), rows)


@click.group()
def owld() -> None:
    """The daemon that keeps the blackboard true."""


@owld.command("run")
def run_owld() -> None:
    """Run owld until it is told to stop (SIGTERM)."""
    from owl import app

    app.run_owld(app.make_app())
