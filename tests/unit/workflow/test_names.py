"""Names and values of strangers: nothing that HTCondor can't take ever gets into a template."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owl.errors import InvalidName
from owl.model import PRIORITY_LIMIT
from owl.workflow.values import Parameter, ValueType, check_name, check_priority, check_values, show

HOSTILE_NAMES = [
    "",
    "a\nb",
    "a\n",
    "\na",
    "a\rb",
    "a\x00b",
    'a"b',
    "a'b",
    "a$b",
    "$(x)",
    "a/b",
    "../a",
    "/etc/passwd",
    ".a",
    "..",
    ".",
    "-rf",
    "+a",
    "a b",
    "a\tb",
    "a\\b",
    "a;b",
    "a`b`",
    "a|b",
    "a{b}",
    "{{ 7 * 7 }}",
    "a%b",
    "a*",
    "a?",
    "dätensatz",
    "a\u2028b",
    "\u202ea",
    "\uff11",
    "a" * 201,
]
WORDS = (ValueType.STRING, ValueType.TEXT, ValueType.PATH)
UNQUOTABLE = "\n\r\0\"'$\\`\x1b"
SPACES = " \t\u2028\u00a0\x85"
GOOD_NAMES = ["a", "jw93135-o326_f200w", "_x", "1", "a.b", "a+b", "A" * 200]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_refused_in_one_line_that_shows_it_escaped(name: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_name("dataset", name)
    message = str(caught.value)
    assert message.isprintable()
    assert message.isascii()
    assert "dataset" in message
    assert len(message) < 300
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_good_name_passes(name: str) -> None:
    assert check_name("dataset", name) == name


@given(st.text())
def test_whatever_passes_is_a_safe_file_name_and_word(name: str) -> None:
    try:
        check_name("dataset", name)
    except InvalidName:
        return
    assert name.isascii()
    assert not set(name) & set("/\\\"'$` \n\t;|&<>(){}*?!#~")
    assert name[0] not in ".-+"


@pytest.mark.parametrize("priority", [PRIORITY_LIMIT + 1, -PRIORITY_LIMIT - 1, 2**31, -(2**63), 10**30])
def test_a_priority_out_of_range_is_refused(priority: int) -> None:
    with pytest.raises(InvalidName, match="out of range"):
        check_priority(priority)


@pytest.mark.parametrize("priority", [0, PRIORITY_LIMIT, -PRIORITY_LIMIT])
def test_a_priority_in_range_passes(priority: int) -> None:
    assert check_priority(priority) == priority


def checked(kind: ValueType, value: Any) -> Any:
    """What a template would get for a parameter of that kind."""
    return check_values({"p": Parameter(name="p", type=kind)}, {"p": value}, workflow="w")["p"]


@pytest.mark.parametrize(
    ("kind", "given", "passed"),
    [
        (ValueType.STRING, "a=b,c", "a=b,c"),
        (ValueType.STRING, 7, "7"),
        (ValueType.TEXT, "two words", "two words"),
        (ValueType.PATH, "/data/in/x.fits", "/data/in/x.fits"),
        (ValueType.NAME, "ds1", "ds1"),
        (ValueType.NAMES, "a,b", "a,b"),
        (ValueType.NAMES, ["a", "b"], "a,b"),
        (ValueType.INTEGER, "-12", -12),
        (ValueType.NUMBER, "1.5e3", 1500.0),
        (ValueType.BOOLEAN, "Yes", True),
        (ValueType.BOOLEAN, False, False),
    ],
)
def test_a_value_of_its_type_passes(kind: ValueType, given: Any, passed: Any) -> None:
    assert checked(kind, given) == passed


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        *(
            (kind, f"a{bad}b")
            for kind in (ValueType.STRING, ValueType.TEXT, ValueType.PATH)
            for bad in "\n\r\0\"'$\\`\x1b"
        ),
        *((kind, f"a{bad}b") for kind in (ValueType.STRING, ValueType.PATH) for bad in " \t\u2028\u00a0\x85"),
        (ValueType.TEXT, "x" * 4097),
        (ValueType.NAME, "a/b"),
        (ValueType.NAMES, "a,,b"),
        (ValueType.NAMES, "a,b c"),
        (ValueType.NAMES, ["a,b"]),
        (ValueType.INTEGER, "1.5"),
        (ValueType.INTEGER, "many"),
        (ValueType.INTEGER, "1" * 5000),
        (ValueType.NUMBER, "nan"),
        (ValueType.NUMBER, "inf"),
        (ValueType.NUMBER, "1e999"),
        (ValueType.BOOLEAN, "maybe"),
    ],
)
def test_a_value_that_cannot_be_passed_on_is_refused_in_one_printable_line(kind: ValueType, given: Any) -> None:
    with pytest.raises(InvalidName, match="parameter p") as caught:
        checked(kind, given)
    assert str(caught.value).replace("…", "").isprintable()
    assert len(str(caught.value)) < 300


def test_defaults_fill_in_and_what_is_required_must_be_given() -> None:
    declared = {
        "level": Parameter(name="level", type=ValueType.INTEGER, default=2),
        "note": Parameter(name="note"),
        "pathname": Parameter(name="pathname", type=ValueType.PATH, required=True),
    }
    assert check_values(declared, {"pathname": "/x"}, workflow="w") == {"level": 2, "note": "", "pathname": "/x"}
    with pytest.raises(InvalidName, match="workflow w needs the parameter pathname: --param pathname="):
        check_values(declared, {}, workflow="w")
    with pytest.raises(InvalidName, match="no parameter 'colour'; it has level, note, pathname"):
        check_values(declared, {"colour": "red"}, workflow="w")
    with pytest.raises(InvalidName, match="it has none"):
        check_values({}, {"colour\n": "red"}, workflow="w")


@given(st.text(max_size=500))
def test_what_is_shown_of_a_stranger_is_short_ascii(text: str) -> None:
    shown = show(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 80
