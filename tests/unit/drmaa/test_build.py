"""The C functions are made from the header."""

from __future__ import annotations

import re

from owl.drmaa import header_path
from owl.drmaa.build import prototypes
from owl.drmaa.errors import Errno
from owl.drmaa.jobs import JobState


def test_every_prototype_of_the_header_is_understood() -> None:
    header = header_path().read_text(encoding="utf-8")
    declared = set(re.findall(r"\b(drmaa_\w+)\(", header))
    assert {one.name for one in prototypes(header)} == declared
    assert len(declared) == 36


def test_parameter_names_are_taken_from_the_prototype() -> None:
    one = next(one for one in prototypes(header_path().read_text()) if one.name == "drmaa_set_vector_attribute")
    assert one.arguments == "jt, name, value, error_diagnosis, error_diag_len"


def test_codes_and_states_are_those_of_the_header() -> None:
    header = header_path().read_text(encoding="utf-8")
    for code in Errno:
        assert re.search(rf"DRMAA_ERRNO_{code.name} = {code.value},", header)
    for state in JobState:
        assert re.search(rf"DRMAA_PS_{state.name} = 0x{state.value:02x}\b", header, re.IGNORECASE)
