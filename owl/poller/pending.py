"""Files that are there and not complete yet: when to look at each again, and when a rule says it is all there.

Only the monotonic clock counts here: a clock that is set, or a writer's that is wrong, makes no file complete.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from owl.poller.identify import Signature, signature
from owl.poller.interface import NotYet
from owl.poller.table import Complete, PollerTable

RECHECK = 5.0  # seconds until a file whose contents aren't all there is read again, if nothing happens to it
_SHOWN = 20


@dataclass
class Waiting:
    """One file that isn't complete. All times are of the monotonic clock."""

    relative: str
    found: float
    due: float
    signature: Signature | None = None
    still_since: float = 0.0
    why: str = ""
    evidence: object = None
    evidence_since: float = 0.0
    bad: bool = False  # it is to be rejected for `why`
    settling: bool = True  # it only has to stay as it is


class Pending:
    """Which files wait, by path relative to the directory."""

    def __init__(self, root: str, table: PollerTable) -> None:
        self._root = root
        self._table = table
        self._waiting: dict[str, Waiting] = {}
        self._marker_of: dict[str, str] = {}
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, relative: str) -> bool:
        return relative in self._waiting

    def look_at(self, relative: str, now: float) -> None:
        """Look at a file at once: it is new, or something has happened to it."""
        waiting = self._waiting.setdefault(relative, Waiting(relative=relative, found=now, due=now))
        if self._table.complete is Complete.MARKER:
            self._marker_of[self._marker(relative)] = relative
        self._push(waiting, now)

    def touched(self, relative: str, now: float) -> None:
        """Something has happened to another file: a marker, or what a manifest lists."""
        if (marked := self._marker_of.get(relative)) is not None:
            self.look_at(marked, now)
        if self._table.kind == "manifest":
            for waiting in list(self._waiting.values()):
                folder = waiting.relative.rpartition("/")[0]
                if waiting.signature is not None and (not folder or relative.startswith(f"{folder}/")):
                    self._push(waiting, max(now, min(waiting.due, now + 0.2)))

    def ready(self, now: float, limit: int) -> list[Waiting]:
        """Files that are due and complete by their rule, or `bad`; they stay here until `done`."""
        found: list[Waiting] = []
        while self._heap and self._heap[0][0] <= now and len(found) < limit:
            due, relative = heapq.heappop(self._heap)
            waiting = self._waiting.get(relative)
            if waiting is None or waiting.due != due:
                continue  # done, or put off meanwhile
            if self._is_ready(waiting, now):
                found.append(waiting)
        return found

    def not_yet(self, waiting: Waiting, reason: NotYet, now: float) -> bool:
        """Put a file off whose contents aren't all there; False where it won't get better and is to be rejected."""
        waiting.why = str(reason)
        waiting.settling = reason.evidence is not None
        if reason.evidence is None:
            waiting.evidence = None
            self._push(waiting, now + RECHECK)
            return True
        if reason.evidence != waiting.evidence:
            waiting.evidence, waiting.evidence_since = reason.evidence, now
        if now - waiting.evidence_since >= self._table.quiet:
            return False
        self._push(waiting, waiting.evidence_since + self._table.quiet)
        return True

    def again(self, some: list[Waiting], now: float) -> None:
        """What was ready could not be dealt with: it still is."""
        for waiting in some:
            if waiting.relative in self._waiting:
                self._push(waiting, now)

    def done(self, relative: str) -> None:
        """A file is dealt with, or gone."""
        if self._waiting.pop(relative, None) is not None and self._table.complete is Complete.MARKER:
            self._marker_of.pop(self._marker(relative), None)

    def clear(self) -> None:
        """Forget all: the directory is gone."""
        self._waiting.clear()
        self._marker_of.clear()
        self._heap.clear()

    def settled_at(self) -> float | None:
        """When the next of those is due that only have to stay as they are; None where there are none."""
        return min((one.due for one in self._waiting.values() if one.settling), default=None)

    def first(self) -> Iterator[Waiting]:
        """Those that have waited longest."""
        longest = heapq.nsmallest(_SHOWN, self._waiting.values(), key=lambda one: one.found)
        return iter(longest)

    def marker(self, relative: str) -> str | None:
        """A file's marker, relative to the directory; None where there are none."""
        return self._marker(relative) if self._table.complete is Complete.MARKER else None

    def _is_ready(self, waiting: Waiting, now: float) -> bool:
        try:
            found = signature(f"{self._root}/{waiting.relative}")
        except OSError:
            self.done(waiting.relative)
            return False
        if found != waiting.signature:
            waiting.signature, waiting.still_since = found, now
        if now - waiting.found >= self._table.patience:
            waiting.bad = True
            waiting.why = f"not complete after {self._table.patience:g} s: {waiting.why or 'it keeps changing'}"
            return True
        return self._by_rule(waiting, now)

    def _by_rule(self, waiting: Waiting, now: float) -> bool:
        rule = self._table.complete
        if rule is Complete.QUIET and now - waiting.still_since < self._table.quiet:
            waiting.why = f"it has changed within {self._table.quiet:g} s"
            self._push(waiting, waiting.still_since + self._table.quiet)
            return False
        if rule is Complete.MARKER and (missing := self._unmarked(waiting)):
            waiting.why = f"its marker {self._marker(waiting.relative).rpartition('/')[2]} {missing}"
            waiting.settling = False
            self._push(waiting, waiting.found + self._table.patience)
            return False
        return True

    def _unmarked(self, waiting: Waiting) -> str:
        """What is wrong with a file's marker; "" where it is good.

        A marker that an earlier file of that name has left would make a half-written one complete. Change times are
        the file server's own, both of them.
        """
        try:
            marker = signature(f"{self._root}/{self._marker(waiting.relative)}")
        except OSError:
            return "isn't there"
        _, written, changed, _ = waiting.signature or marker
        return "" if marker[2] >= min(written, changed) else "is older than it"

    def _marker(self, relative: str) -> str:
        folder, slash, name = relative.rpartition("/")
        stem = name.rpartition(".")[0] or name
        return folder + slash + self._table.marker.replace("{name}", name).replace("{stem}", stem)

    def _push(self, waiting: Waiting, due: float) -> None:
        waiting.due = due
        heapq.heappush(self._heap, (due, waiting.relative))
