"""`owl drmaa`: what a person asks about the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from owl.drmaa import header_path, library_path
from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool


def owl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`owl drmaa` with these arguments."""
    command = [str(Path(sys.executable).parent / "owl"), "drmaa", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_where_the_library_is_and_what_it_reaches(pool: PersonalPool) -> None:
    assert owl("path").stdout.split() == [str(library_path())]
    assert owl("path", "--header").stdout.split() == [str(header_path())]
    told = owl("info")
    assert told.returncode == 0, told.stderr
    facts = dict(line.split(":", 1) for line in told.stdout.splitlines())
    assert facts["library"].strip() == str(library_path())
    assert facts["DRM system"].strip().startswith("HTCondor ")
    assert facts["DRMAA version"].strip() == "1.0"
    assert owl("info", "--contact", facts["contact"].strip()).returncode == 0


def test_a_schedd_that_is_not_there_is_told_in_a_line(pool: PersonalPool) -> None:
    told = owl("info", "--contact", "nowhere")
    assert told.returncode == 1
    assert "nowhere" in told.stderr
    assert len(told.stderr.splitlines()) == 1
