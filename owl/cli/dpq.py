"""`owl dpq`: the data-processing queue."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click

from owl.app import make_app
from owl.cli import output
from owl.errors import InvalidName
from owl.model import Entry, EntryState
from owl.ops import Wanted, read_wanted

COLUMNS = (
    "id",
    "dataset",
    "workflow",
    "priority",
    "state",
    "campaign",
    "created_at",
    "created_by",
    "run_id",
    "error",
)


class StateChoice(click.Choice[str]):
    """A state by its name, in any case."""

    def __init__(self, states: Sequence[str]) -> None:
        super().__init__(list(states), case_sensitive=False)


def parameters(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` words as a dict, or `InvalidName`."""
    given = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise InvalidName(f"--param {pair!r}: it must be name=value")
        given[name] = value
    return given


@click.group()
def dpq() -> None:
    """The queue of requests: dataset, workflow, priority."""


@dpq.command()
@click.argument("dataset")
@click.argument("workflow")
@click.option("-p", "--priority", type=int, default=0, help="Larger is sooner (default 0).")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the workflow; repeatable.")
@click.option("--campaign", default="", help="A label for a batch of requests.")
@click.option("--again", is_flag=True, help="Even where the same request waits already.")
def add(dataset: str, workflow: str, priority: int, param: tuple[str, ...], campaign: str, again: bool) -> None:
    """Ask for DATASET to be processed with WORKFLOW."""
    number = make_app().ops.add(
        dataset,
        workflow,
        priority=priority,
        parameters=parameters(param),
        campaign=campaign,
        requested_by=getpass.getuser(),
        again=again,
    )
    click.echo(f"DPQ entry {number}: {dataset} waits for {workflow} at priority {priority}")


@dpq.command("list")
@click.option("--dataset", help="Its name; * and ? stand for any characters.")
@click.option("--workflow")
@click.option("--campaign")
@click.option("--state", multiple=True, type=StateChoice([state.value for state in EntryState]), help="Repeatable.")
@click.option("-n", "--limit", type=click.IntRange(1, 1_000_000), default=100, help="Most rows (default 100).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(
    dataset: str | None,
    workflow: str | None,
    campaign: str | None,
    state: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """Show requests in the order in which they are taken."""
    states = [EntryState(one) for one in state]
    found = make_app().ops.entries(
        dataset=dataset, workflow=workflow, campaign=campaign, states=states, limit=limit
    )
    _show(found, as_json)


@dpq.command()
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(number: int, as_json: bool) -> None:
    """Show everything about one request."""
    entry = make_app().ops.entry(number)
    if as_json:
        output.print_json(entry)
    else:
        output.table(("field", "value"), [(name, getattr(entry, name)) for name in entry.__dataclass_fields__])


@dpq.command()
@click.argument("number", type=int)
@click.option("-p", "--priority", type=int, help="The new priority.")
@click.option("--campaign", help="The new label.")
def update(number: int, priority: int | None, campaign: str | None) -> None:
    """Change a request that still waits, or the priority of one whose steps are in HTCondor."""
    entry = make_app().ops.update(number, priority=priority, campaign=campaign, requested_by=getpass.getuser())
    does = "waits for" if entry.state is EntryState.WAITING else "runs"
    click.echo(f"DPQ entry {entry.id}: {entry.dataset} {does} {entry.workflow} at priority {entry.priority}")


@dpq.command()
@click.argument("number", type=int)
def delete(number: int) -> None:
    """Take a request that still waits out of the queue."""
    entry = make_app().ops.delete(number)
    click.echo(f"DPQ entry {entry.id}: {entry.dataset} is out of the queue")


@dpq.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--workflow", default="", help="For lines that name none.")
@click.option("-p", "--priority", type=int, default=0, help="For lines that name none (default 0).")
@click.option("--campaign", default="", help="For lines that name none.")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="For every line; repeatable.")
@click.option("--skip-bad", is_flag=True, help="Leave bad lines out and report each, instead of loading nothing.")
@click.option("--again", is_flag=True, help="Even what waits already.")
def load(
    file: TextIO,
    workflow: str,
    priority: int,
    campaign: str,
    param: tuple[str, ...],
    skip_bad: bool,
    again: bool,
) -> None:
    """Ask for every dataset of FILE (- is standard input): CSV with a heading, JSON lines, or plain names."""
    given = parameters(param)
    defaults = Wanted(line=0, dataset="", workflow=workflow, priority=priority, campaign=campaign, parameters=given)
    with progress_bar() as progress:
        wanted = read_wanted(file, defaults)
        loaded = make_app().ops.load(
            wanted, requested_by=getpass.getuser(), skip_bad=skip_bad, again=again, progress=progress
        )
    for bad in loaded.refused:
        click.echo(f"line {bad.line}: {output.escaped(bad.reason)}", err=True)
    click.echo(f"{loaded.added} requests wait, {len(loaded.refused)} lines refused")


@dpq.command()
@click.option("--campaign", help="Of this campaign.")
@click.option("--workflow", help="Of this workflow.")
@click.option("--state", default="failed,removed", help="States with commas between them (default failed,removed).")
@click.option("--since", help="Ended then (UTC) or later: 2026-11-25, 2026-11-25T09:00, or -24h, -7d.")
@click.option("--cause", help="STEP, STEP:EXIT_CODE, or :EXIT_CODE that failed; else text that the error holds.")
@click.option("-p", "--priority", type=int, help="The new requests' (default: as before).")
@click.option("--into", help="The new requests' campaign (default: as before).")
@click.option("--dry-run", is_flag=True, help="Only show how many.")
def resubmit(**given: Any) -> None:
    """Ask again for what failed or was removed, where nobody has asked for it since."""
    from owl.cli.again import resubmit_and_tell

    resubmit_and_tell(make_app(), **given)


@contextmanager
def progress_bar() -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where that is a terminal; it is drawn ten times a second at most."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("loading", total=None)
        yield lambda lines: bar.advance(task, lines)


def _show(found: Sequence[Entry], as_json: bool) -> None:
    if as_json:
        output.print_json(found)
    else:
        output.table(COLUMNS, [[getattr(entry, name) for name in COLUMNS] for entry in found])
