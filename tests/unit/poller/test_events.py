"""Each file event once: what makes an event, and what becomes of its file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from owl.intake import EVENT_FORWARD, EventState
from owl.ops import Operations
from owl.ops.pollers import Pollers
from tests.fixtures.pollers import Arrivals


def test_a_file_becomes_a_request_once(arrivals: Arrivals) -> None:
    arrivals.put("ds1.dat", b"abc")
    poller = arrivals.poller(priority=7, campaign="spring", parameters={"path": "{{ path }}", "size": "{{ size }}"})
    arrivals.look(poller)
    arrivals.look(poller)
    arrivals.look(arrivals.poller(priority=7))
    (entry,) = arrivals.entries()
    assert (entry.dataset, entry.workflow, entry.priority, entry.campaign) == ("ds1", "pair", 7, "spring")
    assert entry.parameters == {"path": str(arrivals.inbox / "ds1.dat"), "size": "3"}
    (event,) = arrivals.events()
    assert (event.state, event.entries, entry.event_id) == (EventState.SETTLED, 1, event.id)


def test_other_content_under_the_same_name_is_another_event(arrivals: Arrivals) -> None:
    poller = arrivals.poller()
    path = arrivals.put("ds1.dat", b"one")
    arrivals.look(poller)
    before = path.stat()
    arrivals.put("ds1.dat", b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time: a clock that was set back
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1", "ds1"]
    assert len({event.digest for event in arrivals.events()}) == 2


def test_a_file_that_was_only_touched_by_chmod_is_the_same_event(arrivals: Arrivals) -> None:
    poller = arrivals.poller()
    path = arrivals.put("ds1.dat")
    arrivals.look(poller)
    path.chmod(0o640)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


@pytest.mark.parametrize("mtime", [0, 10**18 * 9, -(10**9)], ids=["1970", "2255", "before 1970"])
def test_a_clock_that_is_wrong_changes_nothing(arrivals: Arrivals, mtime: int) -> None:
    path = arrivals.put("ds1.dat")
    os.utime(path, ns=(mtime, mtime))
    poller = arrivals.poller(complete="quiet", quiet=0.05, parameters={"mode": "{{ modified or 0 }}"[:0] or "m"})
    arrivals.look_until(poller, arrivals.datasets, "it is taken")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


def test_two_pollers_on_one_directory_take_a_file_once(arrivals: Arrivals) -> None:
    first, second = arrivals.poller("first"), arrivals.poller("second")
    for number in range(40):
        arrivals.put(f"ds{number:02d}.dat")
    for poller in (first, second):
        poller.step()  # both have seen them all
    for _ in range(3):
        arrivals.look(first)
        arrivals.look(second)
    assert sorted(arrivals.datasets()) == [f"ds{number:02d}" for number in range(40)]


def test_two_processes_that_have_both_translated_insert_once(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one commits between this one's look at the database and its own transaction."""
    arrivals.put("ds1.dat")
    other = arrivals.poller()
    raced = arrivals.poller()

    def overtaken(name: str) -> None:
        if name == "translated":
            arrivals.look(other)

    raced.intake.fault = overtaken
    arrivals.look(raced)
    assert arrivals.datasets() == ["ds1"]
    assert len(arrivals.events()) == 1


def test_all_requests_of_an_event_or_none(arrivals: Arrivals) -> None:
    arrivals.put("list.dat", '{"d": "good"}\n{"d": "also_good"}\n{"d": "not a name"}\n')
    poller = arrivals.poller(kind="json", dataset="{{ message.d }}")
    arrivals.look(poller)
    assert arrivals.datasets() == []
    assert "the dataset name 'not a name' isn't valid" in arrivals.reason("list.dat")


@pytest.mark.parametrize("afterwards", ["move", "archive", "delete"])
def test_the_file_goes_where_it_shall_afterwards(arrivals: Arrivals, afterwards: str) -> None:
    given: dict[str, Any] = {} if afterwards == "delete" else {"destination": "done"}
    poller = arrivals.poller(afterwards=afterwards, pattern="**/*.dat", parameters={"path": "{{ path }}"}, **given)
    arrivals.put("sub/ds1.dat", b"content")
    arrivals.look(poller)
    (entry,), (event,) = arrivals.entries(), arrivals.events()
    assert event.state is EventState.SETTLED
    assert entry.not_before is None
    assert not (arrivals.inbox / "sub" / "ds1.dat").exists()
    assert not list(arrivals.inbox.rglob(".owl-*"))
    if afterwards != "delete":
        assert Path(entry.parameters["path"]).read_bytes() == b"content"
        assert Path(entry.parameters["path"]).is_relative_to(arrivals.folder / "done")


