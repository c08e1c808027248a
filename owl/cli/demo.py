"""`owl demo`: the demonstration with a progress display and a table at its end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from owl.app import App, make_app
from owl.cli import output
from owl.cli.look import mark
from owl.demo.run import Demo, Outcome
from owl.errors import NotAllowed, NotFound, OperationError
from owl.model import ENTRY_ENDED, Entry, Role
from owl.ops import Accounts
from owl.pool.personal import PersonalPool

ACCOUNT, MAKER = "demo", "owl demo"
GUI_PATIENCE = 10.0  # seconds that the web GUI may take to start


@click.command()
def demo() -> None:
    """Process 12 exposures, 2 associations and 4 deliveries, with a failure and its rescue.

    The pool and OWL's daemons must run (`owl pool up`).
    """
    app = make_app()
    outcome = _run(app)
    _show(outcome, app.settings.state_dir)
    if not outcome.good:
        raise OperationError("not every workflow is Done; see the table above and `owl logs DATASET`")


def _run(app: App) -> Outcome:
    app.database.check_schema()
    greet(app)
    console = Console(highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("workflows ended", total=18)

        def progress(entries: Sequence[Entry]) -> None:
            bar.update(task, completed=sum(entry.state in ENTRY_ENDED for entry in entries))

        def tell(line: str) -> None:
            bar.console.print(output.log_line(line), markup=False, soft_wrap=True)

        return Demo(ops=app.ops, folder=app.settings.state_dir / "demo", tell=tell, progress=progress).run()


def greet(app: App) -> None:
    """Tell where the web GUI is and how to log in, where it runs (`owl pool up --web`)."""
    from webgui.server import answers, url

    settings = app.settings
    started = "OWL_WEB" in PersonalPool(settings).status().daemons
    if not answers(settings.web_host, settings.web_port, GUI_PATIENCE if started else 0.0):
        click.echo("The web GUI doesn't run here; `owl pool up --web` starts it.")
        return
    password = secrets.token_urlsafe(12)
    renew(app.ops.accounts, password)
    click.echo(f"Web GUI: {url(settings.web_host, settings.web_port)} (name {ACCOUNT}, password {password})")


def renew(accounts: Accounts, password: str) -> None:
    """Give the demonstration's own account a password; one that somebody else has made keeps his."""
    try:
        known = accounts.get(ACCOUNT)
    except NotFound:
        accounts.create(ACCOUNT, Role.ADMIN, password, by=MAKER)
        return
    if known.created_by != MAKER:
        raise NotAllowed(f"the account {ACCOUNT} isn't the demonstration's; `owl user delete {ACCOUNT}` ends it")
    accounts.set_password(ACCOUNT, password, by=MAKER)


def _show(outcome: Outcome, state_dir: Path) -> None:
    by_run = {entry.run_id: entry for entry in outcome.entries}
    rows = []
    for row in outcome.executions:
        entry = by_run[row.run_id]
        rows.append(
            (row.dataset, entry.workflow, mark(row), row.process_name, row.state, row.exit_code, row.duration)
        )
    output.table(("DATASET", "WORKFLOW", "", "STEP", "STATE", "EXIT CODE", "SECONDS"), sorted(rows, key=_order))
    done = sum(entry.state in ENTRY_ENDED for entry in outcome.entries)
    click.echo(f"{done} workflows of {len(outcome.entries)} ended; {len(rows)} executions of steps.")
    click.echo(f"Products and their catalogue: {outcome.plan.folder / 'archive'}")
    click.echo(f"Work directories with every file and log: {state_dir / 'work'}")
    click.echo(
        f"Look further: owl status; owl jobs; owl show {outcome.plan.broken}; owl logs {outcome.plan.broken}"
    )


def _order(row: Sequence[object]) -> tuple[str, str]:
    return str(row[1]), str(row[0])
