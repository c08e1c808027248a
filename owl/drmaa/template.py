"""A job template: attribute names and values, checked when they are set."""

from __future__ import annotations

import threading

from owl.drmaa.attributes import SCALARS, VECTORS, Attribute
from owl.drmaa.errors import DrmaaError, Errno


def _known(table: dict[str, Attribute], name: str) -> Attribute:
    try:
        return table[name]
    except KeyError:
        raise DrmaaError(
            Errno.INVALID_ARGUMENT, f"{name!r} is no attribute of this kind that HTCondor can honour"
        ) from None


class JobTemplate:
    """The attributes of a job to be. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scalars: dict[str, str] = {}
        self._vectors: dict[str, tuple[str, ...]] = {}

    def set_scalar(self, name: str, value: str) -> None:
        """Set a scalar attribute; an empty value means not set.

        Raises:
            DrmaaError: INVALID_ARGUMENT for a name that is unknown, INVALID_ATTRIBUTE_FORMAT,
                INVALID_ATTRIBUTE_VALUE.
        """
        attribute = _known(SCALARS, name)
        if value:
            _check(attribute, value)
        with self._lock:
            self._scalars[name] = value

    def set_vector(self, name: str, values: list[str]) -> None:
        """Set a vector attribute. Raises as ``set_scalar``."""
        attribute = _known(VECTORS, name)
        for value in values:
            _check(attribute, value)
        with self._lock:
            self._vectors[name] = tuple(values)

    def scalar(self, name: str) -> str:
        """A scalar's value, empty where it was not set."""
        _known(SCALARS, name)
        with self._lock:
            return self._scalars.get(name, "")

    def vector(self, name: str) -> tuple[str, ...]:
        """A vector's values, empty where it was not set."""
        _known(VECTORS, name)
        with self._lock:
            return self._vectors.get(name, ())


def _check(attribute: Attribute, value: str) -> None:
    try:
        attribute.check(value)
    except DrmaaError as error:
        raise DrmaaError(error.code, f"{attribute.name}: {error}") from error
