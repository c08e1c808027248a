"""What of a history has been taken in: each look reads the last minute again, and most of it is known.

An ad in a history doesn't change. It is taken in when it is first seen, and once more a little later, since a
hook's record may come to the blackboard after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Ad = Mapping[str, Any]
Key = tuple[Any, ...]
_KEY = ("globaljobid", "numshadowstarts", "epochwritedate", "enteredcurrentstatus")


@dataclass
class Settled:
    """The ads of the last look: when each was seen first, or None where it was taken in for the last time."""

    after: timedelta
    _seen: dict[Key, datetime | None] = field(default_factory=dict)
    _next: dict[Key, datetime | None] = field(default_factory=dict)

    def due(self, ads: Sequence[Ad], at: datetime) -> list[Ad]:
        """Those that are to be taken in now. Until `took` is called nothing of it counts."""
        found: list[Ad] = []
        self._next = {}
        for ad in ads:
            key = tuple(ad.get(name) for name in _KEY)
            first = self._seen.get(key, at)
            # A clock that was set back must not keep it for hours.
            last = first is not None and abs(at - first) >= self.after
            if last or key not in self._seen:
                found.append(ad)
            self._next[key] = None if last else first
        return found

    def took(self) -> None:
        """What was due is on the blackboard."""
        self._seen = self._next
