"""The program's side of the companion: starts it, asks it, and gives it up when it takes too long."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from owl.drmaa.companion import Gone, receive, send
from owl.drmaa.errors import DrmaaError, Errno

_CODE = "import sys; sys.path.append(sys.argv[1]); from owl.drmaa.companion import main; main()"

_START = 60.0
"""Seconds that the companion may take to start: Python, and HTCondor's bindings from a slow disk."""

_MARGIN = 1.0
"""Seconds beyond HTCondor's own limit for a question, so that it is HTCondor that says what is wrong, if it can."""

_GRACE = 5.0
"""Seconds beyond a question's time limit within which the companion must be seen to have ended."""


class NoAnswer(DrmaaError):
    """A question was asked and not answered: what came of it is not known."""

    def __init__(self, text: str) -> None:
        super().__init__(Errno.DRM_COMMUNICATION_FAILURE, text)


class Conversation:
    """Questions to the companion, one at a time, from any thread and from forked children too."""

    def __init__(self, environment: Path | None) -> None:
        """Start nothing yet.

        Args:
            environment: the virtual environment whose Python has HTCondor's bindings; None for
                this very Python.
        """
        python = environment / "bin" / "python" if environment is not None else None
        self._python = str(python) if python is not None and python.exists() else sys.executable
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._owner = 0
        self._contact: str | None = None
        self._given_up = 0.0
        self._closed = False
        self.patience = 0.0
        """HTCondor's limit for a question (Q_QUERY_TIMEOUT) in seconds, once the companion has been started."""
        self.version = ""
        """Of HTCondor's bindings, once the companion has been started."""

    def close(self) -> None:
        """End the companion once it has answered what it was asked. Nothing is asked after that."""
        with self._lock:
            self._closed = True
            self._drop()

    def locate(self, contact: str) -> tuple[str, str]:
        """Find a schedd, whom all later questions go to; its name and version.

        Raises:
            DrmaaError: INVALID_CONTACT_STRING, DRM_COMMUNICATION_FAILURE, DRMS_INIT_FAILED.
        """
        with self._lock:
            self._start()
            name, version = self._ask("locate", [contact], self.patience + _MARGIN)
            self._contact = contact
            return name, version

    def ask(self, call: str, *arguments: object, more: float = 0.0) -> Any:
        """Have the companion call a method of ``Condor``.

        Args:
            call: the method's name.
            arguments: its arguments.
            more: seconds beyond HTCondor's own limit for a question (Q_QUERY_TIMEOUT).

        Raises:
            NoAnswer: there was none in time.
            DrmaaError: what the method raises; DRM_COMMUNICATION_FAILURE where nothing was asked.
        """
        asked = time.monotonic()
        with self._lock:
            if self._given_up > asked:
                raise DrmaaError(Errno.DRM_COMMUNICATION_FAILURE, "HTCondor does not answer")
            self._start()
            return self._ask(call, list(arguments), self.patience + _MARGIN + more)

    def _ask(self, call: str, arguments: list[object], seconds: float) -> Any:
        channel = self._channel
        assert channel is not None  # noqa: S101 - for mypy: _start() has made it
        begun = time.monotonic()
        try:
            channel.settimeout(seconds + _GRACE)
            send(channel, [call, arguments, seconds])
            reply = receive(channel)
        except (Gone, OSError) as error:
            self._drop()
            if time.monotonic() - begun < seconds:
                raise NoAnswer(f"the process that talks to HTCondor has ended ({call})") from error
            self._given_up = time.monotonic()
            raise NoAnswer(f"HTCondor did not answer within {seconds:g} s ({call})") from error
        except BaseException:
            self._drop()
            raise
        return _answer(reply)

    def _start(self) -> None:
        """Make sure that there is a companion of this very process's, and that it has found the schedd."""
        if self._closed:
            raise DrmaaError(Errno.NO_ACTIVE_SESSION)
        if self._channel is not None and self._owner == os.getpid():
            return
        self._drop()
        ours, theirs = socket.socketpair()
        with theirs:
            ours.settimeout(_START)
            try:
                self._spawn(theirs)
                theirs.close()
                hello = receive(ours)
            except (Gone, OSError) as error:
                ours.close()
                raise DrmaaError(
                    Errno.DRMS_INIT_FAILED, f"{self._python}, which talks to HTCondor, can't be started: {error}"
                ) from error
        try:
            self.version, self.patience = _answer(hello)
        except DrmaaError:
            ours.close()
            raise
        self._channel, self._owner = ours, os.getpid()
        if self._contact is not None:
            self._ask("locate", [self._contact], self.patience + _MARGIN)

    def _spawn(self, channel: socket.socket) -> None:
        root = Path(__file__).resolve().parents[2]
        command = [self._python, "-I", "-c", _CODE, str(root), "DRMAA companion"]
        # It detaches itself at once: what is waited for here ends before the companion has begun.
        subprocess.run(command, stdin=channel.fileno(), stdout=subprocess.DEVNULL, check=False, timeout=_START)

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None


def _answer(reply: dict[str, Any]) -> Any:
    if "code" in reply:
        raise DrmaaError(Errno(reply["code"]), reply["text"])
    return reply["answer"]
