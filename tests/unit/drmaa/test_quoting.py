"""HTCondor's quoting, checked against texts that HTCondor was seen to take (tests/integration/drmaa)."""

from __future__ import annotations

import pytest

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.quoting import classad_string, environment_contents, literal, new_syntax, submit_quoted


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        (["a", "b"], "a b"),
        (["a b", ""], "'a b' ''"),
        (["it's"], "'it''s'"),
        (['say "hi"'], "'say \"hi\"'"),
    ],
)
def test_arguments_in_the_new_syntax(arguments: list[str], raw: str) -> None:
    assert new_syntax(arguments) == raw


def test_double_quotes_are_doubled_inside_the_submit_command() -> None:
    assert submit_quoted('a"b') == '"a""b"'


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("$HOME and $", "$HOME and $"),
        ("$(X)", "$(DOLLAR)(X)"),
        ("$ENV(HOME)", "$(DOLLAR)ENV(HOME)"),
        ("$$(X)", "$$(DOLLARDOLLAR)(X)"),
        ("$$", "$$"),
    ],
)
def test_nothing_is_left_for_the_submit_language_to_expand(text: str, escaped: str) -> None:
    assert literal(text) == escaped


@pytest.mark.parametrize("text", ["$$$(X)", "$$ENV(X)", "a\nb", "a\rb"])
def test_what_no_line_can_hold_is_refused(text: str) -> None:
    with pytest.raises(DrmaaError) as caught:
        literal(text)
    assert caught.value.code is Errno.INVALID_ATTRIBUTE_VALUE


def test_a_classad_string_escapes_quotes_alone() -> None:
    assert classad_string('a\\b "c"') == '"a\\b \\"c\\""'


def test_lines_are_joined_by_an_expression() -> None:
    assert classad_string("a\nb") == 'strcat("a", formatTime(0, "%n"), "b")'


def test_a_backslash_before_a_line_break_does_not_take_the_quote_away() -> None:
    assert classad_string("a\\\nb") == 'strcat(substr("a\\.", 0, -1), formatTime(0, "%n"), "b")'


@pytest.mark.parametrize(
    ("value", "contents"),
    [("\"A=1 B='x y'\"", "A=1 B='x y'"), ('"A=a""b"', 'A=a"b'), ("A=1;B=x y;", "A=1 B='x y'"), ("", "")],
)
def test_environments_of_both_syntaxes_become_the_new_one(value: str, contents: str) -> None:
    assert environment_contents(value) == contents
