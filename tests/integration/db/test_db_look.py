"""Pages of executions, runs and entries: the same rows in the same order on every database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from owl.db import blackboard
from owl.db.engine import Database
from owl.errors import InvalidFilter, NotAllowed, NotFound
from owl.model import RunState, State
from owl.ops import Look, View, columns, sort_of
from tests.fixtures.database import add_entry, at, begin_run, follow, report

NAMES = ("jw93135012001_nrs1", "jw93135012001_nrs2", "jw9_313", "JW93_upper", "iacs01_[a]", "iacs01_%")


@pytest.fixture
def look(database: Database) -> Look:
    """Sixty executions of six datasets: five steps of each run, one of them in two starts."""
    for number, name in enumerate(NAMES):
        entry = add_entry(database, name, workflow="pair" if number % 2 else "imaging", priority=number)
        begin_run(database, entry, f"run-{number}")
        database.write(blackboard.record, [_row(number, name, step) for step in range(10)])
    follow(database, "run-0", RunState.RUNNING, RunState.FAILED)
    database.write(
        blackboard.record, [report(State.IDLE, 500, job="s#900.0#1", dataset="never_started", owner="eve")]
    )
    return Look(database=database)


def _row(number: int, name: str, step: int) -> Any:
    state = [State.EXITED, State.RUNNING, State.HELD, State.EXITED, State.EVICTED][step % 5]
    done = state in (State.EXITED, State.EVICTED)
    return report(
        state,
        100 * number + 10 * step,
        job=f"s#{number}.{step % 9}#1",
        start_number=1 + step // 9,
        dataset=name,
        run_id=f"run-{number}",
        owner="mary" if number % 2 else "marc",
        process_name=f"LEVEL_{step}",
        parent_name="" if step == 0 else f"LEVEL_{step - 1}",
        host=f"node{step % 3}.example",
        cluster=number,
        start_time=at(100 * number + 10 * step),
        completion_time=at(100 * number + 10 * step + 5) if done else None,
        duration=float(step) if done else None,
        exit_code=step // 3 if state is State.EXITED else None,
        exit_signal=9 if step == 3 else None,
    )


def names(look: Look, **given: Any) -> list[str]:
    """The datasets of a view's executions, each once, in the order in which they come."""
    return list(dict.fromkeys(str(row.dataset) for row in look.executions(View(limit=1000, **given)).rows))


def keys(look: Look, **given: Any) -> list[tuple[str, int]]:
    """The keys of a view's executions."""
    return [(row.global_job_id, row.start_number) for row in look.executions(View(**given)).rows]


