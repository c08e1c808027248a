"""Associations: a request when every member is done; members that are late, failed, replaced or missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from owl.associations import gather
from owl.daemon import utc_now
from owl.db import dpq
from owl.db.engine import Database
from owl.errors import DuplicateRequest, InvalidName, NotAllowed, NotFound, UnknownWorkflow
from owl.intake import AssociationState, MemberState
from owl.model import EntryState
from owl.ops import Operations, Remake
from tests.fixtures.database import add_entry
from tests.fixtures.pollers import make_catalog

DAY = timedelta(days=1)


class Night:
    """An OWL whose members' workflow is `pair`, and the whole's `whole`."""

    def __init__(self, database: Database, folder: Path) -> None:
        catalog = make_catalog(folder)
        whole = folder / "templates" / "whole"
        whole.mkdir()
        (whole / "whole.dag").write_text("JOB A a_{{ dataset }}.job\n")
        (whole / "a.job").write_text("executable = /bin/true\narguments = {{ members }}\nqueue\n")
        (whole / "workflow.toml").write_text("[parameters.members]\ntype = 'names'\nrequired = true\n")
        self.whole = whole
        self.ops = Operations(database=database, catalog=catalog)

    def add(self, *members: str, name: str = "asn", **given: Any) -> None:
        """Make an association."""
        values: dict[str, Any] = {"workflow": "whole", "member_workflow": "pair", "requested_by": "mary"}
        self.ops.associations.add(name, members, **{**values, **given})

    def process(self, *datasets: str, state: EntryState = EntryState.DONE) -> None:
        """Let members be asked for, and end so."""
        for dataset in datasets:
            number = add_entry(self.ops.database, dataset, again=True)
            if state is not EntryState.WAITING:
                for one in (EntryState.CLAIMED, EntryState.ACTIVE, state):
                    self.ops.database.write(dpq.move, number, one, now=utc_now())

    def gather(self, after: timedelta = timedelta()) -> list[str]:
        """Look at every association, so much later; the members of each request of the whole so far."""
        gather(self.ops.database, self.ops.catalog, utc_now() + after)
        entries = sorted(self.ops.entries(workflow="whole"), key=lambda entry: entry.id)
        return [entry.parameters["members"] for entry in entries]

    def state(self, name: str = "asn") -> AssociationState:
        """Where it stands."""
        return self.ops.associations.show(name).association.state

    def members(self, name: str = "asn") -> dict[str, MemberState]:
        """Where its members stand."""
        return {one.dataset: one.state for one in self.ops.associations.show(name).members}


@pytest.fixture
def night(sqlite: Database, tmp_path: Path) -> Night:
    """An OWL with two workflows and nothing in it."""
    return Night(sqlite, tmp_path)


def test_it_is_asked_for_once_when_every_member_is_done(night: Night) -> None:
    night.add("b", "a", priority=6, campaign="spring")
    assert night.gather() == []
    night.process("a")
    assert night.gather() == []
    assert night.ops.associations.explain("asn") == [
        "1 of 2 are done; 1 missing (b)",
        "b: nobody has asked for it yet",
        "a: Done (DPQ entry 1)",
    ]
    night.process("b")
    assert night.gather() == ["b,a"]
    assert night.gather(10 * DAY) == ["b,a"]
    (entry,) = night.ops.entries(workflow="whole")
    assert (entry.dataset, entry.priority, entry.campaign, entry.created_by) == ("asn", 6, "spring", "mary")
    assert night.state() is AssociationState.ASKED
    assert night.ops.associations.show("asn").entry == entry


def test_members_may_be_done_before_it_is_made(night: Night) -> None:
    night.process("a", "b")
    night.add("a", "b")
    assert night.gather() == ["a,b"]


def test_a_failed_member_is_waited_for_until_it_is_mended(night: Night) -> None:
    night.add("a", "b")
    night.process("a")
    night.process("b", state=EntryState.FAILED)
    assert night.gather(30 * DAY) == []
    assert "1 failed (b)" in night.ops.associations.explain("asn")[0]
    night.process("b")
    assert night.gather() == ["a,b"]


def test_after_its_deadline_it_is_made_of_what_is_there_and_again_when_the_late_one_comes(night: Night) -> None:
    night.add("a", "b", "c", within=3 * DAY)
    night.process("a", "b")
    night.process("c", state=EntryState.FAILED)
    assert night.gather(2 * DAY) == []
    assert night.gather(4 * DAY) == ["a,b"]
    night.process("c")
    assert night.members()["c"] is MemberState.LATE
    assert night.gather(5 * DAY) == ["a,b", "a,b,c"]
    assert night.gather(6 * DAY) == ["a,b", "a,b,c"]


def test_a_late_member_may_be_left_out_for_good(night: Night) -> None:
    night.add("a", "b", within=3 * DAY, remake=Remake.NEVER)
    night.process("a")
    assert night.gather(4 * DAY) == ["a"]
    night.process("b")
    assert night.gather(5 * DAY) == ["a"]


def test_it_is_not_made_of_too_few(night: Night) -> None:
    night.add("a", "b", "c", within=3 * DAY, at_least=2)
    night.process("a")
    assert night.gather(4 * DAY) == []
    assert night.state() is AssociationState.OVERDUE
    assert "with 1 of at least 2 members" in night.ops.associations.show("asn").association.reason
    night.process("b")
    assert night.gather(4 * DAY) == ["a,b"]


def test_a_member_that_is_processed_again_is_waited_for_but_not_past_the_deadline(night: Night) -> None:
    night.add("a", "b", within=3 * DAY)
    night.process("a", "b")
    night.process("b", state=EntryState.ACTIVE)
    assert night.gather() == []
    assert night.members()["b"] is MemberState.PROCESSING
    assert night.gather(4 * DAY) == ["a,b"], "of what b was before"


@pytest.mark.parametrize(("remake", "times"), [(Remake.LATE, 1), (Remake.ALWAYS, 2), (Remake.NEVER, 1)])
def test_a_member_that_is_replaced(night: Night, remake: Remake, times: int) -> None:
    night.add("a", "b", remake=remake)
    night.process("a", "b")
    night.gather()
    night.process("a")
    assert night.members()["a"] is MemberState.REPLACED
    assert night.gather() == ["a,b"] * times
    assert night.gather() == ["a,b"] * times


def test_regrouping_lets_it_wait_for_the_new_members(night: Night) -> None:
    night.add("a", "b")
    night.process("a", "b")
    night.gather()
    with pytest.raises(DuplicateRequest, match="--replace gives it these"):
        night.add("a", "c")
    night.add("a", "c", replace=True)
    assert night.state() is AssociationState.WAITING
    assert night.gather() == ["a,b"]
    night.process("c")
    assert night.gather() == ["a,b", "a,c"]
    night.add("a", "c")
    assert night.gather() == ["a,b", "a,c"], "the same list again changes nothing"


def test_a_member_may_be_in_several(night: Night) -> None:
    night.add("a", "b", name="asn1")
    night.add("a", "c", name="asn2")
    night.process("a", "b", "c")
    assert night.gather() == ["a,b", "a,c"]


def test_one_that_is_cancelled_waits_no_more(night: Night) -> None:
    night.add("a")
    night.ops.associations.cancel("asn", requested_by="mary", reason="not wanted")
    night.process("a")
    assert night.gather() == []
    assert night.ops.associations.explain("asn")[0] == "cancelled by mary: not wanted"
    with pytest.raises(NotAllowed):
        night.ops.associations.cancel("asn", requested_by="mary", reason="again")
    night.add("a")
    assert night.gather() == ["a"]


def test_two_shovelers_ask_for_it_once(night: Night) -> None:
    from owl.db import associations

    night.add("a")
    night.process("a")
    (seen,) = night.ops.database.read(associations.watched)
    assert night.gather() == ["a"]
    entry = {"dataset": "asn", "workflow": "whole", "priority": 0, "campaign": "", "parameters": {}}
    entry |= {"created_at": utc_now(), "created_by": "x"}
    assert night.ops.database.write(associations.asked, seen, entry, {"a": 1}, watched=False) is None
    assert night.gather() == ["a"]


def test_a_workflow_that_is_broken_meanwhile_is_told_and_asked_for_when_it_is_mended(night: Night) -> None:
    night.add("a")
    night.process("a")
    toml = (night.whole / "workflow.toml").read_text()
    (night.whole / "workflow.toml").write_text("[parameters.other]\nrequired = true\n")
    assert night.gather() == []
    assert "has no parameter 'members'" in night.ops.associations.explain("asn")[1]
    (night.whole / "workflow.toml").write_text(toml)
    assert night.gather() == ["a"]
    assert night.ops.associations.show("asn").association.reason == ""


@pytest.mark.parametrize(
    ("members", "given", "error", "says"),
    [
        ([], {}, InvalidName, "has no member"),
        (["a", "a"], {}, InvalidName, "a is a member twice"),
        (["a b"], {}, InvalidName, "the member name 'a b' isn't valid"),
        (["a"], {"name": "../x"}, InvalidName, "the dataset name"),
        (["a"], {"workflow": "hole"}, UnknownWorkflow, "did you mean whole"),
        (["a"], {"member_workflow": "pear"}, UnknownWorkflow, "did you mean pair"),
        (["a"], {"at_least": 2}, InvalidName, "at least 2 members of 1"),
        (["a"], {"priority": 10**9}, InvalidName, "out of range"),
        (["a"], {"within": timedelta.max}, InvalidName, "beyond every calendar"),
        ([f"m{n}" for n in range(10_001)], {}, InvalidName, "10000 are allowed"),
    ],
)
def test_what_cannot_be(
    night: Night, members: list[str], given: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        night.add(*members, **given)
    with pytest.raises(NotFound):
        night.ops.associations.show(given.get("name", "asn"))
