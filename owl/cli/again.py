"""What `owl dpq resubmit` and `owl reprocess` do: their options in OWL's words, and what they print."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path

import click

from owl.app import App
from owl.cli import output
from owl.cli.dpq import parameters, progress_bar
from owl.errors import InvalidSetting
from owl.model import EntryState
from owl.ops import Plan, Reprocessed, named_selection, sql_selection, time_of, unfinished

_ENDED = (EntryState.FAILED, EntryState.REMOVED, EntryState.DONE)


def resubmit_and_tell(
    app: App,
    *,
    campaign: str | None,
    workflow: str | None,
    state: str,
    since: str | None,
    cause: str | None,
    priority: int | None,
    into: str | None,
    dry_run: bool,
) -> None:
    """Ask again for what is unfinished, and print how much that is."""
    which = unfinished(
        states=_states(state),
        campaign=campaign,
        workflow=workflow,
        since=time_of(since) if since is not None else None,
        cause=cause,
    )
    calls = app.ops.resubmissions
    found = calls.preview(which)
    output.table(("workflow", "state", "requests"), [(name, was, number) for (name, was), number in found.items()])
    if dry_run:
        click.echo(f"{sum(found.values())} requests would be made; this was a dry run")
        return
    added = calls.resubmit(which, requested_by=getpass.getuser(), priority=priority, campaign=into)
    click.echo(f"{added} requests wait")


def reprocess_and_tell(
    app: App,
    *,
    catalog: str | None,
    select: Path | None,
    selection: str | None,
    workflow: str,
    campaign: str,
    priority: int,
    param: tuple[str, ...],
    option: tuple[str, ...],
    skip_bad: bool,
    again: bool,
    dry_run: bool,
) -> None:
    """Ask for everything that a selection gives, and print how much that is by instrument."""
    if (select is None) == (selection is None):
        raise InvalidSetting("give --select FILE.sql or --selection NAME")
    url = catalog or app.settings.catalog_url
    if not url:
        raise InvalidSetting("give --catalog URL, or set catalog_url in owl.toml")
    plan = Plan(
        catalog=url,
        selection=sql_selection(select) if select is not None else named_selection(str(selection)),
        workflow=workflow,
        campaign=campaign,
        priority=priority,
        parameters=parameters(param),
        options=parameters(option),
        skip_bad=skip_bad,
        again=again,
    )
    with progress_bar() as progress:
        found = app.ops.resubmissions.reprocess(
            plan, requested_by=getpass.getuser(), dry_run=dry_run, progress=progress
        )
    _show(found, dry_run=dry_run)


def _show(found: Reprocessed, *, dry_run: bool) -> None:
    names = sorted({*found.added, *found.waiting})
    rows: list[tuple[str, int, int]] = [
        (name or "-", found.added.get(name, 0), found.waiting.get(name, 0)) for name in names
    ]
    output.table(("instrument", "requests", "left out: asked for already"), rows)
    for reason in found.reasons:
        click.echo(output.escaped(reason), err=True)
    if not names and not found.refused:
        click.echo("the selection has given no row")
    verb = "would be made; this was a dry run" if dry_run else "wait"
    click.echo(f"{_sum(found.added)} requests {verb}, {_sum(found.waiting)} left out, {found.refused} rows refused")


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _states(text: str) -> tuple[EntryState, ...]:
    known = {state.value.lower(): state for state in _ENDED}
    words = [word.strip().lower() for word in text.split(",")]
    for word in words:
        if word not in known:
            raise InvalidSetting(f"--state {word!r}: give one or more of {', '.join(known)}")
    return tuple(known[word] for word in words)