def test_pages_follow_each_other_without_a_gap_and_what_never_started_comes_last(look: Look) -> None:
    pages = [keys(look, limit=7, offset=offset) for offset in range(0, 70, 7)]
    flat = [key for page in pages for key in page]
    assert len(flat) == 61 == len(set(flat))
    assert flat[-1] == ("s#900.0#1", 1)
    starts = [row.start_time for row in look.executions(View(limit=60)).rows]
    assert starts == sorted(starts, reverse=True)  # type: ignore[type-var]  # these have all started
    turned = keys(look, limit=1000, sort=(("start_time", False),))
    assert turned == flat[::-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jw93135012001", {"jw93135012001_nrs1", "jw93135012001_nrs2"}),
        ("jw9_", {"jw9_313"}),
        ("=jw9_313", {"jw9_313"}),
        ("*_nrs?", {"jw93135012001_nrs1", "jw93135012001_nrs2"}),
        ("iacs01_[a]", {"iacs01_[a]"}),
        ("iacs01_%", {"iacs01_%"}),
        ("!jw", {"JW93_upper", "iacs01_[a]", "iacs01_%", "never_started"}),
        ("!=never_started", set(NAMES)),
    ],
)
def test_a_text_filter_means_the_same_everywhere(look: Look, text: str, expected: set[str]) -> None:
    assert set(names(look, filters={"dataset": text})) == expected


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"state": "Held"}, 12),
        ({"state": "held, running"}, 24),
        ({"state": "!Exited,Evicted"}, 25),
        ({"state": "active"}, 25),
        ({"state": "failed"}, 12 + 18),
        ({"state": "!failed"}, 31),
        ({"exit_code": "0"}, 6),
        ({"exit_code": ">=1"}, 18),
        ({"exit_code": "-"}, 37),
        ({"duration": "3..5"}, 18),
        ({"owner": "mar"}, 60),
        ({"owner": "mary", "state": "Held"}, 6),
        ({"owner": "mary", "state": " Failed "}, 15),
        ({"process_name": "LEVEL_2", "state": "failed"}, 6),
        ({"workflow": "imaging"}, 30),
        ({"workflow": "=pair", "process_name": "LEVEL_2"}, 3),
        ({"start_time": ">=2026-03-01T12:08:00"}, 12),
        ({"start_time": "2026-03-01"}, 60),
        ({"start_time": "2026-03-02"}, 0),
        ({"start_time": "-"}, 1),
        ({"completion_time": "-1h"}, 0),
        ({"host": "node0"}, 24),
        ({"cluster": "3"}, 10),
        ({"run_id": "=run-3"}, 10),
        ({"parent_name": "-"}, 7),
        ({"exit_signal": "9"}, 6),
    ],
)
def test_filters_find_what_they_say(look: Look, filters: dict[str, str], count: int) -> None:
    page = look.executions(View(filters=filters, limit=1000))
    assert (len(page.rows), page.total, page.exact) == (count, count, True)
    small = look.executions(View(filters=filters, limit=1))
    assert (small.total, small.exact) == (count, True)


def test_what_has_failed_is_marked_for_as_long_as_it_has(database: Database) -> None:
    def marked() -> set[str]:
        views = [View(filters={"state": "failed"}), View(filters={"state": "failed", "cluster": "!0"})]
        [first, second] = [{job for job, _ in keys(Look(database=database), **vars(view))} for view in views]
        found = {row.global_job_id for row in database.read(blackboard.find, failed=True)}
        assert first == second == found
        return found

    ends: dict[str, dict[str, Any]] = {
        "code": {"exit_code": 3},
        "signal": {"exit_signal": 9},
        "well": {"exit_code": 0},
    }
    new = [report(State.EXITED, 10, job=f"s#{job}", start_time=at(1), **given) for job, given in ends.items()]
    lost = [report(state, 10, job=f"s#{state.value}") for state in (State.LOST, State.ABORTED, State.REMOVED)]
    held = report(State.HELD, 20, job="s#held", hold_code=1)
    database.write(blackboard.record, [*new, *lost, held])
    failed = {"s#code", "s#signal", "s#Lost", "s#Aborted"}
    assert marked() == failed | {"s#held"}
    database.write(blackboard.record, [report(State.IDLE, 30, job="s#held")])
    assert marked() == failed


def test_a_search_finds_the_middle_of_names_steps_and_job_ids_whatever_their_case(look: Look) -> None:
    assert names(look, search="35012001_NRS2") == ["jw93135012001_nrs2"]
    assert look.executions(View(search="evel_7")).total == 6
    assert look.executions(View(search="#4.7#")).total == 1
    assert look.executions(View(search="50%")).total == 0


def test_rows_are_sorted_by_several_columns_each_in_its_direction(look: Look) -> None:
    rows = look.executions(View(sort=sort_of("owner,-dataset,process_name"), limit=1000)).rows
    expected = sorted(rows, key=lambda row: row.process_name or "")
    expected.sort(key=lambda row: row.dataset or "", reverse=True)
    expected.sort(key=lambda row: row.owner or "")
    assert list(rows) == expected


@pytest.mark.parametrize("column", sorted(set(columns("executions")) - {"workflow", "campaign", "run_state"}))
def test_each_column_sorts_or_says_that_it_does_not(look: Look, column: str) -> None:
    for down in (True, False):
        try:
            page = look.executions(View(sort=((column, down),), limit=1000))
        except InvalidFilter as error:
            assert "can't be sorted" in str(error)
            continue
        assert len(page.rows) == 61


