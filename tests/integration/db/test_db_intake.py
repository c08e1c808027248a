"""Pollers and associations on each database: each event once, each association once, however many are at it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from owl.associations import gather
from owl.daemon import utc_now
from owl.db import dpq, file_events
from owl.db.engine import Database
from owl.intake import EventState
from owl.model import EntryState
from owl.ops import Operations, Unfinished
from owl.ops.pollers import Pollers
from tests.fixtures.database import add_entry, at
from tests.fixtures.pollers import Arrivals


@pytest.fixture
def arrivals(database: Database, tmp_path: Path) -> Any:
    """A watched directory, whose events go to each kind of database."""
    made = Arrivals(tmp_path / "watched", database)
    yield made
    made.close()


def at_once(*work: Callable[[], Any]) -> None:
    """Do several things at the same time; an error of any is the test's."""
    errors: list[BaseException] = []

    def run(one: Callable[[], Any]) -> None:
        try:
            one()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(1200)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)


def test_pollers_at_the_same_time_insert_each_event_once(arrivals: Arrivals) -> None:
    for number in range(300):
        arrivals.put(f"ds{number:03d}.dat")
    several = [arrivals.poller(name, afterwards="move", destination="done") for name in ("a", "a", "b")]
    at_once(*(lambda poller=poller: arrivals.look(poller) for poller in several))
    for poller in several:
        arrivals.look(poller)
    assert sorted(arrivals.datasets()) == [f"ds{number:03d}" for number in range(300)]
    assert {event.state for event in arrivals.events()} == {EventState.SETTLED}
    assert {entry.not_before for entry in arrivals.entries()} == {None}


def test_the_calls_of_people(arrivals: Arrivals) -> None:
    ops = Pollers(database=arrivals.database)
    arrivals.put("good.dat")
    arrivals.put("not a name.dat")
    (arrivals.inbox / "\udcff_[x].dat").write_bytes(b"x")
    poller = arrivals.poller()
    arrivals.look(poller)
    poller._beaten = poller._controlled = None
    poller.step()
    (state,) = ops.list()
    assert state.counts == {EventState.SETTLED: 1, EventState.QUARANTINED: 2}
    assert (state.entries_hour, state.entries_day) == (1, 1)
    assert ops.count_events(poller="p", states=[EventState.QUARANTINED], path="*not a*") == 1
    (event,) = ops.events(path="*[x].dat", since=at(0))
    assert "\\xff_[x].dat" in event.path
    assert ops.event(event.id).entries == []
    assert ops.retry_all("p", requested_by="mary") == 2
    arrivals.look(arrivals.poller(dataset="any"))
    assert arrivals.datasets() == ["good", "any", "any"]
    ops.pause("p", reason="x", requested_by="mary")
    ops.resume("p", requested_by="mary")


def test_an_association_is_asked_for_once_by_many(database: Database, tmp_path: Path) -> None:
    catalog = Arrivals(tmp_path / "site", database).catalog
    ops = Operations(database=database, catalog=catalog)
    for number in range(20):
        given: dict[str, Any] = {"workflow": "pair", "member_workflow": "pair", "member_parameter": "mode"}
        ops.associations.add(f"asn{number}", [f"m{number}", "shared"], **given, requested_by="x")
    for dataset in [*(f"m{number}" for number in range(20)), "shared"]:
        entry = add_entry(database, dataset)
        for state in (EntryState.CLAIMED, EntryState.ACTIVE, EntryState.DONE):
            database.write(dpq.move, entry, state, now=utc_now())
    at_once(*(lambda: gather(database, catalog, utc_now()) for _ in range(4)))
    asked = [entry.dataset for entry in ops.entries(dataset="asn*", limit=1000)]
    assert sorted(asked) == sorted(f"asn{number}" for number in range(20))


def test_what_is_unfinished(database: Database, tmp_path: Path) -> None:
    ops = Operations(database=database, catalog=Arrivals(tmp_path / "site", database).catalog)
    for dataset in ("a", "a", "b"):
        number = add_entry(database, dataset, again=True, campaign="spring")
        database.write(dpq.move, number, EntryState.FAILED, now=at(5), error="no flat for F200W")
    which = Unfinished(campaign="spring", says="no flat", since=at(0))
    assert ops.resubmissions.resubmit(which, requested_by="mary") == 2
    assert ops.resubmissions.resubmit(which, requested_by="mary") == 0
    assert database.read(file_events.counts) == {}


def test_what_was_asked_for_is_found_among_many_names(database: Database) -> None:
    for dataset, campaign in (("waits", ""), ("done", ""), ("had", "spring")):
        number = add_entry(database, dataset, campaign=campaign)
        for state in (EntryState.CLAIMED, EntryState.ACTIVE, EntryState.DONE) if dataset != "waits" else ():
            database.write(dpq.move, number, state, now=at(1))
    names = ["waits", "done", "had", "WAITS", *(f"ds{number}" for number in range(1500))]
    assert database.read(dpq.asked_for, names, "pair", "spring") == {"waits", "had"}
    assert database.read(dpq.asked_for, names, "other", "spring") == set()
