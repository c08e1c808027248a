"""Writes the reference pages that follow from the code; `.venv/bin/python docs/generate.py` does it.

What the code can't say (introductions, the meaning of a column or a state) stands in `words.toml`. The unit
tests compare the pages that are committed with what this module makes.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Column, Table

import owl
from owl import config, intake, model
from owl.cli import main as command_line
from owl.condor import states as foreign
from owl.db import schema
from owl.db import types as column_types
from owl.intake import AssociationState, EventState
from owl.model import EntryState, RunState, State

DOCS = Path(__file__).resolve().parent
REFERENCE = DOCS / "reference"
NOTE = "<!-- Made by docs/generate.py from the code: don't edit. -->"
ENDED: Mapping[type[StrEnum], frozenset[StrEnum]] = {
    EntryState: frozenset(model.ENTRY_ENDED),
    EventState: frozenset(intake.EVENT_ENDED),
    AssociationState: frozenset(),
    RunState: frozenset(model.RUN_ENDED),
    State: frozenset(model.ENDED),
}
Words = Mapping[str, Mapping[str, str]]


def pages() -> dict[Path, str]:
    """Every generated page by its path, as it is to be."""
    from docs import ops_page

    words = read_words()
    return {
        REFERENCE / "cli.md": cli_page(words),
        REFERENCE / "ops.md": ops_page.text(NOTE, words["text"]["ops"]),
        REFERENCE / "configuration.md": configuration_page(words),
        REFERENCE / "states.md": states_page(words),
        REFERENCE / "tables.md": tables_page(words),
    }


def read_words() -> Words:
    """Introductions and meanings: by kind, table or enum, then by name."""
    table: dict[str, dict[str, str]] = tomllib.loads((DOCS / "words.toml").read_text(encoding="utf-8"))
    return table


# --- the command line ----------------------------------------------------------------------------------------


def commands(
    group: click.Command | None = None, path: tuple[str, ...] = ("owl",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the click tree, groups too, with the words that call it."""
    command = command_line.owl if group is None else group
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from commands(below, (*path, name))


def cli_page(words: Words) -> str:
    """The command line: every command and option."""
    parts = ["# The command line", NOTE, words["text"]["cli"]]
    parts += [_command(path, command) for path, command in commands()]
    return _page(parts)


