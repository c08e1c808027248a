"""Ads as they come from hooks: read line by line, compared with HTCondor's own reading."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import classad2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from owl.condor.classad import (
    boolean_of,
    integer_of,
    lower_names,
    number_of,
    parse_ad,
    parse_value,
    text_of,
    time_of,
)

ADS = Path(__file__).resolve().parents[2] / "data" / "ads"


def ad_text(name: str) -> str:
    """The ad of a recorded file; a hook's record has one line and an empty one before it."""
    text = (ADS / name).read_text(encoding="utf-8")
    return text.partition("\n\n")[2] if name.endswith(".rec") else text


@pytest.mark.parametrize("name", ["hook_exit.rec", "history.ad"])
def test_a_real_ad_is_read_as_htcondor_reads_it(name: str) -> None:
    text = ad_text(name)
    ours, theirs = parse_ad(text), classad2.parseOne(text, classad2.ParserType.Old)
    assert set(ours) == set(theirs.keys())
    assert {key: value for key, value in ours.items() if not _is_expression(value)} == {
        key: _plain(value) for key, value in theirs.items() if not _is_expression(ours[key])
    }
    expressions = {key for key, value in ours.items() if _is_expression(value)}
    assert expressions <= {key for key, value in theirs.items() if not isinstance(value, str | int | float)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"plain"', "plain"),
        (r'""', ""),
        (r'"say \"no\""', 'say "no"'),
        (r'"back\\slash and \n"', r"back\\slash and \n"),
        (r'"C:\dir\"', "C:\\dir\\"),
        ("5", 5),
        ("-5", -5),
        ("1795357694", 1795357694),
        ("0.014516", 0.014516),
        ("1.5E3", 1500.0),
        ("true", True),
        ("FALSE", False),
        ("undefined", None),
        ("UNDEFINED", None),
    ],
)
def test_a_literal_becomes_its_value_as_with_htcondor(text: str, value: Any) -> None:
    assert parse_value(text) == value
    theirs = classad2.parseOne(f"A = {text}", classad2.ParserType.Old)["A"]
    assert _plain(theirs) == value


@pytest.mark.parametrize(
    "text",
    ["a + 1", "(x == 3)", '"one" "two"', "[ a = 1 ]", "{ 1, 2 }", "1K", "1_000", "error", "1e999", "-nan", ""],
)
def test_what_is_no_literal_stays_an_expression(text: str) -> None:
    assert parse_value(text) == f"/Expr({text})/"


def test_an_unclosed_string_is_an_expression_and_not_a_neighbours_text() -> None:
    ad = parse_ad('A = "never closed\nB = "closed"\n')
    assert ad == {"A": '/Expr("never closed)/', "B": "closed"}


def test_lines_that_are_no_attribute_are_passed_over() -> None:
    assert parse_ad("\nnothing\n= 5\n7 = 8\n  \nA = 1\n# B = 2\n!@ = 4\n") == {"A": 1}


def test_white_space_and_missing_spaces_are_taken_as_htcondor_takes_them() -> None:
    assert parse_ad('A=5\n\tB  =  "x"  \r\nC = 7') == {"A": 5, "B": "x", "C": 7}


def test_of_an_attribute_that_stands_twice_the_last_counts_whatever_its_case() -> None:
    assert lower_names(parse_ad("A = 1\na = 2\nA = 3")) == {"a": 2}
    assert parse_ad("A = 1\nA = 3") == {"A": 3}


@pytest.mark.parametrize("name", ["a b", "a;b", "<script>", "../x", "a\x00b", "ünï=x"])
def test_a_hostile_name_costs_its_own_line_only(name: str) -> None:
    assert parse_ad(f"{name} = 1\nGood = 2")["Good"] == 2


def test_a_megabyte_of_text_is_read_in_no_time() -> None:
    began = time.process_time()
    long = "\\" * 500_000 + "x" * 500_000
    assert parse_ad(f'A = "{long}"\nB = 1') == {"A": long, "B": 1}
    assert parse_ad(f'A = "{long}\nB = 1')["B"] == 1
    assert time.process_time() - began < 2.0


@given(st.text())
def test_no_text_whatever_raises(text: str) -> None:
    parse_ad(text)
    parse_ad(f"A = {text}")


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"])))
def test_a_string_that_htcondor_writes_is_read_back(text: str) -> None:
    ad = classad2.ClassAd()
    ad["A"] = text.replace("\\", "/")
    assert parse_ad(ad.printOld())["A"] == text.replace("\\", "/")


def test_look_ups_have_types_and_no_case() -> None:
    ad = lower_names(parse_ad('I = 3\nF = 2.5\nS = "x"\nT = true\nU = undefined\nE = a + b\nEmpty = ""'))
    assert (integer_of(ad, "I"), integer_of(ad, "F"), integer_of(ad, "T"), integer_of(ad, "S")) == (
        3,
        2,
        None,
        None,
    )
    assert (number_of(ad, "F"), number_of(ad, "T"), number_of(ad, "S")) == (2.5, None, None)
    assert [text_of(ad, name) for name in ("s", "E", "U", "EMPTY")] == ["x", None, None, None]
    assert (boolean_of(ad, "T"), boolean_of(ad, "I")) == (True, None)


@pytest.mark.parametrize("text", ["0", "-1", "1e300", "9" * 400, "undefined", '"soon"'])
def test_a_time_that_no_clock_showed_is_none(text: str) -> None:
    assert time_of(lower_names(parse_ad(f"T = {text}")), "T") is None


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 30, "1e300"])
def test_a_number_that_no_column_holds_is_none(text: str) -> None:
    ad = lower_names(parse_ad(f"N = {text}"))
    assert (integer_of(ad, "N"), number_of(ad, "N")) == (None, None)


def _is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/Expr(")


def _plain(value: Any) -> Any:
    return None if value is classad2.Value.Undefined else value
