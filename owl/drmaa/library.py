"""What the library holds for its process: the session, the templates, the string vectors."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

from owl.drmaa.categories import load_categories
from owl.drmaa.conversation import Conversation
from owl.drmaa.errors import DrmaaError, Errno
from owl.drmaa.memory import Handles, StringVector
from owl.drmaa.session import Session
from owl.drmaa.signals import Signals
from owl.drmaa.template import JobTemplate


class Library:
    """One a process, as the C interface has no other place for a session."""

    def __init__(self, environment: Path | None, signals: Signals) -> None:
        """Open no session yet.

        Args:
            environment: the virtual environment that has HTCondor's bindings.
            signals: what the program's signal handlers are put off with.
        """
        self._environment = environment
        self._signals = signals
        self._lock = threading.Lock()
        self._opening = False
        self._session: Session | None = None
        self._bindings = ""
        self.templates: Handles[JobTemplate] = Handles()
        self.vectors: Handles[StringVector] = Handles()

    def open(self, contact: str) -> None:
        """Open the session. Raises DrmaaError ALREADY_ACTIVE_SESSION and what ``Session`` raises."""
        with self._lock:
            if self._session is not None or self._opening:
                raise DrmaaError(Errno.ALREADY_ACTIVE_SESSION)
            self._opening = True
        try:
            session = self._made(contact)
            with self._lock:
                self._session = session
        finally:
            with self._lock:
                self._opening = False

    def _made(self, contact: str) -> Session:
        conversation = Conversation(self._environment)
        try:
            return Session(conversation, contact, load_categories(), self._signals)
        except BaseException:
            conversation.close()
            raise

    def close(self) -> None:
        """Close the session. Raises DrmaaError NO_ACTIVE_SESSION."""
        with self._lock:
            session, self._session = self._session, None
        if session is None:
            raise DrmaaError(Errno.NO_ACTIVE_SESSION)
        session.close()

    def session(self) -> Session:
        """The session. Raises DrmaaError NO_ACTIVE_SESSION."""
        session = self._active()
        if session is None:
            raise DrmaaError(Errno.NO_ACTIVE_SESSION)
        return session

    def _active(self) -> Session | None:
        with self._lock:
            return self._session

    def contact(self) -> str:
        """The session's schedd, or the one that a session would get; empty where there is none."""
        session = self._active()
        if session is not None:
            return session.contact
        with closing(Conversation(self._environment)) as conversation:
            try:
                return conversation.locate("")[0]
            except DrmaaError:
                # The answer is only for people; drmaa_init() says what is wrong.
                return ""

    def version(self) -> str:
        """The version of the session's schedd, or of HTCondor's bindings."""
        session = self._active()
        return session.version if session is not None else self.bindings()

    def bindings(self) -> str:
        """The version of HTCondor's bindings. Raises DrmaaError DRMS_INIT_FAILED."""
        if not self._bindings:
            with closing(Conversation(self._environment)) as conversation:
                self._bindings = str(conversation.ask("version"))
        return self._bindings
