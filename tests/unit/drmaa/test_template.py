"""Attributes are checked when they are set."""

from __future__ import annotations

import pytest

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.template import JobTemplate

FORMAT, VALUE, ARGUMENT = (
    Errno.INVALID_ATTRIBUTE_FORMAT,
    Errno.INVALID_ATTRIBUTE_VALUE,
    Errno.INVALID_ARGUMENT,
)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("drmaa_output_path", "/no/colon", FORMAT),
        ("drmaa_output_path", ":/a\nqueue 100", VALUE),
        ("drmaa_wd", "/a\\", VALUE),
        ("drmaa_js_state", "drmaa_maybe", VALUE),
        ("drmaa_join_files", "yes", VALUE),
        ("drmaa_block_email", "2", VALUE),
        ("drmaa_transfer_files", "iox", FORMAT),
        ("drmaa_transfer_files", "ii", FORMAT),
        ("drmaa_wct_hlimit", "1h", FORMAT),
        ("drmaa_wct_hlimit", "1:75:00", VALUE),
        ("drmaa_start_time", "tomorrow", FORMAT),
        ("drmaa_start_time", "2026/02/30 10:00", VALUE),
        ("drmaa_native_specification", "queue 4", FORMAT),
        ("drmaa_no_such_thing", "x", ARGUMENT),
        ("drmaa_v_argv", "x", ARGUMENT),
    ],
)
def test_bad_scalars(name: str, value: str, code: Errno) -> None:
    with pytest.raises(DrmaaError) as caught:
        JobTemplate().set_scalar(name, value)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("drmaa_v_env", "NOEQUALS", FORMAT),
        ("drmaa_v_env", "=x", FORMAT),
        ("drmaa_v_email", "a b", FORMAT),
        ("drmaa_wd", "/x", ARGUMENT),
    ],
)
def test_bad_vectors(name: str, value: str, code: Errno) -> None:
    with pytest.raises(DrmaaError) as caught:
        JobTemplate().set_vector(name, [value])
    assert caught.value.code is code


def test_a_value_that_was_refused_leaves_the_old_one() -> None:
    template = JobTemplate()
    template.set_scalar("drmaa_join_files", "y")
    with pytest.raises(DrmaaError):
        template.set_scalar("drmaa_join_files", "perhaps")
    assert template.scalar("drmaa_join_files") == "y"


def test_what_was_not_set_is_empty() -> None:
    assert JobTemplate().scalar("drmaa_wd") == ""
    assert JobTemplate().vector("drmaa_v_argv") == ()


def test_an_attribute_can_be_set_again() -> None:
    template = JobTemplate()
    template.set_vector("drmaa_v_argv", ["a", ""])
    template.set_vector("drmaa_v_argv", ["b"])
    assert template.vector("drmaa_v_argv") == ("b",)
