"""What can be wrong with a delivery; every cause has an exit code of its own (see
docs/reference/workflows.md).
"""

from __future__ import annotations


class DeliveryError(Exception):
    """The delivery can't be put in place. The text says what, where and what to do."""

    exit_code = 1


class DeliveryMissing(DeliveryError):
    """The delivery or its manifest isn't there or can't be read."""

    exit_code = 3


class ManifestInvalid(DeliveryError):
    """The manifest isn't written as it must be."""

    exit_code = 4


class NameUnsafe(DeliveryError):
    """The manifest names a file that could lie outside of the delivery."""

    exit_code = 5


class FileMissing(DeliveryError):
    """The manifest lists a file that isn't a regular file of the delivery."""

    exit_code = 6


class FileDamaged(DeliveryError):
    """Size or checksum of a file isn't what the manifest says."""

    exit_code = 7


class FileConflict(DeliveryError):
    """Another file of that name is in place already."""

    exit_code = 8


class PlaceFailed(DeliveryError):
    """The reference directory can't be read or written."""

    exit_code = 9


class NotInPlace(DeliveryError):
    """A file that the manifest lists isn't in the reference directory, or isn't the same."""

    exit_code = 10
