"""What may import what, beside the layers that `make lint` checks."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONDOR = ("htcondor2", "classad2")


def modules(*folders: str) -> list[Path]:
    """Every Python file below some folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def imported_at_once(path: Path) -> Iterator[str]:
    """The modules that a file imports as soon as it is imported itself."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def named(path: Path) -> str:
    """A file as it is called in a message."""
    return str(path.relative_to(ROOT))


def test_the_hook_is_a_shell_script_that_needs_nothing_of_owl() -> None:
    hooks = list((ROOT / "hooks").iterdir())
    assert [path.name for path in hooks] == ["owl_job_hook"]
    assert hooks[0].read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert hooks[0].stat().st_mode & 0o111


@pytest.mark.parametrize("path", modules("owl/drmaa"), ids=named)
def test_drmaa_knows_nothing_of_owl(path: Path) -> None:
    assert not [name for name in imported(path) if name.split(".")[0] in ("owl", "webgui") and "drmaa" not in name]


def test_the_programs_of_the_workflows_stand_alone() -> None:
    wrong = {
        named(path): names
        for path in modules("templates")
        if (names := {name for name in imported(path) if name.split(".")[0] in ("owl", "webgui", "htcondor2")})
    }
    assert wrong == {}


def test_htcondor_is_imported_in_its_own_places_and_only_when_it_is_needed() -> None:
    users = {
        path for path in modules("owl", "webgui") if any(name.split(".")[0] in CONDOR for name in imported(path))
    }
    assert {path.relative_to(ROOT).parts[1] for path in users} <= {"condor", "drmaa", "pool", "doctor.py"}
    eager = {
        named(path)
        for path in modules("owl/condor", "owl/pool", "owl/cli")
        if any(name.split(".")[0] in CONDOR for name in imported_at_once(path))
    }
    assert eager == set()


def test_sql_stands_under_owl_db_only() -> None:
    for path in modules("owl", "webgui"):
        if path.is_relative_to(ROOT / "owl" / "db"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "import sqlalchemy" not in text, named(path)
        names = {
            alias.name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
            for alias in node.names
        }
        assert names <= {"Connection"}, named(path)


def test_nothing_is_read_when_the_modules_are_imported(tmp_path: Path) -> None:
    """Neither the environment nor OWL's settings, nor HTCondor's configuration."""
    program = (
        "import os, sys\n"
        "class Told(dict):\n"
        "    def __getitem__(self, key):\n"
        "        print('read', key) if key.startswith(('OWL_', 'CONDOR')) else None\n"
        "        return super().__getitem__(key)\n"
        "    def get(self, key, default=None):\n"
        "        print('read', key) if key.startswith(('OWL_', 'CONDOR')) else None\n"
        "        return super().get(key, default)\n"
        "os.environ = Told(os.environ)\n"
        "import owl.app, owl.shoveler, owl.owld.service, owl.condor.check, owl.config, owl.daemon, owl.logs\n"
        "import owl.cli.dpq, owl.cli.look, owl.cli.pool\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
    )
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []
