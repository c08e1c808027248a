"""Completeness: every expected dataset is in exactly one place."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from owl.app import App
from owl.cli.main import run
from owl.config import load_settings
from owl.daemon import utc_now
from owl.db import dpq
from owl.db.engine import Database
from owl.errors import InvalidName
from owl.model import EntryState
from owl.ops import Operations, Standing, expected_names
from tests.fixtures.database import add_entry
from tests.fixtures.pollers import Arrivals


@pytest.fixture
def arrivals(sqlite: Database, tmp_path: Path) -> Arrivals:
    """A watched directory: good.dat has become a request, bad_raw.dat and bad2.dat were rejected."""
    made = Arrivals(tmp_path, sqlite)
    made.put("good.dat")
    made.put("bad_raw.dat")
    made.put("bad2.dat")
    made.look(made.poller(match="(?P<dataset>good)[.]dat"))
    return made


def end(database: Database, dataset: str, state: EntryState, error: str | None = None) -> None:
    """A request that ends so."""
    number = add_entry(database, dataset, again=True)
    for one in (EntryState.CLAIMED, EntryState.ACTIVE, state):
        database.write(dpq.move, number, one, now=utc_now(), error=error)


def test_each_stands_somewhere(arrivals: Arrivals) -> None:
    database = arrivals.database
    end(database, "done", EntryState.DONE)
    end(database, "again", EntryState.DONE)
    end(database, "again", EntryState.FAILED, "no flat")
    end(database, "failed", EntryState.FAILED, "no dark")
    end(database, "removed", EntryState.REMOVED)
    end(database, "runs", EntryState.ACTIVE)
    names = ["missing", "good", "bad", "done", "again", "failed", "removed", "runs", "done", "ba"]
    found = Operations(database=database, catalog=arrivals.catalog).accounting(names)
    assert {row.dataset: row.standing.value for row in found.rows} == {
        "missing": "Missing",
        "good": "Waiting",
        "bad": "Rejected",
        "done": "Processed",
        "again": "Processed",
        "failed": "Failed",
        "removed": "Removed",
        "runs": "Processing",
        "ba": "Missing",
    }
    rows = {row.dataset: row for row in found.rows}
    assert rows["good"].path == str(arrivals.inbox / "good.dat")
    assert rows["bad"].says.endswith("doesn't match it")
    assert rows["again"].says == "asked for again: failed: no flat"
    assert (found.counts[Standing.MISSING], found.complete) == (2, False)


def test_only_one_workflow_counts_where_that_is_asked(arrivals: Arrivals) -> None:
    ops = Operations(database=arrivals.database, catalog=arrivals.catalog)
    end(arrivals.database, "done", EntryState.DONE)
    assert ops.accounting(["done"], workflow="pair").complete
    assert ops.accounting(["done"], workflow="other").counts == {Standing.MISSING: 1}


def test_what_arrived_and_is_not_expected(arrivals: Arrivals) -> None:
    ops = Operations(database=arrivals.database, catalog=arrivals.catalog)
    for name in ("good2.dat", "other.dat"):
        arrivals.put(name)
    arrivals.look(arrivals.poller("second"))
    end(arrivals.database, "good3", EntryState.DONE)  # asked for by hand: no file of it has arrived
    end(arrivals.database, "good2", EntryState.DONE)
    found = ops.unexpected(["good"], like="good*")
    assert [(one.dataset, one.standing) for one in found] == [("good2", Standing.PROCESSED)]
    assert [one.dataset for one in ops.unexpected([], like="*", limit=2)] == ["good", "good2"]
    assert ops.unexpected([], like="*", workflow="nobody") == []
    assert ops.unexpected([], like="*", since=utc_now() + timedelta(hours=1)) == []


def test_a_list_of_the_planning_side() -> None:
    text = ["dataset,visit\n", "# a comment\n", "\n", "jw001,3\n", "jw002 4 # why\n"]
    assert list(expected_names(text)) == ["jw001", "jw002"]
    with pytest.raises(InvalidName, match="line 2: the dataset name"):
        list(expected_names(["jw001\n", "../x\n"]))


def test_the_command(
    arrivals: Arrivals, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({"OWL_STATE_DIR": str(arrivals.folder)}, database_url=str(arrivals.database.url))
    app = App(settings)
    monkeypatch.setattr("owl.cli.account.make_app", lambda: app)
    end(arrivals.database, "done", EntryState.DONE)
    expected = arrivals.folder / "expected.txt"
    expected.write_text("done\nmissing\n")
    assert run(["account", "--expected", str(expected), "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["counts"], said["complete"]) == ({"Processed": 1, "Missing": 1}, False)
    expected.write_text("done\n")
    assert run(["account", "--expected", str(expected)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 processed"
    assert run(["account", "--expected", str(expected), "--unexpected", "*", "--json"]) == 0
    (other,) = json.loads(capsys.readouterr().out)["unexpected"]
    assert (other["dataset"], other["standing"]) == ("good", "Waiting")
    assert run(["account", "--expected", str(expected), "--unexpected", "g*", "--since", "-1h"]) == 0
    assert "1 arrived that aren't expected:" in capsys.readouterr().out
    assert run(["account", "--expected", str(expected), "--since", "-1h"]) == 2
    app.database.close()
