"""Two failures with different names, paths, times and numbers in the same message are one cause."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from owl.causes import cause, line_of, mask

TAILS = Path(__file__).resolve().parents[2] / "data" / "causes" / "tails.jsonl"


def test_of_the_labelled_tails_of_real_tools_95_in_a_hundred_are_grouped_right() -> None:
    rows = [json.loads(line) for line in TAILS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 200
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_label[row["label"]][cause(row["tail"], names=[row["dataset"]])] += 1
    # A group belongs to the label that most of its tails have; a tail is right in the largest group of its label.
    owner: dict[str, tuple[int, str]] = {}
    for label, counted in by_label.items():
        key, number = counted.most_common(1)[0]
        owner[key] = max(owner.get(key, (0, "")), (number, label))
    right = sum(number for number, _ in owner.values())
    assert right / len(rows) >= 0.95, sorted(set(by_label) - {label for _, label in owner.values()})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "cp: cannot stat '/a/b1.fits': No such file or directory",
            "cp: cannot stat '/c/d': No such file or directory",
        ),
        ("2026-01-02T03:04:05Z fatal: disk 3 full", "2027-11-12 13:14:15.123 fatal: disk 44 full"),
        ("connect to 10.1.2.3:5432 failed", "connect to 127.0.0.1:15432 failed"),
        ("jw01234_nrs1: exposure 12 s too short", "ibq7q: exposure 1,200.5 s too short"),
        ("object at 0x7f00deadbeef lost", "object at 0x1 lost"),
    ],
)
def test_what_differs_between_two_of_one_cause_is_marked(one: str, other: str) -> None:
    assert mask(one) == mask(other)


def test_different_messages_stay_apart_and_nothing_stays_nothing() -> None:
    assert cause("ValueError: bad flat") != cause("ValueError: bad dark")
    assert cause("") == cause("\n \n") == ""
    assert len(cause("x" * 10_000)) <= 200


def test_the_line_that_names_the_cause_is_taken_not_what_is_said_around_it() -> None:
    chained = (
        'Traceback (most recent call last):\n  File "a.py", line 1\nOSError: gone\n\n'
        "During handling of the above\n\nTraceback (most recent call last):\n"
        '  File "a.py", line 3\nRuntimeError: no flat\n'
    )
    assert line_of(chained) == "RuntimeError: no flat"
    assert line_of("a.c:1: error: x undeclared\ncompilation terminated.\n") == "a.c:1: error: x undeclared"
    assert line_of("reading\nfatal: no header\nwrote 3 lines\n") == "fatal: no header"
