"""`owl hold`, `release`, `suspend`, …: what operators do to running work, and who did what."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

from owl.app import make_app
from owl.cli import output
from owl.cli.aim import aimed, selection
from owl.cli.amounts import SECONDS
from owl.cli.dpq import StateChoice
from owl.intent import COMMAND_OPEN, Command, CommandState, Verb
from owl.ops import Operations

Function = TypeVar("Function", bound=Callable[..., Any])

SHOWN = 20
WAIT = 10.0


def ordered(command: Function) -> Function:
    """The options of every command: what it is aimed at, why, and how long to wait for it."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="As JSON."),
        click.option("--yes", "everything", is_flag=True, help="Everything is meant, where nothing narrows it."),
        click.option(
            "--expires", "expires_in", type=SECONDS, help="Give it up after so many seconds (default: never)."
        ),
        click.option(
            "--wait", "seconds", type=SECONDS, default=WAIT, help=f"Seconds to wait for its end (default {WAIT:g})."
        ),
        click.option("--reason", default="", help="Why; it is kept, and HTCondor is told."),
    ):
        command = option(command)
    return aimed(command)


@click.command()
@ordered
def hold(**given: Any) -> int:
    """Take steps off their machines until they are released; of a run its DAG too.

    A held DAG alone would leave its steps running, so of a run both are held. Held is not suspended: a held step
    gives its slot up and begins anew.
    """
    return order(Verb.HOLD, given)


@click.command()
@ordered
def release(**given: Any) -> int:
    """Let held steps, or held runs with their DAGs, go on."""
    return order(Verb.RELEASE, given)


@click.command()
@ordered
def suspend(**given: Any) -> int:
    """Stop steps where they run: they keep slot and memory. Of a run, its DAG starts nothing new meanwhile."""
    return order(Verb.SUSPEND, given)


@click.command("continue")
@ordered
def continue_(**given: Any) -> int:
    """Let suspended steps, or suspended runs, go on."""
    return order(Verb.CONTINUE, given)


@click.command()
@ordered
def remove(**given: Any) -> int:
    """Take steps, or runs with their DAGs, out of HTCondor. A removed run can be rescued."""
    return order(Verb.REMOVE, given)


@click.command()
@click.argument("value", type=int)
@ordered
def priority(value: int, **given: Any) -> int:
    """Give runs the priority VALUE (larger is sooner); steps get one of their own, from -999 to 999."""
    return order(Verb.PRIORITY, given, value=float(value))


@click.command()
@ordered
def analyze(**given: Any) -> int:
    """Say in plain words why steps aren't running, with HTCondor's own analysis."""
    return order(Verb.ANALYZE, given, details=True)


@click.command()
@ordered
def halt(**given: Any) -> int:
    """Let the DAGs of runs start no more steps; what is in HTCondor's queue goes on.

    Where nothing of it is left in the queue, HTCondor ends a halted DAG with a rescue file: `owl rescue` lets it
    go on then.
    """
    return order(Verb.HALT, given)


@click.command()
@ordered
def resume(**given: Any) -> int:
    """Let halted DAGs go on."""
    return order(Verb.RESUME, given)


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--state", "states", multiple=True, type=StateChoice([one.value for one in CommandState]))
@click.option("--verb", "verbs", multiple=True, help="Only these; repeatable.")
@click.option("--by", "requested_by", help="Only what this user wanted.")
@click.option("--run", "run_id", help="Only what was aimed at this run.")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=20, help="Most rows (default 20).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def commands(number: int | None, as_json: bool, states: tuple[str, ...], **given: Any) -> None:
    """Show what operators wanted, the latest first; or all about one command, by its NUMBER."""
    ops = make_app().ops
    if number is not None:
        show(ops, ops.commands.get(number), as_json=as_json, details=True, limit=given["limit"])
        return
    found = ops.commands.list(states=[CommandState(one) for one in states], **given)
    if as_json:
        output.print_json(found)
        return
    names = ("id", "verb", "requested_by", "requested_at", "filter", "state", "result", "reason")
    rows = [[_aim(one) if name == "filter" else getattr(one, name) for name in names] for one in found]
    output.table(("number", "verb", "by", "at", "what", "state", "result", "reason"), rows)


@click.command()
def audit() -> int:
    """Check that no command on record was changed or taken out past OWL; print the chain's last digest."""
    calls = make_app().ops.commands
    broken = calls.broken()
    for number, why in broken:
        click.echo(f"command {number}: {why}", err=True)
    what = "the audit was changed" if broken else "the audit is whole"
    click.echo(f"{what}; last digest: {calls.latest_digest() or 'none'}")
    return 1 if broken else 0


def order(verb: Verb, given: dict[str, Any], *, value: float | None = None, details: bool = False) -> int:
    """Request a command, wait for it, and show what came of it; the exit code says whether all of it was done."""
    ops, seconds, as_json = make_app().ops, given.pop("seconds"), given.pop("as_json")
    made = ops.commands.request(verb, selection(given), requested_by=getpass.getuser(), value=value, **given)
    return follow(ops, made, seconds, as_json=as_json, details=details)


def follow(ops: Operations, made: Command, seconds: float, *, as_json: bool, details: bool = False) -> int:
    """Wait for a command and show what came of it."""
    kept_up = made.verb != Verb.RESCUE  # of which the submission is waited for
    found = ops.commands.wait(made.id, seconds, kept_up=kept_up) if seconds > 0 else made
    show(ops, found, as_json=as_json, details=details, limit=SHOWN)
    return 1 if found.state in (CommandState.FAILED, CommandState.EXPIRED) else 0


def show(ops: Operations, found: Command, *, as_json: bool, details: bool, limit: int) -> None:
    """Show a command with its targets: all of them, or those of which something is to be told."""
    targets = ops.commands.targets(found.id, limit=limit)
    if as_json:
        output.print_json({"command": found, "targets": targets})
        return
    click.echo(f"command {found.id}: {found.verb} {output.escaped(_aim(found))}: {found.state}{_counted(found)}")
    for one in targets:
        lines = one.result.splitlines() if details else one.result.splitlines()[:1]
        head = f"  {one.dataset or ''} {one.process_name or one.name}: {one.state}"
        click.echo(output.escaped(head) + "".join(f"\n    {output.log_line(line)}" for line in lines))
    if found.total > limit:
        click.echo(f"  … and {found.total - limit} more: owl commands {found.id} -n {found.total}")
    if found.state in COMMAND_OPEN:
        for words in ops.commands.waits_for(found.id):
            click.echo(f"  {output.escaped(words)}")


def _aim(found: Command) -> str:
    return found.filter or " ".join(word for word in (found.kind, found.scope) if word) or (found.run_id or "")


def _counted(found: Command) -> str:
    return f" ({found.done} of {found.total} done, {found.failed} not)" if found.total > 1 else ""
