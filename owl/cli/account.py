"""`owl account`: what has become of the datasets that are expected."""

from __future__ import annotations

import click

from owl.app import make_app
from owl.cli import output
from owl.errors import InvalidSetting
from owl.ops import Standing, expected_names

INCOMPLETE = 3


@click.command()
@click.option("--expected", metavar="FILE", required=True, help="Datasets, one a line; - is standard input.")
@click.option("--workflow", help="Processed by this workflow (default: by any).")
@click.option(
    "--standing", multiple=True, type=click.Choice(list(Standing), case_sensitive=False), help="Only these."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def account(expected: str, workflow: str | None, standing: tuple[Standing, ...], as_json: bool) -> int:
    """Say which expected datasets have arrived, were processed, have failed, are missing.

    Exit code 3 where not all have been processed.
    """
    found = make_app().ops.accounting(_names(expected), workflow=workflow)
    rows = [row for row in found.rows if not standing or row.standing in standing]
    if as_json:
        output.print_json({"counts": found.counts, "complete": found.complete, "rows": rows})
    else:
        columns = ("dataset", "standing", "arrived_at", "ended_at", "entry_id", "run_id", "says")
        output.table(columns, [[getattr(row, column) for column in columns] for row in rows])
        click.echo(", ".join(f"{number} {name.lower()}" for name, number in sorted(found.counts.items())))
    return 0 if found.complete else INCOMPLETE


def _names(file: str) -> list[str]:
    try:
        with click.open_file(file, encoding="utf-8") as lines:
            return list(expected_names(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{file}: can't be read: {error}") from error
