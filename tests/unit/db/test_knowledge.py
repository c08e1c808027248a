"""Reports on an execution may come late, twice, in any order, or never: the row is the same in the end."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from owl.db import blackboard
from owl.db.engine import Database
from owl.db.knowledge import merge
from owl.model import ENDED, LAST_WORD, Execution, State, may_follow
from tests.fixtures.database import JOB, at, hook_report, report, sqlite_copy

_PREPARE = hook_report(State.STARTING, 10.2, start_time=at(10.2), out="$$([CurrentTime]).out", dataset="ds1")
_UPDATE_1 = hook_report(State.RUNNING, 10.4, start_time=at(10.4), out="ALOG_1.out")
_UPDATE_2 = hook_report(State.RUNNING, 20.1, start_time=at(10))
_EXIT = hook_report(
    State.EXITED, 20.3, start_time=at(10), completion_time=at(20.3), duration=9.9, exit_code=0, exit_reason="exit"
)
_QUEUE_IDLE = report(State.IDLE, 1.999, dataset="ds1", process_name="LEVEL_1")
_QUEUE_RUNNING = report(State.RUNNING, 10.999, host="node7", start_time=at(10))
_HISTORY = report(
    State.EXITED, 21.999, "history", host="node7", start_time=at(10), completion_time=at(21), exit_code=0
)

LIVES: Mapping[str, tuple[Sequence[Execution], State]] = {
    "ran and exited": (
        [_QUEUE_IDLE, _PREPARE, _UPDATE_1, _QUEUE_RUNNING, _UPDATE_2, _EXIT, _HISTORY],
        State.EXITED,
    ),
    "no hook ran": ([_QUEUE_IDLE, _QUEUE_RUNNING, _HISTORY], State.EXITED),
    "only the hooks saw it": ([_PREPARE, _UPDATE_1, _UPDATE_2, _EXIT], State.EXITED),
    "held by its own program while it ran": (
        [
            _QUEUE_IDLE,
            _PREPARE,
            _UPDATE_1,
            hook_report(State.HELD, 15, completion_time=None, exit_reason="hold"),
            report(State.HELD, 15.999, hold_code=1, hold_reason="via condor_hold"),
        ],
        State.HELD,
    ),
    "held while idle, released, ran": (
        [
            _QUEUE_IDLE,
            report(State.HELD, 4.999, hold_code=1, hold_reason="via condor_hold"),
            report(State.IDLE, 7.999),
            _PREPARE,
            _UPDATE_1,
            _EXIT,
            _HISTORY,
        ],
        State.EXITED,
    ),
    "held after a successful exit, for its output": (
        [
            _PREPARE,
            _UPDATE_1,
            _EXIT,
            report(State.HELD, 21.999, hold_code=12, hold_reason="transfer failed"),
        ],
        State.HELD,
    ),
    "held, then removed": (
        [
            _PREPARE,
            _UPDATE_1,
            hook_report(State.HELD, 15, exit_reason="hold"),
            report(State.HELD, 15.999, hold_code=1),
            report(State.REMOVED, 30.999, "history", completion_time=at(30), exit_reason="via condor_rm"),
        ],
        State.REMOVED,
    ),
    "suspended and continued": (
        [_PREPARE, _UPDATE_1, report(State.SUSPENDED, 12.999), hook_report(State.RUNNING, 14), _EXIT],
        State.EXITED,
    ),
    "suspended": ([_PREPARE, _UPDATE_1, report(State.SUSPENDED, 12.999)], State.SUSPENDED),
    "removed with its DAG": (
        [
            _PREPARE,
            _UPDATE_1,
            hook_report(State.REMOVED, 15, completion_time=at(15), exit_reason="remove"),
            report(State.ABORTED, 15.999, "history", completion_time=at(15), exit_reason="DAG removed"),
        ],
        State.ABORTED,
    ),
    "exited while its removal was under way: the history has the last word": (
        [_PREPARE, _UPDATE_1, report(State.ABORTED, 21.5), report(State.EXITED, 20.999, "history", exit_code=0)],
        State.EXITED,
    ),
    "evicted": (
        [_PREPARE, _UPDATE_1, hook_report(State.EVICTED, 15, completion_time=at(15), exit_reason="evict")],
        State.EVICTED,
    ),
    "held through its claim, which its hook takes for an eviction": (
        [
            _PREPARE,
            _UPDATE_1,
            hook_report(State.EVICTED, 15, completion_time=at(15), exit_reason="evict"),
            report(State.HELD, 18, hold_code=1, hold_reason="via condor_hold"),
        ],
        State.HELD,
    ),
    "lost with its node": (
        [_PREPARE, _UPDATE_1, _QUEUE_RUNNING, report(State.LOST, 90, "history", completion_time=at(90))],
        State.LOST,
    ),
    "thought lost, but its exit was only late": (
        [_PREPARE, _UPDATE_1, _EXIT, report(State.LOST, 90, "history", completion_time=at(90))],
        State.EXITED,
    ),
    "the execute host's clock is an hour ahead": (
        [
            _QUEUE_IDLE,
            hook_report(State.STARTING, 3610.2, start_time=at(3610.2)),
            hook_report(State.RUNNING, 3610.4, start_time=at(3610)),
            _QUEUE_RUNNING,
            hook_report(State.EXITED, 3620.3, exit_code=0),
            _HISTORY,
        ],
        State.EXITED,
    ),
    "the execute host's clock is an hour behind": (
        [
            _QUEUE_IDLE,
            hook_report(State.STARTING, -3590, start_time=at(-3590)),
            hook_report(State.RUNNING, -3589.8, start_time=at(-3590)),
            _QUEUE_RUNNING,
        ],
        State.RUNNING,
    ),
}


def fold(reports: Iterable[Execution]) -> Execution:
    """The row after these reports, one after the other."""
    row: Execution | None = None
    for one in reports:
        row = merge(row, one)
    assert row is not None
    return row


def in_time(reports: Iterable[Execution]) -> list[Execution]:
    """Reports in the order in which they were made."""
    return sorted(reports, key=lambda one: one.observed_at)


SHUFFLED_LIVES = st.sampled_from(sorted(LIVES)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(st.sampled_from(range(len(LIVES[name][0]))), max_size=6).flatmap(
            lambda again: st.permutations([*range(len(LIVES[name][0])), *again])
        ),
    )
)
ANY_REPORTS = st.lists(
    st.builds(
        report,
        state=st.sampled_from(State),
        seconds=st.integers(0, 4),
        source=st.sampled_from(["hook", "queue", "history"]),
        host=st.sampled_from([None, "a", "b"]),
        exit_code=st.sampled_from([None, 0, 1]),
        start_time=st.sampled_from([None, at(1), at(2)]),
        completion_time=st.sampled_from([None, at(3), at(4)]),
        duration=st.sampled_from([None, 1.0]),
        classad=st.sampled_from([None, {"A": 1}, {"A": 2, "B": None}]),
    ),
    min_size=1,
    max_size=7,
)


@pytest.mark.parametrize("name", sorted(LIVES))
def test_a_life_told_in_order_ends_in_its_true_state(name: str) -> None:
    reports, ends = LIVES[name]
    assert fold(reports).state is ends


@given(SHUFFLED_LIVES)
def test_a_realistic_life_ends_in_the_same_row_in_any_order_and_with_any_repetition(
    shuffled: tuple[str, list[int]],
) -> None:
    name, order = shuffled
    reports, ends = LIVES[name]
    row = fold(reports[index] for index in order)
    assert row == fold(in_time(reports))
    assert row.state is ends


@given(SHUFFLED_LIVES)
def test_a_state_never_moves_backwards_but_by_the_last_word(shuffled: tuple[str, list[int]]) -> None:
    name, order = shuffled
    row: Execution | None = None
    for index in order:
        before, row = row, merge(row, LIVES[name][0][index])
        last_word = f"{row.state}@history" in (row.told_at or {}) and row.state in LAST_WORD
        moved = before is not None and row.state is not before.state
        assert not moved or last_word or may_follow(before.state, row.state, newer=True)  # type: ignore[union-attr]  # moved


@given(ANY_REPORTS, st.randoms(use_true_random=False))
def test_even_impossible_reports_end_in_the_same_row_in_any_order(
    reports: list[Execution], shuffler: random.Random
) -> None:
    order = [*reports, *shuffler.choices(reports, k=2)]
    shuffler.shuffle(order)
    assert fold(order) == fold(reports)


@given(ANY_REPORTS)
def test_what_has_ended_comes_back_at_most_as_held(reports: list[Execution]) -> None:
    row: Execution | None = None
    for one in reports:
        before, row = row, merge(row, one)
        if before is not None and before.state in ENDED:
            assert row.state in ENDED | {State.HELD}


@given(ANY_REPORTS)
def test_merging_a_row_with_what_it_knows_changes_nothing(reports: list[Execution]) -> None:
    row = fold(reports)
    assert all(merge(row, one) == row for one in reports)


@given(ANY_REPORTS)
def test_each_field_is_that_of_the_latest_report_that_tells_it(reports: list[Execution]) -> None:
    told = [one for one in reports if one.host is not None]
    latest = {one.host for one in told if one.observed_at == max(each.observed_at for each in told)}
    assert fold(reports).host in (latest or {None})


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SHUFFLED_LIVES, st.integers(1, 4))
def test_the_table_holds_the_same_row_in_any_order_and_in_any_batches(
    sqlite_template: Path, tmp_path: Path, shuffled: tuple[str, list[int]], batch: int
) -> None:
    name, order = shuffled
    reports, ends = LIVES[name]
    with sqlite_copy(sqlite_template, tmp_path / "owl.db") as database:
        for start in range(0, len(order), batch):
            some = [reports[index] for index in order[start : start + batch]]
            database.write(blackboard.record, some)
        row = stored(database)
    assert row == fold(in_time(reports))
    assert row.state is ends


def test_the_source_of_a_state_is_the_one_nearest_to_the_job() -> None:
    assert fold([_HISTORY, _EXIT]).source == "hook"
    assert fold([_EXIT, _HISTORY]).source == "hook"
    assert fold([_QUEUE_RUNNING, _HISTORY]).source == "history"


def test_a_duration_that_nobody_told_follows_from_the_times_as_they_become_known() -> None:
    early = report(State.EXITED, 5, start_time=at(0), completion_time=at(4))
    later = report(State.EXITED, 6, completion_time=at(5))
    told = report(State.EXITED, 1, "hook", duration=4.25)
    assert fold([early]).duration == 4.0
    assert fold([early, later]).duration == 5.0
    assert fold([early, later, told]).duration == 4.25


def test_an_evicted_execution_stays_beside_the_next_one(sqlite: Database) -> None:
    second = [
        hook_report(State.STARTING, 30, start_number=2, start_time=at(30)),
        hook_report(State.EXITED, 40, start_number=2, exit_code=0),
    ]
    first = LIVES["evicted"][0]
    sqlite.write(blackboard.record, [second[1], *first, second[0]])
    rows = sqlite.read(blackboard.of_jobs, [JOB])[JOB]
    assert [(row.start_number, row.state) for row in rows] == [(1, State.EVICTED), (2, State.EXITED)]


def stored(database: Database) -> Execution:
    """The only row of the blackboard, with everything in it."""
    with database.engine.connect() as connection:
        return Execution(**connection.execute(select(*blackboard.WHOLE)).one()._mapping)
