"""One answer for all who ask within a moment: fifty browsers cost the database what one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Answers by key, each kept for some seconds; of those who ask at the same time one works, the rest wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._kept: dict[str, tuple[float, Any]] = {}

    def get(self, key: str, seconds: float, make: Callable[[], T]) -> T:
        """The answer of `key`, made anew where it is older than `seconds`; what `make` raises isn't kept."""
        with self._lock:
            mine = self._locks.setdefault(key, threading.Lock())
        with mine:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept[0] > seconds:
                kept = (time.monotonic(), make())
                self._kept[key] = kept
            found: T = kept[1]
            return found

    def drop(self, key: str) -> None:
        """Let the next who asks get a new answer: somebody has changed what it is made of."""
        with self._lock:
            self._kept.pop(key, None)
