"""The selection of docs/how-to/reprocess.md, as it stands there, installed as a package would be."""

from __future__ import annotations

import sqlite3
import tomllib
from pathlib import Path

import pytest

from owl.db.engine import Database
from owl.ops import Operations, Plan, named_selection
from tests.fixtures.pollers import make_catalog
from tests.unit.docs import documents

PAGE = documents.DOCS / "how-to" / "reprocess.md"


def test_the_example_works_as_it_stands(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {block.language: block.text for block in documents.blocks(PAGE)}
    site = tmp_path / "site"
    (site / "observatory_s").mkdir(parents=True)
    (site / "observatory_s" / "selections.py").write_text(texts["python"])
    points = tomllib.loads(texts["toml"])["project"]["entry-points"]["owl.selections"]
    metadata = site / "observatory_s-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: observatory-s\nVersion: 1.0\n")
    line = f"stale = {points['stale']}\n".replace("observatory.", "observatory_s.")
    (metadata / "entry_points.txt").write_text(f"[owl.selections]\n{line}")
    monkeypatch.syspath_prepend(str(site))
    with sqlite3.connect(tmp_path / "catalogue.db") as connection:
        connection.execute("CREATE TABLE science (rootname, instrument, dark_used, dark_best)")
        connection.execute("INSERT INTO science VALUES ('w1', 'WFC3', 1, 2), ('w2', 'WFC3', 2, 2)")
    connection.close()
    ops = Operations(database=sqlite, catalog=make_catalog(tmp_path))
    plan = Plan(
        catalog=f"sqlite:///{tmp_path / 'catalogue.db'}",
        selection=named_selection("stale"),
        workflow="pair",
        campaign="new_darks",
    )
    assert ops.resubmissions.reprocess(plan, requested_by="mary").added == {"WFC3": 1}
    assert [entry.dataset for entry in ops.entries()] == ["w1"]
