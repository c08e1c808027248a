"""Every statement that OWL can send to SQL Server stands in tests/golden/sql as it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.record import FOLDER, HELP, modules, recorded, texts, unreached


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database is on which the verbs are called."""
    return tmp_path_factory.mktemp("golden")


@pytest.mark.parametrize("module", [*modules(), "schema"])
def test_what_sql_server_is_sent_is_what_was_looked_at(module: str, directory: Path) -> None:
    name = f"{module}.sql"
    wanted = texts(directory).get(name, "")
    path = FOLDER / name
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert kept == wanted, f"owl.db.{module} sends something else than tests/golden/sql/{name} says: {HELP}"


def test_no_statement_is_left_out(directory: Path) -> None:
    missing = unreached(recorded(directory).places)
    assert not missing, (
        f"no call comes to {', '.join(missing)}: add one to STORIES in tests/golden/stories.py; {HELP}"
    )
