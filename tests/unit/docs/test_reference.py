"""The reference pages that are made from the code are as the code is."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import generate
from owl.db import schema
from owl.intake import AssociationState, EventState
from owl.model import EntryState, RunState, State

COMMAND = ".venv/bin/python docs/generate.py"


@pytest.mark.parametrize("path", list(generate.pages()), ids=lambda path: path.name)
def test_page_is_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generate.pages()[path], f"{path.name} is out of date: {COMMAND}"


def test_every_column_and_every_state_has_a_meaning_and_nothing_else() -> None:
    words = generate.read_words()
    named = {table.name: {"_table", *table.columns.keys()} for table in schema.metadata.sorted_tables}
    for states in (EntryState, AssociationState, EventState, RunState, State):
        named[states.__name__] = {state.value for state in states}
    for what, names in named.items():
        assert set(words[what]) == names, f"docs/words.toml, [{what}]"
    assert set(words) == {*named, "text"}
