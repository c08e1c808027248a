"""The programs of docs/how-to/use-from-programs.md, as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.app import App
from owl.config import load_settings
from owl.db.engine import Database
from tests.fixtures.pollers import make_catalog
from tests.unit.docs import documents

PAGE = documents.DOCS / "how-to" / "use-from-programs.md"


def test_the_examples_work_as_they_stand(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_catalog(tmp_path)
    environment = {"OWL_STATE_DIR": str(tmp_path), "OWL_TEMPLATE_ROOT": str(tmp_path / "templates")}
    app = App(load_settings(environment, database_url=str(sqlite.url)))
    monkeypatch.setattr("owl.app.make_app", lambda: app)
    first, second = (block.text for block in documents.blocks(PAGE) if block.language == "python")
    exec(compile(first, PAGE.name, "exec"), {})  # noqa: S102 - the page's own program
    assert capsys.readouterr().out == "jw001_01 Waiting 80\n"
    exec(compile(second, PAGE.name, "exec"), {})  # noqa: S102 - the same
    assert capsys.readouterr().out == "1000 requests wait\n"
    app.database.close()
