"""A batch of complete files: told apart, translated, written down in one transaction, put where they go."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import arriving, dpq, file_events
from owl.db.arriving import Arrival
from owl.db.engine import Database
from owl.intake import Event, EventState
from owl.poller.identify import Found, Signature, identify, mark_of, unread
from owl.poller.interface import NotYet, Reject
from owl.poller.paths import key, to_text
from owl.poller.pending import Pending, Waiting
from owl.poller.settle import Settler
from owl.poller.translate import Translator
from owl.workflow.request import RequestCheck

_log = logging.getLogger(__name__)


@dataclass
class Intake:
    """Deals with complete files. `known` are those that need no further look while they stay as they are."""

    database: Database
    translator: Translator
    settler: Settler
    pending: Pending
    fault: Callable[[str], None]
    known: dict[str, int] = field(default_factory=dict)
    inserted: int = 0
    rejected: int = 0

    @property
    def name(self) -> str:
        """The poller's."""
        return self.translator.recipe.table.name

    def is_known(self, relative: str, found: Signature) -> bool:
        """Whether a file has been dealt with as it is."""
        return self.known.get(relative) == hash(found)

    def process(self, ready: Sequence[Waiting], clock: float) -> None:
        """Deal with some files; where the database is away, none of them is forgotten."""
        try:
            looked = self._look_at_all(self._new(ready), clock)
            self.fault("translated")
            arrivals = [arrival for _, arrival in looked.values()]
            events = self.database.write(self._record, arrivals) if arrivals else []
            self.fault("recorded")
            self._tell(events)
            # A file that came back has another inode than its event was written down with.
            mine = [event for event in events if event.poller == self.name]
            marks = {event.identity: mark_of(looked[event.identity][0].own) for event in mine}
            self.settler.settle([dataclasses.replace(one, mark=marks[one.identity]) for one in mine])
            for event in events:
                self._is_done(looked[event.identity][0], event)
        except BaseException:
            self.pending.again(list(ready), clock)
            raise

    def _new(self, ready: Sequence[Waiting]) -> list[Waiting]:
        """Without those that an event is over with, as their inodes tell: they needn't be read."""
        root = self.translator.root
        left = {key(f"{root}/{one.relative}"): one for one in ready}
        events = self.database.read(file_events.of_paths, list(left))
        for path_key, event in events:
            one = left.get(path_key)
            if one is None or one.signature is None or not self._is_over(event):
                continue
            if (event.size, event.mtime_ns, event.mark) == (*one.signature[:2], mark_of(one.signature)):
                del left[path_key]
                self._know(one.relative, one.signature)
        return list(left.values())

    def _is_over(self, event: Event) -> bool:
        """Whether nothing is left to be done with an event's file where that is."""
        if event.poller != self.name:
            return event.state is not EventState.SEEN
        return event.state is EventState.SETTLED and not self.settler.leaves(event)

    def _look_at_all(self, some: Sequence[Waiting], clock: float) -> dict[str, tuple[Found, Arrival]]:
        """What was found of some files, by identity."""
        check = RequestCheck(self.translator.catalog)
        looked = (self._look(waiting, check, clock) for waiting in some)
        return {one[0].identity: one for one in looked if one is not None}

    def _look(self, waiting: Waiting, check: RequestCheck, clock: float) -> tuple[Found, Arrival] | None:
        """A file with its event; None where it isn't complete after all, or is gone."""
        table = self.translator.recipe.table
        found: Found | None = None
        try:
            if waiting.bad:
                raise Reject(waiting.why)
            found = identify(self.translator.root, waiting.relative, table.hash_bytes, empty=table.empty)
            return found, self.translator.arrival(found, utc_now(), check)
        except NotYet as reason:
            if self.pending.not_yet(waiting, reason, clock):
                return None
            return self._reject(waiting, found, str(reason))
        except Reject as reason:
            return self._reject(waiting, found, str(reason))
        except Exception as error:  # a kind's own: a defect in reading one file stops no other
            words = f"reading it fails: {type(error).__name__}: {error}"
            if waiting.why != words:
                _log.exception("%s: %s", to_text(waiting.relative), words, extra={"action": "poller_defect"})
            self.pending.not_yet(waiting, NotYet(words), clock)
            return None

    def _reject(self, waiting: Waiting, found: Found | None, reason: str) -> tuple[Found, Arrival] | None:
        try:
            found = found or unread(self.translator.root, waiting.relative)
        except OSError:
            self.pending.done(waiting.relative)
            return None
        return found, self.translator.rejected(found, reason)

    def _record(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Event]:
        if self.translator.recipe.table.skip_waiting:
            arrivals = _without_waiting(connection, arrivals)
        events = arriving.record(connection, arrivals, now=utc_now())
        self.fault("recording")
        return events

    def _tell(self, events: Sequence[Event]) -> None:
        """Count what has come of a batch, and say it in the log."""
        mine = [event for event in events if event.poller == self.name]
        bad = [event for event in mine if event.state is EventState.REJECTED]
        good = [event for event in mine if event.inserted_at is not None]
        for event in bad:
            extra = {"action": "poller_rejected", "event_id": event.id}
            _log.warning("%s is rejected: %s", event.path, event.reason, extra=extra)
        if good:
            entries = sum(event.entries for event in good)
            extra = {"action": "poller_inserted", "files": len(good), "requests": entries}
            _log.info("%s%s", good[0].path, f" and {len(good) - 1} more" if len(good) > 1 else "", extra=extra)
            self.inserted += entries
        self.rejected += len(bad)

    def _is_done(self, found: Found, event: Event) -> None:
        stays = event.poller != self.name or not self.settler.leaves(event)
        if stays and not found.is_link:
            self._know(found.relative, found.own)
        else:
            self.pending.done(found.relative)

    def _know(self, relative: str, found: Signature) -> None:
        self.known[relative] = hash(found)
        self.pending.done(relative)


def _without_waiting(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Without requests that wait already, with the same parameters."""
    datasets = sorted({row["dataset"] for one in arrivals for row in one.rows})
    waiting = dpq.waiting_parameters(connection, datasets)
    left = []
    for one in arrivals:
        rows = [
            row for row in one.rows if row["parameters"] not in waiting.get((row["dataset"], row["workflow"]), [])
        ]
        left.append(dataclasses.replace(one, rows=rows))
    return left
