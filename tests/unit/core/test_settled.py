"""An ad of a history is taken in twice, and not each time that it is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from owl.owld.settled import Settled
from tests.fixtures.database import at


def ad(number: int) -> dict[str, Any]:
    """A job that has left the queue."""
    return {"globaljobid": f"submit#{number}.0#1", "numshadowstarts": 1}


def test_at_once_and_once_more_after_a_while() -> None:
    settled, ads = Settled(timedelta(seconds=5)), [ad(1), ad(2)]
    found = []
    for second in (0, 1, 4, 5, 6, 60):
        found.append(len(settled.due(ads if second else ads[:1], at(second))))
        settled.took()
    assert found == [1, 1, 0, 1, 1, 0]


def test_what_was_not_written_is_due_again() -> None:
    settled = Settled(timedelta(seconds=5))
    assert settled.due([ad(1)], at(0)) == settled.due([ad(1)], at(1)) == [ad(1)]
    settled.took()
    assert settled.due([ad(1)], at(2)) == []


def test_a_clock_set_back_and_an_ad_that_comes_again_are_no_trouble() -> None:
    settled = Settled(timedelta(seconds=5))
    for second, wanted in ((7200, 1), (0, 1), (1, 0)):
        assert len(settled.due([ad(1)], at(second))) == wanted
        settled.took()
    settled.due([], at(2))
    settled.took()
    assert settled.due([ad(1)], at(3)) == [ad(1)]
