"""Which execution an ad of the schedd speaks of, and what it tells of those before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from owl.db import blackboard
from owl.db.engine import Database
from owl.model import Execution, State
from owl.owld import steps
from tests.fixtures.database import JOB, at, report

IDLE, RUNNING, REMOVED, COMPLETED, HELD = 1, 2, 3, 4, 5


def ad(status: int, starts: int, last: int = IDLE, **attributes: Any) -> dict[str, Any]:
    """A step's ad in queue or history, ten seconds after the start."""
    values = {"globaljobid": JOB, "jobstatus": status, "lastjobstatus": last, "numshadowstarts": starts}
    if status == RUNNING:
        values["jobcurrentstartexecutingdate"] = int(at(10).timestamp())
    return {**values, "enteredcurrentstatus": int(at(10).timestamp()), **attributes}


def told(of: dict[str, Any], known: Sequence[Execution] = (), source: str = "queue") -> list[tuple[int, State]]:
    """Start numbers and states that an ad tells."""
    return [(one.start_number, one.state) for one in steps.reports(of, source, known, at(60))]


@pytest.mark.parametrize(
    ("of", "execution"),
    [
        (ad(IDLE, 0), (1, State.IDLE)),
        (ad(RUNNING, 1), (1, State.RUNNING)),
        (ad(IDLE, 1, RUNNING), (2, State.IDLE)),
        (ad(RUNNING, 2), (2, State.RUNNING)),
        (ad(COMPLETED, 2, RUNNING, exitcode=0), (2, State.EXITED)),
        (ad(HELD, 0, IDLE), (1, State.HELD)),
        (ad(HELD, 1, RUNNING), (1, State.HELD)),
        (ad(HELD, 1, IDLE), (2, State.HELD)),
        (ad(REMOVED, 1, RUNNING), (1, State.REMOVED)),
        (ad(REMOVED, 1, IDLE), (2, State.REMOVED)),
        (ad(REMOVED, 1, RUNNING, removereason="removed because DAG was removed"), (1, State.ABORTED)),
    ],
)
def test_an_ad_speaks_of_the_start_that_its_counters_tell(of: dict[str, Any], execution: tuple[int, State]) -> None:
    assert told(of) == [execution]


def test_a_removal_while_held_is_of_the_execution_that_was_held() -> None:
    known = [report(State.EVICTED, 1), report(State.HELD, 2, start_number=2)]
    assert told(ad(REMOVED, 1, HELD), known) == [(2, State.REMOVED)]


def test_an_execution_before_the_one_that_runs_has_ended() -> None:
    known = [report(State.RUNNING, 1), report(State.EXITED, 2, start_number=2, exit_code=0)]
    assert told(ad(RUNNING, 3), known) == [(3, State.RUNNING), (1, State.EVICTED)]


def test_what_the_blackboard_says_already_is_not_written_again() -> None:
    assert told(ad(RUNNING, 1), [report(State.RUNNING, 1)]) == []
    assert told(ad(COMPLETED, 1, exitcode=3, exitbysignal=False), [report(State.EXITED, 1, exit_code=3)]) == []


def test_what_the_blackboard_does_not_know_of_an_end_is_written() -> None:
    known = [report(State.EXITED, 1)]
    assert told(ad(COMPLETED, 1, exitcode=3, exitbysignal=False), known, "history") == [(1, State.EXITED)]


def test_a_job_that_the_hooks_never_saw_ends_in_its_true_state(sqlite: Database) -> None:
    for of, source in (
        (ad(IDLE, 0), "queue"),
        (ad(RUNNING, 1), "queue"),
        (ad(IDLE, 1, RUNNING), "queue"),
        (ad(RUNNING, 2), "queue"),
        (ad(COMPLETED, 2, RUNNING, exitcode=0, exitbysignal=False), "history"),
    ):
        sqlite.write(steps.record, [(of, source)], at(60))
    rows = sqlite.read(blackboard.of_jobs, [JOB])[JOB]
    assert [(row.start_number, row.state, row.exit_code) for row in rows] == [
        (1, State.EVICTED, None),
        (2, State.EXITED, 0),
    ]


def test_what_the_schedd_no_longer_knows_is_lost_unless_it_has_ended(sqlite: Database) -> None:
    known = [report(State.EXITED, 1, exit_code=0), report(State.RUNNING, 2, start_number=2)]
    sqlite.write(blackboard.record, known)
    sqlite.write(steps.lose, [JOB], at(90))
    rows = sqlite.read(blackboard.of_jobs, [JOB])[JOB]
    assert [(row.state, row.exit_reason) for row in rows] == [
        (State.EXITED, None),
        (State.LOST, "the schedd knows nothing of it any more"),
    ]


def test_a_late_record_of_the_hook_corrects_what_was_thought_lost(sqlite: Database) -> None:
    sqlite.write(blackboard.record, [report(State.RUNNING, 2)])
    sqlite.write(steps.lose, [JOB], at(90))
    sqlite.write(blackboard.record, [report(State.EXITED, 20, "hook", exit_code=0, exit_reason="exit")])
    [row] = sqlite.read(blackboard.of_jobs, [JOB])[JOB]
    assert (row.state, row.exit_code, row.source) == (State.EXITED, 0, "hook")
