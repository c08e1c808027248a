"""What unit tests share: a SQLite database of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from owl.db.engine import Database
from tests.fixtures.database import migrated_sqlite, sqlite_copy


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables, made once."""
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the tables."""
    with sqlite_copy(sqlite_template, tmp_path / "owl.db") as database:
        yield database