def test_what_is_there_already_is_never_overwritten(arrivals: Arrivals) -> None:
    poller = arrivals.poller(afterwards="move", destination="done")
    for content in (b"one", b"other"):
        arrivals.put("ds1.dat", content)
        arrivals.look(poller)
    assert sorted(path.read_bytes() for path in (arrivals.folder / "done").iterdir()) == [b"one", b"other"]


def test_a_file_that_came_back_is_carried_away_again_and_asked_for_once(arrivals: Arrivals) -> None:
    poller = arrivals.poller(afterwards="move", destination="done")
    path = arrivals.put("ds1.dat")
    status = path.stat()
    arrivals.look(poller)
    arrivals.put("ds1.dat")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]
    assert not path.exists()


def test_a_newer_file_that_arrives_before_the_move_is_not_lost(arrivals: Arrivals) -> None:
    poller = arrivals.poller(afterwards="move", destination="done")
    arrivals.put("ds1.dat", b"first")

    def replaced(name: str) -> None:
        if name == "recorded" and len(arrivals.events()) == 1:
            arrivals.put("ds1.dat", b"second")

    poller.intake.fault = replaced
    arrivals.look(poller)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1", "ds1"]
    assert b"second" in [path.read_bytes() for path in (arrivals.folder / "done").iterdir()]


def test_a_request_waits_until_its_file_is_where_it_says(arrivals: Arrivals) -> None:
    poller = arrivals.poller(afterwards="move", destination="done")
    (arrivals.folder / "done").write_text("a file where the directory shall be")
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    (entry,), (event,) = arrivals.entries(), arrivals.events()
    assert entry.not_before is not None
    assert event.state is EventState.INSERTED
    assert "can't be put where it shall be" in event.reason
    assert "can't be put" in Pollers(database=arrivals.database).get("p").message or poller.settler.trouble
    (arrivals.folder / "done").unlink()
    arrivals.look(poller)
    (entry,), (event,) = arrivals.entries(), arrivals.events()
    assert (entry.not_before, event.state, event.reason) == (None, EventState.SETTLED, "")


def test_a_rejected_file_is_tried_again_when_an_operator_says_so(arrivals: Arrivals) -> None:
    ops = Pollers(database=arrivals.database)
    arrivals.put("not a name.dat")
    arrivals.look(arrivals.poller())
    (event,) = arrivals.events(EventState.QUARANTINED)
    assert "not a name" in arrivals.reason("not a name.dat")
    assert ops.retry([event.id], requested_by="mary") == 1
    poller = arrivals.poller(dataset="{{ stem | replace(' ', '_') }}")
    arrivals.look(poller)
    assert arrivals.datasets() == ["not_a_name"]
    assert [event.state for event in arrivals.events()] == [EventState.SETTLED]
    assert not list((arrivals.folder / "quarantine").rglob("*.*"))


def test_a_rejected_file_that_is_put_back_by_hand_is_looked_at_again(arrivals: Arrivals) -> None:
    path = arrivals.put("not a name.dat")
    arrivals.look(arrivals.poller())
    (arrivals.folder / "quarantine" / "p" / "not a name.dat").rename(path)
    arrivals.look(arrivals.poller(dataset="fixed"))
    assert arrivals.datasets() == ["fixed"]
    assert [event.state for event in arrivals.events()] == [EventState.SETTLED]


def test_rejects_may_be_left_where_they_are(arrivals: Arrivals) -> None:
    path = arrivals.put("not a name.dat")
    poller = arrivals.poller(rejects="leave")
    arrivals.look(poller)
    arrivals.look(poller)
    assert path.exists()
    assert [event.state for event in arrivals.events()] == [EventState.REJECTED]
    assert poller.intake.rejected == 1


def test_what_waits_already_is_left_out_where_that_is_asked_for(arrivals: Arrivals) -> None:
    poller = arrivals.poller(skip_waiting=True)
    arrivals.put("ds1.dat", b"one")
    arrivals.look(poller)
    arrivals.put("ds1.dat", b"two")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]
    assert [event.entries for event in arrivals.events()] == [1, 0]


