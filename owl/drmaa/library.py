"""What the library holds for its process: the session, the templates, the string vectors."""

from __future__ import annotations

import threading

from owl.drmaa.categories import load_categories
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.memory import Handles, StringVector
from owl.drmaa.session import Session
from owl.drmaa.template import JobTemplate


class Library:
    """One a process, as the C interface has no other place for a session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opening = False
        self._session: Session | None = None
        self.templates: Handles[JobTemplate] = Handles()
        self.vectors: Handles[StringVector] = Handles()

    def open(self, contact: str) -> None:
        """Open the session. Raises DrmaaError ALREADY_ACTIVE_SESSION and what ``Session`` raises."""
        with self._lock:
            if self._session is not None or self._opening:
                raise DrmaaError(Errno.ALREADY_ACTIVE_SESSION)
            self._opening = True
        try:
            session = Session(contact, load_categories())
            with self._lock:
                self._session = session
        finally:
            with self._lock:
                self._opening = False

    def close(self) -> None:
        """Close the session. Raises DrmaaError NO_ACTIVE_SESSION."""
        with self._lock:
            session, self._session = self._session, None
        if session is None:
            raise DrmaaError(Errno.NO_ACTIVE_SESSION)
        session.close()

    def active(self) -> Session | None:
        """The session, if there is one."""
        with self._lock:
            return self._session

    def session(self) -> Session:
        """The session. Raises DrmaaError NO_ACTIVE_SESSION."""
        session = self.active()
        if session is None:
            raise DrmaaError(Errno.NO_ACTIVE_SESSION)
        return session
