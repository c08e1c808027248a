"""The program's signal handlers, put off while the library works.

Python runs a signal's handler in its main thread, between any two instructions. What a handler
raises (KeyboardInterrupt, a time limit of the program's own) would so come up in the middle of
the library, or of HTCondor's bindings, which die of it: ``Schedd.query`` of 25.14.1 ends the
process by SIGSEGV when it can't make an ad. So while a call works in the main thread a signal
is only noted. Its handler runs when the call returns, in the caller, or during a wait, where
what it raises ends the wait and is raised once more in the caller.
"""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

_NAP = 0.2
"""The longest sleep in seconds after which a wait in the main thread looks for signals."""

_LAST = 31
"""The last of the signals that have names; the ones behind it are left alone."""


class Interrupted(BaseException):
    """A handler of the program's has raised something during a wait: ``cause``."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__("interrupted")
        self.cause = cause


class Signals:
    """Puts handlers off and makes up for it. All methods do nothing outside of Python's main thread."""

    def __init__(self) -> None:
        self._handlers: dict[int, Handler] = {}
        self._due: set[int] = set()
        self._wakeup = -1

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._due.add(number)

    def put_off(self) -> None:
        """From now on signals are noted. What a handler raises before that comes up here."""
        if threading.current_thread() is not threading.main_thread() or self._handlers:
            return
        # An event loop is told by the interpreter as well: once, when the handler is due.
        self._wakeup = max(self._wakeup, signal.set_wakeup_fd(-1))
        for number in range(1, _LAST + 1):
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                signal.signal(number, self._note)

    def resume(self) -> BaseException | None:
        """The program's handlers are in force again; what one raised meanwhile is returned."""
        raised = None
        while (self._handlers or self._wakeup != -1) and threading.current_thread() is threading.main_thread():
            try:
                for number, handler in self._handlers.items():
                    signal.signal(number, handler)
                self._wake_again()
                self._handlers = {}
            except BaseException as error:
                raised = error
        return raised

    def _wake_again(self) -> None:
        if self._wakeup != -1:
            with contextlib.suppress(ValueError, OSError):  # closed by a handler
                signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
            self._wakeup = -1

    def due(self) -> int:
        """The signals whose handlers the C side must have called: bit 0 for signal 1 and so on."""
        due, self._due = self._due, set()
        return sum(1 << number - 1 for number in due)

    def raise_later(self, error: BaseException) -> None:
        """Have this raised in the caller, as if a handler of SIGINT's did it."""
        before = signal.getsignal(signal.SIGINT)

        def once(_number: int, _frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, before)
            raise error

        signal.signal(signal.SIGINT, once)
        self._due.add(signal.SIGINT)

    def nap(self, seconds: float | None) -> float | None:
        """How much of this time to sleep at once."""
        if threading.current_thread() is not threading.main_thread() or not self._handlers:
            return seconds
        return _NAP if seconds is None else min(seconds, _NAP)

    def attend(self) -> None:
        """Let the handlers run whose signals were noted. Raises Interrupted where one raises something."""
        if not self._due or threading.current_thread() is not threading.main_thread():
            return
        due, self._due = self._due, set()
        raised = self.resume()
        try:
            for number in due:
                _thread.interrupt_main(signal.Signals(number))
        except BaseException as error:
            raised = error
        while True:
            try:
                self.put_off()
                break
            except BaseException as error:
                raised = error
        if raised is not None:
            raise Interrupted(raised)
