"""`owl init`: make a host's settings, directories and files."""

from __future__ import annotations

from pathlib import Path

import click

from owl.install.plan import Services
from owl.model import HostRole


@click.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([one.value for one in HostRole]),
    help="Repeatable.",
)
@click.option("--user", default="owl", help="The account that OWL's daemons run as (default owl).")
@click.option(
    "--services",
    type=click.Choice([one.value for one in Services]),
    default="condor",
    help="What starts the daemons beside a schedd: condor_master (default) or systemd.",
)
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path("/"), help="Make everything below this directory."
)
@click.option(
    "--force", is_flag=True, help="Make files anew that are there and differ; the old ones stay as NAME.old."
)
def init(roles: tuple[str, ...], user: str, services: str, root: Path, force: bool) -> None:
    """Make what a host of the roles needs: owl.toml, directories, HTCondor's files, the hook, units."""
    from owl.cli import output
    from owl.install.make import make
    from owl.install.plan import Site, pieces

    site = Site(roles=frozenset(map(HostRole, roles)), user=user, services=Services(services))
    made = make(pieces(site), root=root.resolve(), user=user, force=force)
    output.table(("what", "path"), [(one.what, one.path) for one in made])
    click.echo(
        f"Next: read {site.config}, set the database, then `owl db upgrade` and `owl doctor --role {roles[0]}`"
    )
