"""Templates that can't be read just now: no file is rejected for that."""

from __future__ import annotations

from typing import Any

import pytest

from owl.ops.pollers import Pollers
from tests.fixtures.pollers import Arrivals


@pytest.mark.parametrize("mounted", [False, True], ids=["gone", "an empty mount point"])
def test_templates_that_are_away_are_waited_for(arrivals: Arrivals, mounted: bool) -> None:
    poller = arrivals.poller()
    arrivals.look(poller)
    root, away = arrivals.catalog.root, arrivals.folder / "away"
    root.rename(away)
    if mounted:
        root.mkdir()
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    poller._controlled = None
    poller.step()
    (state,) = Pollers(database=arrivals.database).list()
    assert f"the template root {root} " in state.message
    assert (arrivals.datasets(), arrivals.events()) == ([], [])
    if mounted:
        root.rmdir()
    away.rename(root)
    arrivals.look_until(poller, lambda: arrivals.datasets() == ["ds1"], "they are there again")
    assert poller.untold == ""


def test_templates_that_go_away_in_the_middle_of_a_batch_are_no_files_fault(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    poller = arrivals.poller()
    arrivals.put("ds1.dat")
    root, away = arrivals.catalog.root, arrivals.folder / "away"
    look_at_all = poller.intake._look_at_all

    def overtaken(*given: Any) -> Any:
        root.rename(away)
        try:
            return look_at_all(*given)
        finally:
            away.rename(root)

    monkeypatch.setattr(poller.intake, "_look_at_all", overtaken)  # between the look at the root and its use
    arrivals.look(poller)
    assert (arrivals.datasets(), arrivals.events()) == ([], [])
    assert "can't be read (No such file or directory)" in next(poller.pending.first()).why
    monkeypatch.undo()
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


def test_a_workflow_that_is_being_installed_is_waited_for_and_an_unknown_one_is_not(arrivals: Arrivals) -> None:
    table = arrivals.catalog.root / "pair" / "workflow.toml"
    whole = table.read_text()
    table.write_text(whole[:15])
    poller = arrivals.poller()
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    assert arrivals.events() == []
    assert "workflow.toml" in next(poller.pending.first()).why
    table.write_text(whole)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]
    arrivals.put("ds2.dat")
    arrivals.look(arrivals.poller("other", workflow="nobody_made_it"))
    assert "there is no workflow nobody_made_it" in arrivals.reason("ds2.dat", "other")
