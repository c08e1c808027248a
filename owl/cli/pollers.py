"""What `owl poller` does beyond one call: looking once, checking a file of tables, the list."""

from __future__ import annotations

import getpass
import itertools
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from owl.app import App, poll_once
from owl.cli import output
from owl.cli.poller import REJECTED, RUNS_ALREADY, TROUBLE
from owl.errors import AlreadyRunning, InvalidSetting, OwlError
from owl.intake import EventState
from owl.ops import PollerState
from owl.poller.identify import identify
from owl.poller.interface import NotYet, Reject
from owl.poller.paths import to_text
from owl.poller.pattern import walk
from owl.poller.table import PollerTable, Recipe, find_recipes, read_tables
from owl.poller.translate import Translator
from owl.workflow.request import RequestCheck

ERRORS = (EventState.REJECTED, EventState.QUARANTINED)


def once_and_tell(app: App, name: str, seconds: float) -> int:
    """Let a poller look once; what is wrong goes to standard error, for cron's mail. Returns the exit code."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    logging.getLogger("owl.poller").addHandler(handler)
    try:
        outcome = poll_once(app, name, seconds=seconds)
    except AlreadyRunning:
        return RUNS_ALREADY
    finally:
        logging.getLogger("owl.poller").removeHandler(handler)
    if outcome.trouble:
        return TROUBLE
    return REJECTED if outcome.rejected else 0


def check_and_tell(app: App, file: Path, limit: int) -> int:
    """Check a file of tables; print what is wrong and what files would become. Returns the exit code."""
    bad = 0
    for name, recipe in read_tables(file).items():
        click.echo(f"{name}: kind {recipe.table.kind}, {recipe.table.directory}/{recipe.table.pattern}")
        for word in _wrong(app, recipe):
            bad = 1
            click.echo(f"  ✗ {output.escaped(word)}")
        for line in _would(app, recipe, limit):
            click.echo(f"  {output.escaped(line)}")
    return bad


def show_list(app: App, *, as_json: bool) -> None:
    """Print every poller: those that ran, and those that only have a table."""
    states = app.ops.pollers.list()
    if as_json:
        output.print_json(states)
        return
    rows: list[Sequence[object]] = [_row(one) for one in states]
    ran = {one.name for one in states}
    try:
        tables = find_recipes(app.settings.poller_dir)
        rows += [
            (name, r.table.kind, r.table.directory, "never", 0, 0, 0, 0, "it never ran")
            for name, r in tables.items()
            if name not in ran
        ]
    except InvalidSetting as error:
        click.echo(f"owl: {error}", err=True)
    columns = ("name", "kind", "directory", "looked at", "waiting", "rejected", "requests/h", "requests/d", "says")
    output.table(columns, rows)


def retry_events(app: App, events: Sequence[int], name: str | None) -> int:
    """Let some events, or all that a poller has rejected, be looked at again."""
    if bool(events) == (name is not None):
        raise InvalidSetting("give the numbers of events, or --all POLLER")
    if name is not None:
        return app.ops.pollers.retry_all(name, requested_by=getpass.getuser())
    return app.ops.pollers.retry(events, requested_by=getpass.getuser())


def _row(one: PollerState) -> Sequence[object]:
    says = [] if one.alive else ["ended as it should" if one.stopped_at is not None else "silent: it doesn't run"]
    if one.paused_at is not None:
        says.append(f"paused by {one.paused_by}: {one.pause_reason}")
    says += [one.message] if one.message else []
    rejected = sum(one.counts.get(state, 0) for state in ERRORS)
    made = (one.entries_hour, one.entries_day)
    return one.name, one.kind, one.directory, one.looked_at, one.waiting, rejected, *made, "; ".join(says)


def _wrong(app: App, recipe: Recipe) -> Iterator[str]:
    """What of a table can't work here."""
    table = recipe.table
    if not os.access(table.directory, os.R_OK | os.X_OK):
        yield f"{table.directory}: no directory that can be read here"
    elif table.afterwards != "leave" and not os.access(table.directory, os.W_OK):
        yield f"{table.directory}: files can't be taken away from it: it isn't writable here"
    if table.destination is not None and not os.access(_nearest(table.destination), os.W_OK):
        yield f"{table.destination}: isn't writable here"
    if "{" not in table.workflow:
        try:
            app.catalog.get(table.workflow)
        except OwlError as error:
            yield str(error)
    yield from _also_watched(app, recipe)


def _also_watched(app: App, recipe: Recipe) -> Iterator[str]:
    try:
        others = find_recipes(app.settings.poller_dir)
    except InvalidSetting as error:
        yield str(error)
        return
    for name, other in others.items():
        same: PollerTable = other.table
        if name != recipe.table.name and (same.directory, same.pattern) == (
            recipe.table.directory,
            recipe.table.pattern,
        ):
            yield f"{name} looks at the same files: each file goes to whichever of the two is first"


def _would(app: App, recipe: Recipe, limit: int) -> Iterator[str]:
    root = os.path.realpath(recipe.table.directory)
    translator = Translator(recipe=recipe, root=root, quarantine=Path(root), catalog=app.catalog)
    try:
        for relative, _ in itertools.islice(walk(root, recipe.pattern), limit):
            yield from (f"{to_text(relative)}: {words}" for words in _becomes(translator, relative))
    except OSError:
        return


def _becomes(translator: Translator, relative: str) -> Iterator[str]:
    table = translator.recipe.table
    try:
        found = identify(translator.root, relative, table.hash_bytes, empty=table.empty)
        wishes = list(itertools.islice(translator.wishes(found), 3))
        for wish, members in wishes:
            if members is not None:
                yield f"{wish.dataset} for {wish.workflow}, when its {len(members)} members are done"
                continue
            RequestCheck(translator.catalog).check(wish)
            given = " ".join(f"{name}={value}" for name, value in wish.parameters.items())
            yield f"{wish.dataset} for {wish.workflow}, priority {wish.priority}, {given}"
    except NotYet as reason:
        yield f"isn't complete: {reason}"
    except (Reject, OwlError) as reason:
        yield f"would be rejected: {reason}"


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())
