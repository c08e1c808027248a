"""What a function raises, as C sees it."""

from __future__ import annotations

import pytest

from owl.drmaa.binding import outcome
from owl.drmaa.errors import DrmaaError, Errno


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (DrmaaError(Errno.INVALID_JOB, "no such job"), Errno.INVALID_JOB, "no such job"),
        (MemoryError(), Errno.NO_MEMORY, "not enough memory"),
        (ValueError("a defect"), Errno.INTERNAL_ERROR, "unexpected error: ValueError: a defect"),
    ],
)
def test_whatever_is_raised_becomes_a_code(error: Exception, code: Errno, words: str) -> None:
    def function() -> None:
        raise error

    assert outcome(function, ()) == (code, words)