def test_a_paused_poller_takes_nothing_until_it_is_resumed(arrivals: Arrivals) -> None:
    ops = Pollers(database=arrivals.database)
    poller = arrivals.poller()
    arrivals.look(poller)
    ops.pause("p", reason="maintenance", requested_by="mary")
    arrivals.put("ds1.dat")
    poller._controlled = None
    poller.step()
    poller._scan_at = 0.0
    assert not poller.step()
    assert arrivals.datasets() == []
    assert ops.get("p").pause_reason == "maintenance"
    ops.resume("p", requested_by="mary")
    poller._controlled = None
    arrivals.look_until(poller, arrivals.datasets, "it goes on")


def test_a_scan_that_is_asked_for_is_made(arrivals: Arrivals) -> None:
    ops = Pollers(database=arrivals.database)
    poller = arrivals.poller(scan_period=86_400)
    arrivals.look(poller)
    arrivals.put("ds1.dat")
    assert not poller.step()
    ops.scan("p", requested_by="mary")
    arrivals.look_until(poller, arrivals.datasets, "it has scanned")
    assert ops.get("p").scan_asked_at is None


def test_what_it_says_of_itself(arrivals: Arrivals) -> None:
    poller = arrivals.poller(complete="marker")
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    poller._beaten = poller._controlled = None
    poller.step()
    (state,) = Pollers(database=arrivals.database).list()
    assert state.alive
    assert state.waiting == 1
    assert state.waiting_for[0]["path"] == "ds1.dat"
    assert "ds1.dat.done isn't there" in state.waiting_for[0]["why"]


@pytest.mark.parametrize("point", ["translated", "recording", "recorded", "carried", "settled"])
@pytest.mark.parametrize("bad", [False, True], ids=["good", "rejected"])
def test_a_poller_that_dies_anywhere_loses_and_doubles_nothing(arrivals: Arrivals, point: str, bad: bool) -> None:
    """An exception is as good as a kill here: nothing of the poller is used again, and the database rolls back."""

    class Died(BaseException):
        """As by kill -9."""

    def die(name: str) -> None:
        if name == point:
            raise Died

    given: dict[str, Any] = {
        "afterwards": "move",
        "destination": "done",
        "dataset": "not a name" if bad else "{{ stem }}",
    }
    for number in range(3):
        arrivals.put(f"ds{number}.dat")
    dying = arrivals.poller(**given)
    dying.intake.fault = dying.settler.fault = die
    with pytest.raises(Died):
        arrivals.look(dying)
    arrivals.look(arrivals.poller(**given))
    states = {event.state for event in arrivals.events()}
    assert len(arrivals.events()) == 3
    assert states == {EventState.QUARANTINED if bad else EventState.SETTLED}
    assert sorted(arrivals.datasets()) == ([] if bad else ["ds0", "ds1", "ds2"])
    assert all(entry.not_before is None for entry in arrivals.entries())
    where = arrivals.folder / ("quarantine/p" if bad else "done")
    assert sorted(path.name for path in where.glob("*.dat")) == ["ds0.dat", "ds1.dat", "ds2.dat"]
    assert not list(arrivals.inbox.iterdir())


def test_every_state_has_its_row_in_the_transition_table() -> None:
    assert set(EVENT_FORWARD) == set(EventState)
    assert EVENT_FORWARD[EventState.SETTLED] == frozenset()


def test_a_manifest_becomes_an_association_of_what_it_lists(arrivals: Arrivals) -> None:
    ops = Operations(database=arrivals.database, catalog=arrivals.catalog)
    given: dict[str, Any] = {
        "kind": "manifest",
        "pattern": "*.sum",
        "complete": "manifest",
        "dataset": "{{ stem }}",
    }
    given["association"] = {
        "members": "{{ names | join(',') }}",
        "member_match": r"(?P<dataset>.+)_raw\.fits",
        "member_workflow": "pair",
        "member_parameter": "mode",
        "within": 3600,
    }
    arrivals.put("x1_raw.fits", b"a")
    arrivals.put("x2_raw.fits", b"b")
    sums = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n"
        for name, data in (("x1_raw.fits", b"a"), ("x2_raw.fits", b"b"))
    )
    arrivals.put("asn_1.sum", sums)
    arrivals.look(arrivals.poller(**given))
    found = ops.associations.show("asn_1")
    assert [member.dataset for member in found.members] == ["x1", "x2"]
    assert arrivals.datasets() == []
    (event,) = arrivals.events()
    assert (event.entries, found.association.event_id) == (1, event.id)
    arrivals.put("asn_1.sum", sums.splitlines(keepends=True)[0])
    arrivals.look(arrivals.poller(**given))
    assert [member.dataset for member in ops.associations.show("asn_1").members] == ["x1"], "it was regrouped"
