"""What can make a step fail; every cause has an exit code of its own (see docs/reference/workflows.md)."""

from __future__ import annotations


class StepError(Exception):
    """The step can't do its work. The text says what, where and what to do."""

    exit_code = 1


class InputMissing(StepError):
    """A file that the step needs isn't there or can't be read."""

    exit_code = 3


class InputDamaged(StepError):
    """A file isn't what it should be: its checksum, its header or its shape."""

    exit_code = 4


class NoReference(StepError):
    """No calibration reference file fits the exposure."""

    exit_code = 5


class MemberMissing(StepError):
    """A member of an association isn't in the archive."""

    exit_code = 6


class ArchiveFailed(StepError):
    """The archive or its database can't be read or written."""

    exit_code = 7


class OutputFailed(StepError):
    """A product can't be written."""

    exit_code = 8


class NothingFound(StepError):
    """The image holds nothing that could be measured."""

    exit_code = 9
