"""The companion: a process that talks to HTCondor, so that the program's own process does not.

HTCondor's bindings hold Python's lock while they wait for an answer, know no threads, have calls
without a time limit (a submission), and end their process when a signal's handler raises
something at the wrong moment. In a process of their own none of that is the program's trouble:
it waits for an answer at a socket, as long as it wants to.

Started by ``conversation.py``. A message is its length (4 bytes, the most significant first) and JSON.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import warnings
from typing import Any

from owl.drmaa.condor import Condor
from owl.drmaa.errors import DrmaaError, Errno

_LENGTH = struct.Struct("!I")


class Gone(Exception):
    """The other side is no longer there."""


def send(channel: socket.socket, message: object) -> None:
    """Write one message. Raises OSError, TimeoutError."""
    text = json.dumps(message, separators=(",", ":")).encode()
    channel.sendall(_LENGTH.pack(len(text)) + text)


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = channel.recv(min(size, 1 << 20))
        if not part:
            raise Gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive(channel: socket.socket) -> Any:
    """Read one message. Raises Gone, OSError, TimeoutError."""
    (size,) = _LENGTH.unpack(_receive_exactly(channel, _LENGTH.size))
    return json.loads(_receive_exactly(channel, size))


def _detach() -> None:
    """No child of the program's: it may wait for its children, and knows nothing of this one.

    Nor does it share a terminal's signals with it.
    """
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(null, number)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _answer(condor: Condor, call: str, arguments: list[Any]) -> dict[str, Any]:
    try:
        return {"answer": getattr(condor, call)(*arguments)}
    except DrmaaError as error:
        return {"code": int(error.code), "text": str(error)}
    except Exception as error:
        return {"code": int(Errno.INTERNAL_ERROR), "text": f"unexpected error: {type(error).__name__}: {error}"}


def _serve(channel: socket.socket) -> None:
    """Answer one request after the other, each within its time limit.

    The bindings may hang where no thread of Python's can run. So the limit is the system's: a
    process whose alarm goes off ends, and its socket with it, which is what the program sees.
    """
    try:
        condor = Condor()
    except DrmaaError as error:
        send(channel, {"code": int(error.code), "text": str(error)})
        return
    send(channel, {"answer": [condor.version(), condor.patience()]})
    while True:
        call, arguments, seconds = receive(channel)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _answer(condor, call, arguments)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(channel, answer)


def main() -> None:
    """Serve the program at the other end of standard input, until it closes that."""
    warnings.simplefilter("ignore")
    _detach()
    with socket.socket(fileno=0) as channel:
        try:
            _serve(channel)
        except (Gone, OSError):
            sys.exit(0)
