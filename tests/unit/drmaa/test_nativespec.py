"""The native specification: what is one submit command, and what is none."""

from __future__ import annotations

import pytest

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.nativespec import canonical, parse_native


def pairs(text: str) -> list[tuple[str, str]]:
    return [(one.key, one.value) for one in parse_native(text)]


def test_semicolons_outside_quotes_separate_commands() -> None:
    assert pairs('priority = 5; +A = "x;y" ;request_cpus=2') == [
        ("priority", "5"),
        ("+A", '"x;y"'),
        ("request_cpus", "2"),
    ]


def test_a_line_break_anywhere_makes_semicolons_part_of_the_values() -> None:
    assert pairs("environment = A=1;B=2\npriority = 5\n") == [("environment", "A=1;B=2"), ("priority", "5")]


def test_values_keep_quotes_equal_signs_and_expressions() -> None:
    expression = "(ExitSignal =?= 11 || (ExitCode =!= UNDEFINED && ExitCode >=0 && ExitCode <= 2))"
    text = f'on_exit_remove = {expression}\nMy.Other = "DAGManJobId =?= $(cluster)"'
    assert pairs(text) == [("on_exit_remove", expression), ("My.Other", '"DAGManJobId =?= $(cluster)"')]


def test_empty_lines_and_comments_are_nothing() -> None:
    assert pairs("\n# a comment\n  \npriority = 1\n") == [("priority", "1")]


@pytest.mark.parametrize("text", ["queue 5", "include : /bin/sh -c evil |", "if true", "-l vmem=2G", "=3"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(DrmaaError) as caught:
        parse_native(text)
    assert caught.value.code is Errno.INVALID_ATTRIBUTE_FORMAT


def test_a_backslash_that_would_join_lines_is_refused() -> None:
    with pytest.raises(DrmaaError) as caught:
        parse_native("output = /tmp/x\\\npriority = 5")
    assert caught.value.code is Errno.INVALID_ATTRIBUTE_VALUE


@pytest.mark.parametrize(
    ("one", "other"),
    [("+Foo", "My.foo"), ("ENV", "environment"), ("stdout", "Output"), ("iwd", "initialdir")],
)
def test_other_names_of_the_same_command_are_recognised(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
