"""The error codes of DRMAA 1.0 and the one exception that carries them."""

from __future__ import annotations

from enum import IntEnum


class Errno(IntEnum):
    """``DRMAA_ERRNO_*`` (GFD.133, section "Error codes")."""

    SUCCESS = 0
    INTERNAL_ERROR = 1
    DRM_COMMUNICATION_FAILURE = 2
    AUTH_FAILURE = 3
    INVALID_ARGUMENT = 4
    NO_ACTIVE_SESSION = 5
    NO_MEMORY = 6
    INVALID_CONTACT_STRING = 7
    DEFAULT_CONTACT_STRING_ERROR = 8
    NO_DEFAULT_CONTACT_STRING_SELECTED = 9
    DRMS_INIT_FAILED = 10
    ALREADY_ACTIVE_SESSION = 11
    DRMS_EXIT_ERROR = 12
    INVALID_ATTRIBUTE_FORMAT = 13
    INVALID_ATTRIBUTE_VALUE = 14
    CONFLICTING_ATTRIBUTE_VALUES = 15
    TRY_LATER = 16
    DENIED_BY_DRM = 17
    INVALID_JOB = 18
    RESUME_INCONSISTENT_STATE = 19
    SUSPEND_INCONSISTENT_STATE = 20
    HOLD_INCONSISTENT_STATE = 21
    RELEASE_INCONSISTENT_STATE = 22
    EXIT_TIMEOUT = 23
    NO_RUSAGE = 24
    NO_MORE_ELEMENTS = 25


MESSAGES: dict[Errno, str] = {
    Errno.SUCCESS: "the call succeeded",
    Errno.INTERNAL_ERROR: "unexpected error inside the DRMAA library",
    Errno.DRM_COMMUNICATION_FAILURE: "HTCondor could not be contacted",
    Errno.AUTH_FAILURE: "HTCondor did not allow this user to do that",
    Errno.INVALID_ARGUMENT: "an argument has an invalid value",
    Errno.NO_ACTIVE_SESSION: "there is no active DRMAA session",
    Errno.NO_MEMORY: "not enough memory",
    Errno.INVALID_CONTACT_STRING: "no HTCondor access point has this contact string",
    Errno.DEFAULT_CONTACT_STRING_ERROR: "the default contact string could not be used",
    Errno.NO_DEFAULT_CONTACT_STRING_SELECTED: "no contact string was given and there is no default",
    Errno.DRMS_INIT_FAILED: "the session with HTCondor could not be opened",
    Errno.ALREADY_ACTIVE_SESSION: "a DRMAA session is already active in this process",
    Errno.DRMS_EXIT_ERROR: "the session with HTCondor could not be closed",
    Errno.INVALID_ATTRIBUTE_FORMAT: "the format of a job template attribute is invalid",
    Errno.INVALID_ATTRIBUTE_VALUE: "the value of a job template attribute is invalid",
    Errno.CONFLICTING_ATTRIBUTE_VALUES: "two job template attributes contradict each other",
    Errno.TRY_LATER: "HTCondor can't take the job now; try again later",
    Errno.DENIED_BY_DRM: "HTCondor refused the job",
    Errno.INVALID_JOB: "there is no such job, or its exit information was already taken",
    Errno.RESUME_INCONSISTENT_STATE: "the job is not suspended",
    Errno.SUSPEND_INCONSISTENT_STATE: "the job is not running and can't be suspended",
    Errno.HOLD_INCONSISTENT_STATE: "the job can't be put on hold",
    Errno.RELEASE_INCONSISTENT_STATE: "the job is not on hold",
    Errno.EXIT_TIMEOUT: "the time was up before the job ended",
    Errno.NO_RUSAGE: "the job ended, but HTCondor kept no record of how",
    Errno.NO_MORE_ELEMENTS: "there are no more elements",
}


class DrmaaError(Exception):
    """A DRMAA error code with a sentence for the diagnosis buffer."""

    def __init__(self, code: Errno, text: str = "") -> None:
        super().__init__(text or MESSAGES[code])
        self.code = code
