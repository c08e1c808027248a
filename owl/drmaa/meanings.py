"""What HTCondor's error texts mean in DRMAA's codes: one table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from owl.drmaa.errors import DrmaaError, Errno


@dataclass(frozen=True, kw_only=True)
class _Meaning:
    """What words of HTCondor's mean: a pattern, the DRMAA code, and what it leaves unsaid."""

    words: re.Pattern[str]
    code: Errno
    hint: str = ""


_MEANINGS = (
    _Meaning(
        words=re.compile(r"AUTHENTICATE:\d+:|not authorized|authorization fail|PERMISSION DENIED"),
        code=Errno.AUTH_FAILURE,
    ),
    _Meaning(words=re.compile(r"^(Failed|Unable) to (connect|locate)"), code=Errno.DRM_COMMUNICATION_FAILURE),
    _Meaning(
        words=re.compile(r"expected next ProcId .* Schedd says -1$"),
        code=Errno.DRM_COMMUNICATION_FAILURE,
        hint="the connection broke, nothing was queued",
    ),
    _Meaning(
        words=re.compile(r"expected next ProcId .* Schedd says -2$"),
        code=Errno.TRY_LATER,
        hint="the schedd's queue is full (MAX_JOBS_SUBMITTED)",
    ),
    _Meaning(
        words=re.compile(r"expected next ProcId .* Schedd says -3$"),
        code=Errno.TRY_LATER,
        hint="this user has as many jobs as the schedd allows (MAX_JOBS_PER_OWNER)",
    ),
    _Meaning(
        words=re.compile(r"expected next ProcId .* Schedd says -4$"),
        code=Errno.DENIED_BY_DRM,
        hint="more jobs at once than the schedd allows (MAX_JOBS_PER_SUBMISSION)",
    ),
    _Meaning(words=re.compile(r"MAX_JOBS_(SUBMITTED|PER_OWNER) exceeded"), code=Errno.TRY_LATER),
    _Meaning(
        words=re.compile(r"^Failed to create new cluster\.?$"),
        code=Errno.DRM_COMMUNICATION_FAILURE,
        hint="nothing was queued",
    ),
    _Meaning(words=re.compile(r"^Failed to create new cluster"), code=Errno.TRY_LATER),
)
"""The numbers are those of HTCondor's src/condor_includes/condor_qmgr.h, NEWJOB_ERR_*."""


def classify(error: Exception, otherwise: Errno) -> DrmaaError:
    """HTCondor's own words with the DRMAA code that fits them."""
    text = " ".join(str(error).split()) or type(error).__name__
    for meaning in _MEANINGS:
        if meaning.words.search(text):
            hint = f"{meaning.hint}: " if meaning.hint else ""
            return DrmaaError(meaning.code, f"{hint}HTCondor says: {text}")
    return DrmaaError(otherwise, f"HTCondor says: {text}")
