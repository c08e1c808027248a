"""`owl account`: what has become of the datasets that are expected."""

from __future__ import annotations

from collections.abc import Sequence

import click

from owl.app import make_app
from owl.cli import output
from owl.errors import InvalidSetting
from owl.ops import Accounted, Accounting, Operations, Standing, expected_names, time_of

INCOMPLETE = 3


@click.command()
@click.option("--expected", metavar="FILE", required=True, help="Datasets, one a line; - is standard input.")
@click.option("--workflow", help="Processed by this workflow (default: by any).")
@click.option(
    "--standing", multiple=True, type=click.Choice(list(Standing), case_sensitive=False), help="Only these."
)
@click.option(
    "--unexpected",
    metavar="NAMES",
    help="Also what has arrived of such names (* and ? allowed) and isn't expected.",
)
@click.option("--since", metavar="TIME", help="With --unexpected: what has arrived since then.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def account(
    expected: str,
    workflow: str | None,
    standing: tuple[Standing, ...],
    unexpected: str | None,
    since: str | None,
    as_json: bool,
) -> int:
    """Say which expected datasets have arrived, were processed, have failed, are missing.

    Exit code 3 where not all have been processed.
    """
    ops, names = make_app().ops, _names(expected)
    found = ops.accounting(names, workflow=workflow)
    rows = [row for row in found.rows if not standing or row.standing in standing]
    others = _others(ops, names, unexpected, since, workflow)
    _tell(found, rows, others, as_json=as_json)
    return 0 if found.complete else INCOMPLETE


def _others(
    ops: Operations, names: Sequence[str], like: str | None, since: str | None, workflow: str | None
) -> Sequence[Accounted]:
    if like is None and since is not None:
        raise InvalidSetting("--since goes with --unexpected NAMES")
    if like is None:
        return ()
    return ops.unexpected(names, like=like, since=time_of(since) if since else None, workflow=workflow)


def _tell(found: Accounting, rows: Sequence[Accounted], others: Sequence[Accounted], *, as_json: bool) -> None:
    if as_json:
        said = {"counts": found.counts, "complete": found.complete, "rows": rows, "unexpected": others}
        output.print_json(said)
        return
    _table(rows)
    click.echo(", ".join(f"{number} {name.lower()}" for name, number in sorted(found.counts.items())))
    if others:
        click.echo(f"\n{len(others)} arrived that aren't expected:")
        _table(others)


def _table(rows: Sequence[Accounted]) -> None:
    columns = ("dataset", "standing", "arrived_at", "ended_at", "entry_id", "run_id", "says")
    output.table(columns, [[getattr(row, column) for column in columns] for row in rows])


def _names(file: str) -> list[str]:
    try:
        with click.open_file(file, encoding="utf-8") as lines:
            return list(expected_names(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{file}: can't be read: {error}") from error
