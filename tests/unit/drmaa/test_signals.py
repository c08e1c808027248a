"""The program's signal handlers are put off, and made up for."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from owl.drmaa.signals import Interrupted, Signals


class OwnError(Exception):
    """What a handler raises."""


@pytest.fixture
def handle() -> Iterator[Callable[[Any], object]]:
    """Sets SIGUSR1's handler for the test."""
    before = signal.getsignal(signal.SIGUSR1)
    yield lambda handler: signal.signal(signal.SIGUSR1, handler)
    signal.signal(signal.SIGUSR1, before)


def fail(number: int, frame: object) -> None:
    raise OwnError(number)


def test_a_signal_is_noted_and_its_handler_is_back_afterwards(handle: Callable[[Any], object]) -> None:
    handle(fail)
    signals = Signals()
    signals.put_off()
    signal.raise_signal(signal.SIGUSR1)
    assert signals.resume() is None
    assert signal.getsignal(signal.SIGUSR1) is fail
    assert signals.due() == 1 << signal.SIGUSR1 - 1
    assert signals.due() == 0


def test_signals_without_a_handler_of_pythons_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGUSR2)
    signals = Signals()
    signals.put_off()
    assert signal.getsignal(signal.SIGUSR2) is before
    signals.resume()


def test_what_a_handler_raises_ends_a_wait(handle: Callable[[Any], object]) -> None:
    handle(fail)
    signals = Signals()
    signals.put_off()
    signals.attend()
    signal.raise_signal(signal.SIGUSR1)
    with pytest.raises(Interrupted) as caught:
        signals.attend()
    assert isinstance(caught.value.cause, OwnError)
    assert signal.getsignal(signal.SIGUSR1) is not fail, "put off until the call returns"
    signals.resume()
    assert signal.getsignal(signal.SIGUSR1) is fail


def test_a_handler_may_set_another(handle: Callable[[Any], object]) -> None:
    handle(lambda number, frame: signal.signal(signal.SIGUSR1, fail))
    signals = Signals()
    signals.put_off()
    signal.raise_signal(signal.SIGUSR1)
    signals.attend()
    signals.resume()
    assert signal.getsignal(signal.SIGUSR1) is fail


def test_an_exception_is_raised_later_once_and_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    own = OwnError("own")
    signals = Signals()
    signals.raise_later(own)
    assert signals.due() == 1 << signal.SIGINT - 1
    with pytest.raises(OwnError) as caught:
        signal.raise_signal(signal.SIGINT)
    assert caught.value is own
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_have_nothing_to_do_with_it() -> None:
    signals = Signals()
    before = signal.getsignal(signal.SIGINT)

    def work() -> None:
        signals.put_off()
        signals.attend()
        assert signals.nap(None) is None
        signals.resume()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_event_loop_is_told_once(handle: Callable[[Any], object]) -> None:
    handle(lambda number, frame: None)
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno())
        try:
            signals = Signals()
            signals.put_off()
            signal.raise_signal(signal.SIGUSR1)
            signals.resume()
            with pytest.raises(BlockingIOError):
                reading.recv(16)
            assert signal.set_wakeup_fd(writing.fileno()) == writing.fileno()
        finally:
            signal.set_wakeup_fd(before)
