"""The C side's memory: reading its strings, filling its buffers, and handles for what it holds."""

from __future__ import annotations

import itertools
import threading
from typing import Any, Generic, TypeVar

from owl.drmaa.errors import DrmaaError, Errno

CData = Any
"""A cffi pointer or number; cffi has no types of its own that mypy could check."""

Held = TypeVar("Held")

_FIRST_HANDLE = 0x1000
_HANDLE_STEP = 16


class Memory:
    """Reads and writes through cffi. NULL is taken wherever it can have a meaning."""

    def __init__(self, ffi: Any) -> None:
        self._ffi = ffi

    def is_null(self, pointer: CData) -> bool:
        """Whether a pointer is NULL."""
        return bool(pointer == self._ffi.NULL)

    def text(self, pointer: CData, what: str) -> str:
        """A C string, taken as UTF-8; bytes that are none survive. Raises INVALID_ARGUMENT for NULL."""
        if self.is_null(pointer):
            raise DrmaaError(Errno.INVALID_ARGUMENT, f"{what} is NULL")
        raw: bytes = self._ffi.string(pointer)
        return raw.decode("utf-8", "surrogateescape")

    def texts(self, vector: CData, what: str) -> list[str]:
        """A vector of C strings that ends with NULL."""
        if self.is_null(vector):
            raise DrmaaError(Errno.INVALID_ARGUMENT, f"{what} is NULL")
        ends = (position for position in itertools.count() if self.is_null(vector[position]))
        return [self.text(vector[position], what) for position in range(next(ends))]

    def put_text(self, buffer: CData, length: int, text: str) -> None:
        """Fill a buffer: at most ``length`` bytes with the zero at the end; nothing into none."""
        if self.is_null(buffer) or length < 1:
            return
        raw = text.encode("utf-8", "surrogateescape").replace(b"\0", b"?")
        if len(raw) >= length:
            # Cut between characters: half of one would be no text at all.
            raw = raw[: length - 1].decode("utf-8", "ignore").encode()
        self._ffi.memmove(buffer, raw + b"\0", len(raw) + 1)

    def put_number(self, pointer: CData, number: int) -> None:
        """Store a number where the caller wants one."""
        if not self.is_null(pointer):
            pointer[0] = number

    def need(self, pointer: CData, what: str) -> None:
        """Raise INVALID_ARGUMENT for a NULL that can have no meaning."""
        if self.is_null(pointer):
            raise DrmaaError(Errno.INVALID_ARGUMENT, f"{what} is NULL")

    def put_handle(self, pointer: CData, handle: int) -> None:
        """Store a handle where the caller wants a pointer to something opaque."""
        pointer[0] = self._ffi.cast(self._ffi.typeof(pointer).item, handle)

    def number_of(self, handle: CData) -> int:
        """The handle's number; 0 for NULL."""
        return int(self._ffi.cast("intptr_t", handle))


class Handles(Generic[Held]):
    """Objects that the C side holds by a number that looks like a pointer.

    A number that was given back, or never given out, is noticed and harms nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = itertools.count(_FIRST_HANDLE)
        self._held: dict[int, Held] = {}

    def add(self, held: Held) -> int:
        """Keep an object; its handle."""
        with self._lock:
            handle = next(self._next) * _HANDLE_STEP
            self._held[handle] = held
            return handle

    def get(self, handle: int) -> Held | None:
        """The object, or None for a handle that is none."""
        with self._lock:
            return self._held.get(handle)

    def drop(self, handle: int) -> Held | None:
        """Give an object back; None where there was none."""
        with self._lock:
            return self._held.pop(handle, None)


class StringVector:
    """An opaque vector of strings that is read from its start to its end."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts = texts
        self._lock = threading.Lock()
        self._position = 0

    def __len__(self) -> int:
        return len(self._texts)

    def next(self) -> str | None:
        """The next string, None at the end."""
        with self._lock:
            if self._position >= len(self._texts):
                return None
            self._position += 1
            return self._texts[self._position - 1]
