"""The reference page names every function, attribute, state and code with a test, and every test exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from owl.drmaa import header_path
from owl.drmaa.attributes import SCALARS, VECTORS
from owl.drmaa.build import prototypes
from owl.drmaa.errors import Errno
from owl.drmaa.jobs import JobState

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "drmaa.md").read_text(encoding="utf-8").partition("\n## Tests\n")[2]
SOURCES = [
    *(ROOT / "tests" / "integration" / "drmaa").glob("*.c"),
    *(ROOT / "tests" / "integration" / "drmaa").glob("test_*.py"),
    *(ROOT / "tests" / "unit" / "drmaa").glob("test_*.py"),
]
SECTIONS = {
    "Functions": [one.name for one in prototypes(header_path().read_text(encoding="utf-8"))],
    "Attributes": [*SCALARS, *VECTORS],
    "States": [one.name for one in JobState],
    "Error codes": [one.name for one in Errno],
}


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table."""
    text = PAGE.partition(f"\n### {section}\n")[2].partition("\n### ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


def quoted(text: str) -> list[str]:
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_name_has_a_row(section: str) -> None:
    named = [name for row in rows(section) for name in quoted(row[0]) if not name.startswith("$")]
    assert sorted(named) == sorted(SECTIONS[section])


@pytest.mark.parametrize("section", [*SECTIONS, "Faults and threads"])
def test_every_test_that_is_named_exists(section: str) -> None:
    known = {
        name
        for source in SOURCES
        for name in re.findall(r"^(?:def |static void )(\w+)\(", source.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = {name for row in rows(section) for name in quoted(row[1])}
    assert named <= known, sorted(named - known)