@pytest.mark.parametrize(
    "view",
    [
        View(filters={"nothing": "x"}),
        View(filters={"state": "Exploded"}),
        View(filters={"exit_code": "many"}),
        View(filters={"exit_code": "nan"}),
        View(filters={"start_time": "yesterday"}),
        View(filters={"dataset": ""}),
        View(filters={"dataset": "x" * 501}),
        View(filters={"dataset": "a\0b"}),
        View(sort=(("classad", True),)),
        View(sort=(("dataset", True),) * 6),
        View(limit=0),
        View(limit=1001),
        View(offset=-1),
    ],
)
def test_a_view_that_can_not_be_read_is_told_in_one_line(look: Look, view: View) -> None:
    with pytest.raises(InvalidFilter) as caught:
        look.executions(view)
    assert "\n" not in str(caught.value)


def test_datasets_have_their_steps_as_they_ended_last(look: Look) -> None:
    page = look.datasets(View(filters={"dataset": "jw93135012001_nrs1"}))
    [row] = page.rows
    assert (row.run.id, row.run.state, len(row.steps)) == ("run-0", RunState.FAILED, 10)
    assert [step.process_name for step in row.steps] == [f"LEVEL_{step}" for step in range(10)]
    assert look.datasets(View(filters={"state": "failed"})).total == 1
    assert [one.run.dataset for one in look.datasets(View(limit=2, sort=(("dataset", False),))).rows] == sorted(
        NAMES
    )[:2]


def test_entries_come_in_the_order_of_the_queue(look: Look) -> None:
    page = look.entries(View(filters={"state": "open"}))
    assert [entry.priority for entry in page.rows] == [5, 4, 3, 2, 1]
    assert look.entries(View()).total == 6
    assert [one.id for one in look.runs(View(filters={"workflow": "pair"}, sort=(("priority", True),))).rows] == [
        "run-5",
        "run-3",
        "run-1",
    ]


def test_all_that_matches_can_be_had_up_to_a_limit(look: Look) -> None:
    view = View(filters={"state": "Held"}, limit=2, offset=4)
    found = look.keys("executions", view)
    assert len(found) == 12 == len(set(found))
    assert sorted(look.run_ids(view)) == [f"run-{number}" for number in range(6)]
    assert len(look.keys("executions", View(filters={"state": "Exited,Held"}, limit=1))) == 36
    assert len(look.keys("runs", View())) == len(list(look.export("runs", View(limit=1)))) == 6
    assert look.keys("runs", View(filters={"workflow": "pair"})) == ["run-5", "run-3", "run-1"]
    with pytest.raises(NotAllowed, match="more than 5 executions match"):
        look.keys("executions", view, limit=5)


def test_one_execution_comes_with_its_ad_or_is_not_found(look: Look) -> None:
    assert look.execution("s#0.0#1", 1).process_name == "LEVEL_0"
    with pytest.raises(NotFound):
        look.execution("s#0.0#1", 7)


def test_counts_end_at_ten_thousand(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    from owl.db import paging

    monkeypatch.setattr(paging, "COUNTED", 50)
    page = look.executions(View(limit=10))
    assert (page.total, page.exact) == (50, False)


@pytest.mark.parametrize("few", [0, 20_000])
def test_both_ways_to_a_page_lead_to_the_same_rows(look: Look, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    from owl.db import paging

    monkeypatch.setattr(paging, "FEW", few)
    views: list[Callable[[], list[Any]]] = [
        lambda: names(look, filters={"dataset": "jw", "state": "Held"}),
        lambda: names(look, filters={"owner": "=mary"}),
        lambda: names(look, filters={"state": "Exited"}, sort=(("duration", True),)),
    ]
    assert [view() for view in views] == [
        ["jw9_313", "jw93135012001_nrs2", "jw93135012001_nrs1"],
        ["iacs01_%", "JW93_upper", "jw93135012001_nrs2"],
        names(look, filters={"process_name": "LEVEL_8"}),
    ]
