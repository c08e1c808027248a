"""A watched directory of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from owl.db.engine import Database
from tests.fixtures.pollers import Arrivals


@pytest.fixture
def arrivals(sqlite: Database, tmp_path: Path) -> Iterator[Arrivals]:
    """A directory, an empty database, the workflow `pair`."""
    made = Arrivals(tmp_path, sqlite)
    yield made
    made.close()
