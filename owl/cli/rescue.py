"""`owl rescue`: failed runs go on; `owl rescue-server`: the daemon that readies them."""

from __future__ import annotations

import getpass
from typing import Any

import click

from owl.app import make_app, run_rescue_server
from owl.cli import output
from owl.cli.aim import aimed, selection
from owl.cli.amounts import SECONDS
from owl.cli.commands import follow
from owl.cli.dpq import parameters
from owl.errors import InvalidName
from owl.intent import RescueOptions, Selection


@click.command()
@aimed
@click.option("--from-start", is_flag=True, help="Run every step again.")
@click.option("--from", "from_step", metavar="STEP", help="Run this step and all after it again.")
@click.option("--skip", multiple=True, metavar="STEP=REASON", help="Count this step as done; repeatable.")
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="memory, cpus, disk or gpus (of one step: STEP.memory), or a parameter; repeatable.",
)
@click.option("--show", "only_show", is_flag=True, help="Show what --set would change, and change nothing.")
@click.option("--reason", default="", help="Why; it is kept.")
@click.option(
    "--wait", "seconds", type=SECONDS, default=0.0, help="Seconds to wait for its submission (default 0)."
)
@click.option("--yes", "everything", is_flag=True, help="Everything is meant, where nothing narrows it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def rescue(**given: Any) -> int:
    """Let failed runs go on from the step that failed. What is done isn't run again, unless it is asked for."""
    wanted, only_show = selection(given), given.pop("only_show")
    options = RescueOptions(
        from_start=given.pop("from_start"),
        from_step=given.pop("from_step"),
        skip=_skip(given.pop("skip")),
        set=parameters(given.pop("pairs")),
    )
    return _show(wanted, options) if only_show else _request(wanted, options, **given)


@click.command("rescue-server")
def rescue_server() -> None:
    """Run this user's rescue server until it is told to stop (SIGTERM)."""
    run_rescue_server(make_app())


def _request(wanted: Selection, options: RescueOptions, *, seconds: float, as_json: bool, **given: Any) -> int:
    ops = make_app().ops
    if options.set and len(wanted.runs) == 1 and not as_json:
        _difference(wanted, options)
    made = ops.rescues.request(wanted, requested_by=getpass.getuser(), options=options, **given)
    return follow(ops, made, seconds, as_json=as_json)


def _show(wanted: Selection, options: RescueOptions) -> int:
    if not wanted.runs:
        raise InvalidName("--show is for runs that are named")
    _difference(wanted, options)
    return 0


def _difference(wanted: Selection, options: RescueOptions) -> None:
    ops = make_app().ops
    for name in wanted.runs:
        for line in ops.rescues.difference(name, options.set).splitlines():
            click.echo(output.log_line(line))


def _skip(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        step, _, reason = pair.partition("=")
        found[step] = reason
    return found
