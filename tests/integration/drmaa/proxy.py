"""A TCP proxy between a DRMAA program and the real schedd, which can lose an answer at any point."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

_FILES = ("SCHEDD_ADDRESS_FILE", "SCHEDD_DAEMON_AD_FILE")
_ADDRESS = re.compile(r"<(?P<host>[\d.]+):(?P<port>\d+)")


def _configured(name: str) -> Path:
    told = subprocess.run(["condor_config_val", name], check=True, capture_output=True, text=True)
    return Path(told.stdout.strip())


class Proxy:
    """Passes on what client and schedd say, until `lose(number)` says that answer `number` never arrives.

    Args:
        folder: where the proxy's own address files are made.
        lose: called with the number of the schedd's answer on this proxy (from 0) before it is passed
            on; where it is true the connection is cut instead.
    """

    def __init__(self, folder: Path, lose: Callable[[int], bool]) -> None:
        self._folder = folder
        self._lose = lose
        self._answers = 0
        self._lock = threading.Lock()
        self._real = {name: _configured(name) for name in _FILES}
        match = _ADDRESS.search(self._real["SCHEDD_ADDRESS_FILE"].read_text())
        assert match is not None
        self._schedd = (match["host"], int(match["port"]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.cut = threading.Event()

    def __enter__(self) -> Proxy:
        port, real = self._listener.getsockname()[1], self._schedd[1]
        for name, path in self._real.items():
            text = path.read_text()
            (self._folder / name).write_text(text.replace(f":{real}", f":{port}").replace(f"-{real}", f"-{port}"))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_ignored: object) -> None:
        self._listener.close()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a client of HTCondor to the proxy."""
        return {f"_CONDOR_{name}": str(self._folder / name) for name in _FILES}

    def step_aside(self) -> None:
        """From now on clients find the schedd itself, wherever it is."""
        for name, path in self._real.items():
            (self._folder / name).unlink()
            (self._folder / name).symlink_to(path)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                schedd = socket.create_connection(self._schedd)
                threading.Thread(target=self._pass_on, args=(client, schedd, False), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(schedd, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError), source, target:
            while data := source.recv(1 << 16):
                if answers and self._lost():
                    self.cut.set()
                    break
                target.sendall(data)
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _lost(self) -> bool:
        with self._lock:
            number, self._answers = self._answers, self._answers + 1
            return not self.cut.is_set() and self._lose(number)
