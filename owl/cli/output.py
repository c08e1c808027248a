"""How things look in a terminal: tables, times, JSON. Text of strangers is escaped."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; as plain columns that can be cut where the output is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=10_000, no_color=True)
    shown = Table(*headings, box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for row in rows:
        shown.add_row(*(Text(cell(value)) for value in row))
    console.print(shown)


def cell(value: object) -> str:
    """A value in a table: times without their fraction, nothing for None, control characters escaped."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return escaped(str(value))


def escaped(text: str) -> str:
    """Text without control characters, which could rewrite an operator's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def log_line(line: str) -> str:
    """A line of somebody's log: tabs stay, other control characters are escaped."""
    return "\t".join(escaped(part) for part in line.split("\t"))


def print_json(value: Any) -> None:
    """Print JSON: dataclasses as objects, times in ISO 8601."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
