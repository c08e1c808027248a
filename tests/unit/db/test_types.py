"""Column types: what is kept small comes back as it was."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

from sqlalchemy.dialects import sqlite

from owl.condor.classad import parse_ad
from owl.db.types import CompressedJson

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


def test_the_dictionary_is_the_one_that_old_rows_were_written_with() -> None:
    """A row of the first version, byte for byte: it fails when somebody changes the dictionary."""
    kept = CompressedJson().process_bind_param({"ExitCode": 0}, sqlite.dialect())
    assert kept is not None
    assert kept[2:6].hex() == DICTIONARY_ID


DICTIONARY_ID = "8542323a"