def _command(path: Sequence[str], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join([*path, *command.collect_usage_pieces(context)])
    parts = [f"{'#' * min(3, 1 + len(path))} {' '.join(path)}", f"```\n{usage}\n```", (command.help or "").strip()]
    records = [param.get_help_record(context) for param in command.params if isinstance(param, click.Option)]
    rows = [(f"`{names}`", text) for names, text in filter(None, records)]
    if rows:
        parts.append(_table(("option", "meaning"), rows))
    return "\n\n".join(part for part in parts if part)


# --- settings ------------------------------------------------------------------------------------------------


def configuration_page(words: Words) -> str:
    """Every setting."""
    defaults = config.load_settings({"OWL_CONFIG": os.devnull})
    rows = []
    for name, field in config.fields().items():
        table_only = str(field.type).startswith("Mapping")
        variable = "(owl.toml only)" if table_only else f"`{config.PREFIX}{name.upper()}`"
        default = _default(name, getattr(defaults, name), defaults)
        rows.append((f"`{name}`", variable, default, _bounds(field.metadata), field.metadata["doc"]))
    table = _table(("setting", "environment variable", "default", "values", "meaning"), rows)
    return _page(["# Settings", NOTE, words["text"]["configuration"], table, words["text"]["configuration_end"]])


def _default(name: str, value: Any, settings: config.Settings) -> str:
    text = str(value)
    if name == "state_dir":
        text = settings.state_dir.name
    package = Path(owl.__file__).resolve().parent
    for path, shown in ((settings.state_dir, "<state_dir>"), (package, "<package>"), (package.parent, "<owl>")):
        text = text.replace(str(path), shown)
    return f"`{text}`" if text and value != {} else "none"


def _bounds(metadata: Mapping[str, Any]) -> str:
    if "minimum" in metadata:
        return f"{metadata['minimum']} to {metadata['maximum']}"
    return ", ".join(f"`{choice}`" for choice in metadata.get("choices", ())) or ""


# --- states --------------------------------------------------------------------------------------------------


def states_page(words: Words) -> str:
    """Every state and where it leads."""
    entries = _moves(EntryState, words, model.ENTRY_FORWARD)
    runs = _moves(RunState, words, model.RUN_FORWARD)
    steps = _moves(State, words, model.FORWARD, model.IF_NEWER)
    of_run = [(f"`{state}`", f"`{entry}`") for state, entry in model.ENTRY_OF_RUN.items()]
    parts = ["# States", NOTE, words["text"]["states"], "## Entries of the DPQ", entries]
    parts += ["An entry follows its run:", _table(("run", "entry"), of_run)]
    parts += ["## File events of pollers", _moves(EventState, words, intake.EVENT_FORWARD)]
    parts += ["## Associations", _moves(AssociationState, words, intake.ASSOCIATION_FORWARD)]
    parts += [
        "## Runs and submissions",
        words["text"]["runs"],
        runs,
        "## Executions of steps",
        words["text"]["steps"],
        steps,
    ]
    parts += ["## HTCondor's codes in OWL's words", *_foreign()]
    return _page(parts)


def _moves(
    states: type[StrEnum],
    words: Words,
    forward: Mapping[Any, Iterable[Any]],
    if_newer: Mapping[Any, Iterable[Any]] | None = None,
) -> str:
    ended = ENDED[states]
    rows = []
    for state in states:
        name = f"`{state.value}`" + (" (end)" if state in ended else "")
        row = [name, words[states.__name__][state.value], _listed(states, forward[state])]
        if if_newer is not None:
            row.append(_listed(states, if_newer.get(state, ())))
        rows.append(row)
    headings = (
        ("state", "meaning", "may become") if if_newer is None else ("state", "meaning", "always", "if newer")
    )
    return _table(headings, rows)


def _listed(states: type[StrEnum], some: Iterable[StrEnum]) -> str:
    wanted = set(some)
    return ", ".join(state.value for state in states if state in wanted) or "nothing"


def _foreign() -> Iterator[str]:
    status = [
        (
            f"{code.value}",
            code.name.lower(),
            f"`{foreign.STATE_OF_STATUS[code]}`",
            _or_none(foreign.RUN_OF_STATUS, code),
        )
        for code in foreign.JobStatus
    ]
    yield _table(("JobStatus", "HTCondor's word", "a step is", "a run is"), status)
    exits = [(str(code), f"`{state}`") for code, state in foreign.RUN_OF_EXIT_CODE.items()]
    yield _table(("condor_dagman's exit code", "a run is"), [*exits, ("any other", f"`{RunState.FAILED}`")])
    reasons = [(f"`{reason}`", f"`{state}`") for reason, state in foreign.STATE_OF_EXIT_REASON.items()]
    yield _table(("JOB_EXIT hook's argument", "a step is"), reasons)


def _or_none(table: Mapping[int, StrEnum], code: int) -> str:
    return f"`{table[code]}`" if code in table else "by its exit code"


# --- tables --------------------------------------------------------------------------------------------------


def tables_page(words: Words) -> str:
    """Every table and column."""
    parts = ["# Tables", NOTE, words["text"]["tables"].format(version=schema.SCHEMA_VERSION)]
    for table in schema.metadata.sorted_tables:
        parts += [f"## {table.name}", words[table.name]["_table"], _columns(table, words), _indexes(table)]
    return _page(part for part in parts if part)


def _columns(table: Table, words: Words) -> str:
    rows = [
        (f"`{column.name}`", _type(column), _constraint(column), words[table.name][column.name])
        for column in table.columns
    ]
    return _table(("column", "type", "", "meaning"), rows)


def _type(column: Column[Any]) -> str:
    special = {
        column_types.UtcDateTime: "time",
        column_types.StateText: "state",
        column_types.JsonText: "JSON text",
        column_types.CompressedJson: "JSON, zlib",
    }
    if type(column.type) in special:
        return special[type(column.type)]
    length = getattr(column.type, "length", None)
    kind = type(column.type).__name__.lower().removeprefix("unicode") or "text"
    return f"{kind}({length})" if length else kind


def _constraint(column: Column[Any]) -> str:
    words = ["key"] if column.primary_key else [] if column.nullable else ["not null"]
    words += [f"→ `{key.target_fullname}`" for key in column.foreign_keys]
    return ", ".join(words)


def _indexes(table: Table) -> str:
    found = sorted(table.indexes, key=lambda index: str(index.name))
    lines = [
        f"`{index.name}` ({', '.join(str(one).split('.')[-1] for one in index.expressions)})" for index in found
    ]
    return "Indexes: " + ", ".join(lines) + "." if lines else ""


# --- Markdown ------------------------------------------------------------------------------------------------


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write() -> None:
    """Write every page."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    write()
