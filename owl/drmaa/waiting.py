"""Waiting for jobs: one question an interval for all threads of a session, whatever they wait for.

No thread of its own: the first that waits asks for all, the others sleep until it has an
answer. The queue is asked for the jobs in question, and the history once for all that have
left it since. Both are the truth of HTCondor: nothing depends on files, nor on events that
may be missing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.jobs import JobKey
from owl.drmaa.lookup import Ended, Lookup
from owl.drmaa.schedd import Schedd
from owl.drmaa.signals import Signals

_FIRST_INTERVAL = 0.1
_BUSY_INTERVAL = 0.5
_LAST_INTERVAL = 1.0
_GROWTH = 1.3
"""Seconds between two questions: short after a submission, growing by this factor to the last;
less while jobs end all the time."""

_SHARE = 10.0
_SLOWEST_INTERVAL = 30.0
"""A schedd that is slow to answer is asked for a tenth of its time at most."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class _Question:
    """The last thing that HTCondor was asked: when, for which jobs, and why there was no answer."""

    number: int = 0
    at: float = -math.inf
    jobs: frozenset[JobKey] = frozenset()
    trouble: DrmaaError | None = None


class Watch:
    """What is known of how jobs ended, and the way to learn more."""

    def __init__(self, schedd: Schedd, session: str, signals: Signals) -> None:
        self._lookup = Lookup(schedd, session)
        self._signals = signals
        self._changed = threading.Condition()
        self._ended: dict[JobKey, Ended] = {}
        self._own: set[JobKey] = set()
        self._taken: set[JobKey] = set()
        self._wanted: dict[object, Callable[[], Collection[JobKey]]] = {}
        self._asking = False
        self._last = _Question()
        self._next = 0.0
        self._interval = _FIRST_INTERVAL
        self._open = True

    def close(self) -> None:
        """End all waiting: those who wait get NO_ACTIVE_SESSION."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def add(self, keys: Collection[JobKey]) -> None:
        """The session has submitted these jobs."""
        with self._changed:
            self._own.update(keys)
            self._interval = _FIRST_INTERVAL

    def own(self) -> set[JobKey]:
        """The session's jobs whose exit information was not taken yet."""
        with self._changed:
            return set(self._own)

    def peek(self, key: JobKey) -> Ended | None:
        """How a job ended as far as that is known already."""
        with self._changed:
            return self._ended.get(key)

    def until(
        self,
        wanted: Callable[[], Collection[JobKey]],
        found: Callable[[], Answer | None],
        timeout: int,
    ) -> Answer:
        """Wait until ``found`` has an answer. Both functions are called with the lock held.

        Args:
            wanted: the jobs whose end would make a difference; asked again and again.
            found: looks at what has ended (``ended``, ``take``); None means not yet.
            timeout: seconds; 0 asks once, less than 0 waits for ever.

        Raises:
            DrmaaError: EXIT_TIMEOUT, NO_ACTIVE_SESSION, DRM_COMMUNICATION_FAILURE where the time
                is up and HTCondor could not be asked, and what ``found`` raises.
        """
        deadline = math.inf if timeout < 0 else time.monotonic() + timeout
        token = object()
        with self._changed:
            self._wanted[token] = wanted
            try:
                return self._until(wanted, found, deadline)
            finally:
                del self._wanted[token]

    def ended(self, key: JobKey) -> Ended | None:
        """For ``found``: how a job ended."""
        return self._ended.get(key)

    def unclaimed(self) -> Collection[JobKey]:
        """For ``found``: the session's jobs whose exit information nobody took yet."""
        return self._own

    def taken(self, key: JobKey) -> bool:
        """For ``found``: whether somebody took the job's exit information."""
        return key in self._taken

    def take(self, key: JobKey) -> None:
        """For ``found``: the exit information is given out; nobody gets it again."""
        self._own.discard(key)
        self._taken.add(key)
        self._ended.pop(key, None)

    def forget(self, key: JobKey) -> None:
        """For ``found``: drop what is known of a job that is none of the session's."""
        self._ended.pop(key, None)

    def _until(
        self,
        wanted: Callable[[], Collection[JobKey]],
        found: Callable[[], Answer | None],
        deadline: float,
    ) -> Answer:
        # A question that is under way was asked before this call: its answer may be too old.
        needed = self._last.number + (2 if self._asking else 1)
        while True:
            if not self._open:
                raise DrmaaError(Errno.NO_ACTIVE_SESSION, "the session ended while a thread waited for a job")
            answer = found()
            if answer is not None:
                return answer
            now = time.monotonic()
            recent = now - self._last.at < _FIRST_INTERVAL and self._last.jobs.issuperset(wanted())
            fresh = recent or self._last.number >= needed
            if now >= deadline and fresh:
                raise self._last.trouble or DrmaaError(Errno.EXIT_TIMEOUT)
            if not self._asking and (now >= self._next or now >= deadline):
                self._ask(everything=now >= deadline)
                continue
            until = min(deadline, self._next if self._next > now else math.inf)
            self._sleep(None if until <= now or until == math.inf else until - now)

    def _sleep(self, seconds: float | None) -> None:
        """Sleep until something changes; the program's signal handlers are let in, without the lock."""
        self._changed.wait(self._signals.nap(seconds))
        self._changed.release()
        try:
            self._signals.attend()
        finally:
            self._changed.acquire()

    def _ask(self, *, everything: bool) -> None:
        """One question for everybody; the lock is released while HTCondor answers.

        With ``everything`` it covers all of the session's jobs: a program that looks at one job
        after the other without waiting gets its next answers from this one.
        """
        wanted = {key for one in self._wanted.values() for key in one()}
        own = self._own - self._ended.keys()
        wanted = (wanted | own if everything else wanted) - self._ended.keys()
        begun = time.monotonic()
        ended: dict[JobKey, Ended] = {}
        trouble: DrmaaError | None = None
        self._asking = True
        self._changed.release()
        try:
            ended = self._lookup.ended(wanted, own)
        except DrmaaError as error:
            # A schedd that is away comes back; whoever waits has a time limit of his own.
            trouble = error
        finally:
            self._changed.acquire()
            self._asking = False
            self._ended.update(ended)
            self._last = _Question(number=self._last.number + 1, at=begun, jobs=frozenset(wanted), trouble=trouble)
            self._pace(news=bool(ended))
            self._changed.notify_all()

    def _pace(self, *, news: bool) -> None:
        """When to ask next. The history is left out: another process of HTCondor's reads it."""
        self._interval = min(self._interval * _GROWTH, _BUSY_INTERVAL if news else _LAST_INTERVAL)
        pause = min(max(self._interval, self._lookup.seconds * _SHARE), _SLOWEST_INTERVAL)
        self._next = time.monotonic() + pause
