"""`owl blackboard`: make it again, and keep it small."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from owl.app import make_app
from owl.cli import output
from owl.daemon import utc_now
from owl.errors import UserError

_AGE = re.compile(r"(\d+)([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.group()
def blackboard() -> None:
    """The tracking table: rebuild it, archive what is old."""


@blackboard.command()
@click.option("--into", required=True, metavar="URL", help="An empty database to build it in.")
@click.option("--since", type=click.DateTime(), help="Only what is younger (UTC).")
def rebuild(into: str, since: datetime | None) -> None:
    """Make it again from HTCondor's histories and the work directories, and tell every difference."""
    from owl.app import rebuild_blackboard

    after = None if since is None else since.replace(tzinfo=UTC)
    found, lines, alone = rebuild_blackboard(make_app(), into, since=after)
    for line in lines:
        click.echo(output.escaped(line))
    told = f"compared with nothing: {alone}" if alone else f"{len(lines)} differences"
    click.echo(
        f"{found.runs} runs, {found.executions} executions ({found.from_node_logs} from node logs); "
        f"{output.escaped(told)}"
    )


@blackboard.command()
@click.option("--older-than", required=True, metavar="AGE", help="As 90d, 12h or 26w.")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder (default: archive in state_dir).")
def archive(older_than: str, folder: Path | None) -> None:
    """Move finished executions into a file of compressed JSON lines."""
    from owl.retention import archive_before

    app = make_app()
    now = utc_now()
    done = archive_before(
        app.database, now - age(older_than), folder or app.settings.state_dir / "archive", now=now
    )
    where = f" to {done.file} ({done.size} bytes)" if done.file else ""
    click.echo(f"{done.executions} executions moved{where}")


@blackboard.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Bring the executions of an archive back."""
    from owl.retention import restore as read_back

    click.echo(f"{read_back(make_app().database, file)} executions are back")


def age(text: str) -> timedelta:
    """`90d`, `12h` or `26w` as a duration, or `UserError`."""
    found = _AGE.fullmatch(text)
    if not found:
        raise UserError(f"--older-than {text!r}: give a number with h, d or w, as in 90d")
    return timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
