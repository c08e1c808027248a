"""The example of docs/how-to/write-a-poller-kind.md, as it stands there, installed as a package would be."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from owl.errors import InvalidSetting
from owl.intake import EventState
from tests.fixtures.pollers import Arrivals
from tests.unit.docs import documents

PAGE = documents.DOCS / "how-to" / "write-a-poller-kind.md"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example's package on the path, with the metadata that pip would write; its poller's table."""
    python, project, table = (block.text for block in documents.blocks(PAGE))
    site = tmp_path / "site"
    (site / "observatory").mkdir(parents=True)
    (site / "observatory" / "__init__.py").write_text("")
    (site / "observatory" / "nightlog.py").write_text(python)
    points = tomllib.loads(project)["project"]["entry-points"]["owl.pollers"]
    metadata = site / "observatory-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: observatory\nVersion: 1.0\n")
    lines = [f"{name} = {value}\n" for name, value in points.items()]
    lines.append("broken = observatory.nothing:Nothing\nwrong = builtins:dict\n")
    (metadata / "entry_points.txt").write_text("[owl.pollers]\n" + "".join(lines))
    monkeypatch.syspath_prepend(str(site))
    yield table
    for name in [name for name in sys.modules if name.split(".")[0] == "observatory"]:
        del sys.modules[name]


def test_the_example_works_as_it_stands(package: str, arrivals: Arrivals) -> None:
    given = tomllib.loads(package)["poller"]["nights"]
    given |= {"directory": "inbox", "workflow": "pair", "quiet": 0.1, "complete": "rename"}
    poller = arrivals.poller("nights", **given)
    arrivals.put("n1.log", "jw001 IMAGE\njw002 SPECTRUM\njw003 DARK\nEND\n")
    arrivals.put("n2.log", "jw004\nEND\n")
    arrivals.put("n3.log", "jw005 IMAGE\n")
    arrivals.look_until(poller, lambda: len(arrivals.events()) == 3, "all are dealt with")
    assert arrivals.datasets() == ["jw001", "jw002"]
    reasons = {event.path[-6:]: event.reason for event in arrivals.events(EventState.QUARANTINED)}
    assert reasons == {"n2.log": "line 1 isn't 'NAME MODE'", "n3.log": "its last line isn't END"}


@pytest.mark.parametrize(
    ("kind", "says"),
    [("broken", "can't be used: No module named"), ("wrong", "is no subclass of owl.poller.Kind")],
)
def test_a_kind_that_cannot_be_used_is_told(package: str, arrivals: Arrivals, kind: str, says: str) -> None:
    with pytest.raises(InvalidSetting, match=says):
        arrivals.recipe(kind=kind)
