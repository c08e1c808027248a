"""What is left to be done when an event is in the database: its file goes where it shall be, then it has ended.

It is done from the event's row alone, so a poller that was killed in between does it when it comes back.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from owl.daemon import utc_now
from owl.db import arriving, file_events
from owl.db.engine import Database
from owl.intake import Event, EventState
from owl.poller import place
from owl.poller.interface import File, NotYet, Reject
from owl.poller.paths import from_text
from owl.poller.pending import Pending
from owl.poller.table import Afterwards, Recipe

_log = logging.getLogger(__name__)

# Where an event's file must be carried away, what the event is afterwards.
_AFTER = {
    EventState.INSERTED: EventState.SETTLED,
    EventState.SETTLED: EventState.SETTLED,
    EventState.REJECTED: EventState.QUARANTINED,
}


@dataclass
class Settler:
    """Puts files where they go. `trouble` holds what could not be put there, by path, with the reason."""

    recipe: Recipe
    root: str
    database: Database
    pending: Pending
    fault: Callable[[str], None]
    trouble: dict[str, str] = field(default_factory=dict)

    def leaves(self, event: Event) -> bool:
        """Whether an event's file is to go away from where it arrived."""
        if event.state is EventState.REJECTED:
            return bool(event.destination)
        return event.state in _AFTER and self.recipe.table.afterwards is not Afterwards.LEAVE

    def settle(self, events: Sequence[Event]) -> None:
        """Carry the files of some events away, those that go, and write that they have ended."""
        ended: dict[EventState, list[int]] = {}
        for event in events:
            if not self.leaves(event) and event.state is not EventState.INSERTED:
                continue
            try:
                self._carry(event)
            except OSError as error:
                self._trouble(event, f"it can't be put where it shall be: {error.strerror} ({error.filename})")
                continue
            self.fault("carried")
            self.trouble.pop(event.path, None)
            if event.state is not EventState.SETTLED:
                ended.setdefault(_AFTER[event.state], []).append(event.id)
        for state, ids in ended.items():
            self.database.write(arriving.settle, ids, state, now=utc_now())
        self.fault("settled")

    def says(self) -> str:
        """What could not be put where it shall be, for people."""
        if not self.trouble:
            return ""
        path, why = next(iter(self.trouble.items()))
        more = len(self.trouble) - 1
        return f"{path}: {why}" + (f" (and {more} more)" if more else "")

    def recover(self) -> None:
        """Go on with what a poller that died, or a directory that was full, has left."""
        name, after = self.recipe.table.name, 0
        wanted = [EventState.INSERTED]
        wanted += [EventState.REJECTED] if self.recipe.table.rejects == "quarantine" else []
        while events := self.database.read(file_events.unsettled, name, wanted, after=after):
            self.settle(events)
            after = events[-1].id

    def bring_back(self) -> Iterator[str]:
        """Events that operators want to be looked at again: their files' paths, back from the quarantine."""
        after = 0
        while events := self.database.read(
            file_events.unsettled, self.recipe.table.name, [EventState.SEEN], after=after
        ):
            after = events[-1].id
            for event in events:
                path = from_text(event.path)
                if path.startswith(f"{self.root}/") and self._is_back(event, path):
                    yield path.removeprefix(f"{self.root}/")

    def _is_back(self, event: Event, path: str) -> bool:
        try:
            if place.bring_back(from_text(event.destination), path):
                self.trouble.pop(event.path, None)
                return True
            reason = "it can't be tried again: its file is gone, or another has its name by now"
        except OSError as error:
            reason = f"it can't be brought back: {error.strerror} ({error.filename})"
        self._trouble(event, reason)
        return False

    def _carry(self, event: Event) -> None:
        source, target = from_text(event.path), from_text(event.destination)
        if event.state is EventState.REJECTED:
            place.write_reason(target, _reason(event))
        else:
            for other in self._others(source):
                into = (
                    f"{target.rpartition('/')[0]}/{os.path.relpath(other, Path(source).parent)}" if target else ""
                )
                place.carry(str(other), into, None, event.identity)
        if not self.leaves(event):
            return
        if not place.carry(source, target, int(event.mark.partition(":")[0]), event.identity):
            _log.warning("%s: a newer file of that name is there", event.path, extra={"action": "poller_replaced"})
        marker = self.pending.marker(source)
        if marker is not None:
            Path(marker).unlink(missing_ok=True)

    def _others(self, source: str) -> list[Path]:
        """What goes with a file; it goes first, so that the file still tells when this is done again."""
        if self.recipe.table.afterwards is Afterwards.LEAVE:
            return []
        try:
            return list(self.recipe.kind.others(File(path=Path(source), directory=Path(self.root))))
        except (NotYet, Reject):
            return []  # it is gone, and they went before it

    def _trouble(self, event: Event, reason: str) -> None:
        if self.trouble.get(event.path) == reason:
            return
        self.trouble[event.path] = reason
        _log.error("%s: %s", event.path, reason, extra={"action": "poller_trouble", "event_id": event.id})
        if event.reason != reason and event.state is not EventState.REJECTED:
            self.database.write(arriving.note, event.id, reason)


def _reason(event: Event) -> str:
    reason = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in event.reason)
    return (
        f"poller: {event.poller}\nevent: {event.id}\narrived as: {event.path}\nsize: {event.size}\n"
        f"seen at: {event.seen_at:%Y-%m-%dT%H:%M:%SZ}\nreason: {reason}\n"
        f"When what is wrong is mended: owl poller retry {event.id}\n"
    )
