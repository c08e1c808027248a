"""Two failures with different names, paths, times and numbers in the same message are one cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.causes import cause, line_of, mask
from tests.fixtures.causes import HELD_OUT, TUNED, grouped


@pytest.mark.parametrize("path", [*TUNED, HELD_OUT], ids=lambda path: path.stem)
def test_of_the_labelled_tails_of_real_tools_95_in_a_hundred_are_grouped_right(path: Path) -> None:
    found = grouped(path)
    assert found.tails >= 200
    assert found.share >= 0.95, found.wrong


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
