"""HTCondor's error texts, as 23.9 and 25.14 were seen to write them."""

from __future__ import annotations

import pytest

from owl.drmaa.errors import Errno
from owl.drmaa.meanings import classify


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Failed to connect to schedd.", Errno.DRM_COMMUNICATION_FAILURE),
        ("Unable to locate local daemon.", Errno.DRM_COMMUNICATION_FAILURE),
        (
            "Failed to connect to schedd, errmsg=AUTHENTICATE:1003:Failed to authenticate with any method",
            Errno.AUTH_FAILURE,
        ),
        ("expected next ProcId to be 2, but Schedd says -2", Errno.TRY_LATER),
        ("expected next ProcId to be 0, but Schedd says -3", Errno.TRY_LATER),
        ("expected next ProcId to be 2, but Schedd says -4", Errno.DENIED_BY_DRM),
        ("Unable to commit transaction, SCHEDD:2:no limit today, we failed to connect", Errno.DENIED_BY_DRM),
        ("Unable to commit transaction, SCHEDD:2:MAX_JOBS_SUBMITTED exceeded. Current=1, Limit=1", Errno.TRY_LATER),
        ("expected next ProcId to be 0, but Schedd says -1", Errno.DRM_COMMUNICATION_FAILURE),
        ("Failed to create new cluster.\n", Errno.DRM_COMMUNICATION_FAILURE),
        ("Failed to create new cluster.SCHEDD:22:MAX_JOBS_SUBMITTED exceeded. Current=3, Limit=2", Errno.TRY_LATER),
        ("Failed to create job ad, errmsg=Submit:-1:No such directory: /x\n", Errno.DENIED_BY_DRM),
    ],
)
def test_each_text_gets_its_code_and_is_quoted(text: str, code: Errno) -> None:
    error = classify(RuntimeError(text), Errno.DENIED_BY_DRM)
    assert error.code is code
    assert " ".join(text.split()) in str(error)
