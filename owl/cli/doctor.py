"""`owl doctor`: is everything there, and if not, what mends it."""

from __future__ import annotations

import os

import click

from owl.app import App, make_app
from owl.cli import output
from owl.doctor import Doctor
from owl.model import HostRole


@click.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([one.value for one in HostRole]),
    help="Of this role. Repeatable.",
)
@click.option("--execute", is_flag=True, hidden=True, help="The same as --role execute.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(roles: tuple[str, ...], execute: bool, as_json: bool) -> int:
    """Check this host; exit with 1 where something is to be mended."""
    app = make_app()
    _use_personal_pool(app)
    wanted = [HostRole(role) for role in (*roles, *([HostRole.EXECUTE] if execute else []))]
    findings = list(Doctor(app.settings, lambda: app.database, app.catalog).findings(wanted))
    if as_json:
        output.print_json(findings)
    else:
        rows = [
            ("✓" if one.good else "✗", one.subject, one.detail, "" if one.good else one.mend) for one in findings
        ]
        output.table(("", "what", "found", "what to do"), rows)
    return 0 if all(one.good for one in findings) else 1


def _use_personal_pool(app: App) -> None:
    """Where no HTCondor is configured but a personal pool runs, that is the one to look at."""
    from owl.pool.personal import PersonalPool

    pool = PersonalPool(app.settings)
    if "CONDOR_CONFIG" not in os.environ and pool.status().running:
        os.environ.update(pool.environment())
