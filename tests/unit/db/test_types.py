"""Column types: what is kept small comes back as it was."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from owl.condor.classad import parse_ad
from owl.db.types import CompressedJson, Packed, PackedJson

ADS = Path(__file__).resolve().parents[2] / "data" / "ads"


def test_a_real_ad_takes_less_than_two_kilobytes_and_comes_back_whole() -> None:
    ad = parse_ad((ADS / "history.ad").read_text(encoding="utf-8"))
    kind, dialect = CompressedJson(), sqlite.dialect()
    kept = kind.process_bind_param(ad, dialect)
    assert kept is not None
    assert len(kept) < 2000
    assert kind.process_result_value(kept, dialect) == ad


def test_what_was_kept_without_the_dictionary_is_still_read() -> None:
    kept = zlib.compress(json.dumps({"A": 1}).encode())
    assert CompressedJson().process_result_value(kept, sqlite.dialect()) == {"A": 1}


def test_an_ad_that_is_not_looked_into_is_written_back_byte_by_byte() -> None:
    dialect = sqlite.dialect()
    kept = zlib.compress(json.dumps({"A": 1}).encode())  # as OWL would not write it today
    read = PackedJson().process_result_value(kept, dialect)
    assert isinstance(read, Packed)
    assert PackedJson().process_bind_param(read, dialect) == kept
    assert read == {"A": 1} == read
    assert read != {"A": 2}


@pytest.mark.parametrize("value", [2**70, "half a pair: \ud800", "\x00", {"deep": [1, None, 0.1]}, -(2**63)])
def test_a_stranger_s_values_come_back(value: object) -> None:
    kind, dialect = CompressedJson(), sqlite.dialect()
    assert kind.process_result_value(kind.process_bind_param({"A": value}, dialect), dialect) == {"A": value}


def test_the_dictionary_is_the_one_that_old_rows_were_written_with() -> None:
    """A row of the first version, byte for byte: it fails when somebody changes the dictionary."""
    kept = CompressedJson().process_bind_param({"ExitCode": 0}, sqlite.dialect())
    assert kept is not None
    assert kept[2:6].hex() == DICTIONARY_ID


DICTIONARY_ID = "8542323a"
