"""`owl failures`: what failed, by cause; `owl node`: machines that spoil what runs on them."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Any

import click

from owl.app import make_app
from owl.cli import output
from owl.cli.amounts import HOURS, SECONDS
from owl.cli.commands import WAIT, follow
from owl.daemon import utc_now
from owl.ops import failure_words


@click.group(invoke_without_command=True)
@click.option("--hours", type=HOURS, help="Only of the last so many hours.")
@click.option("--workflow", help="Only of this workflow.")
@click.option("--campaign", help="Only of this campaign.")
@click.option("--all", "everything", is_flag=True, help="Also what was rescued since.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, help="Most causes (default 20).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def failures(ctx: click.Context, /, hours: float | None, as_json: bool, **given: Any) -> None:
    """Show failed steps grouped by cause, the most frequent first."""
    if ctx.invoked_subcommand is not None:
        return
    since = None if hours is None else utc_now() - timedelta(hours=hours)
    calls = make_app().ops.failures
    found, bad = calls.groups(since=since, **given), calls.bad_nodes()
    if as_json:
        output.print_json({"causes": found, "bad_nodes": bad})
        return
    rows = [
        (g.id, g.count, g.runs, g.step, failure_words(g), g.says, g.first, g.last, _machines(g.machines), _of(g))
        for g in found
    ]
    names = ("group", "failures", "runs", "step", "how", "says", "first", "last", "machines", "example")
    output.table(names, rows)
    for one in bad:
        click.secho(f"BAD MACHINE? {output.escaped(one.host)}: {_why(one)}: owl node drain {one.host}", bold=True)


@failures.command()
@click.argument("group")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=20, help="Most failures (default 20).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(group: str, limit: int, as_json: bool) -> None:
    """Show the latest failures of GROUP with what each says."""
    found = make_app().ops.failures.group(group, limit=limit)
    if as_json:
        output.print_json(found)
        return
    names = ("dataset", "run_id", "step", "host", "failed_at", "exit_code", "exit_signal", "hold_code", "line")
    output.table(names, [[getattr(one, name) for name in names] for one in found])


@failures.command()
@click.argument("group")
@click.option("--reason", default="", help="Why; it is kept.")
@click.option("--wait", "seconds", type=SECONDS, default=0.0, help="Seconds to wait for them (default 0).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def rescue(group: str, reason: str, seconds: float, as_json: bool) -> int:
    """Let every run of GROUP that is still failed go on."""
    ops = make_app().ops
    made = ops.failures.rescue(group, requested_by=getpass.getuser(), reason=reason)
    return follow(ops, made, seconds, as_json=as_json)


@click.group()
def node() -> None:
    """Machines: those on which many different steps fail, and taking them out."""


@node.command()
@click.option("--hours", type=HOURS, default=24.0, help="Of the last so many hours (default 24).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def bad(hours: float, as_json: bool) -> None:
    """Name machines on which most of what was started failed, in different steps of different runs."""
    found = make_app().ops.failures.bad_nodes(since=utc_now() - timedelta(hours=hours))
    if as_json:
        output.print_json(found)
        return
    names = ("host", "failed", "started", "steps", "runs")
    output.table(names, [[getattr(one, name) for name in names] for one in found])


@node.command()
@click.argument("machine")
@click.option("--reason", default="", help="Why; it is kept, and the machine is told.")
@click.option("--wait", "seconds", type=SECONDS, default=WAIT, help=f"Seconds to wait for it (default {WAIT:g}).")
def drain(machine: str, reason: str, seconds: float) -> int:
    """Let MACHINE take no more jobs. What runs there gets its retirement time, then starts again elsewhere."""
    ops = make_app().ops
    made = ops.nodes.drain(machine, requested_by=getpass.getuser(), reason=reason)
    return follow(ops, made, seconds, as_json=False)


@node.command()
@click.argument("machine")
@click.option("--reason", default="", help="Why; it is kept.")
@click.option("--wait", "seconds", type=SECONDS, default=WAIT, help=f"Seconds to wait for it (default {WAIT:g}).")
def undrain(machine: str, reason: str, seconds: float) -> int:
    """Let a drained MACHINE take jobs again."""
    ops = make_app().ops
    made = ops.nodes.undrain(machine, requested_by=getpass.getuser(), reason=reason)
    return follow(ops, made, seconds, as_json=False)


def _machines(counted: Any) -> str:
    shown = [f"{host} ({number})" for host, number in list(counted.items())[:3]]
    return ", ".join(shown) + (f" and {len(counted) - 3} more" if len(counted) > 3 else "")


def _of(group: Any) -> str:
    return "" if group.example is None else str(group.example.dataset or "")


def _why(one: Any) -> str:
    return f"{one.failed} of {one.started} failed, of {one.steps} different steps and {one.runs} runs"
