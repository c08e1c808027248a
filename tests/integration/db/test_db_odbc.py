"""The real ODBC drivers that are installed here, against servers that refuse, hang up or say nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from owl.db import dpq
from owl.db.engine import Database
from owl.errors import DatabaseAway

try:
    from owl.db.drivers import odbc_drivers

    DRIVERS = odbc_drivers()
except ImportError:
    DRIVERS = []

pytestmark = pytest.mark.skipif(not DRIVERS, reason="no ODBC driver here: install unixodbc and tdsodbc")


@contextmanager
def server(answer: str) -> Iterator[int]:
    """A port that refuses, or takes connections and ends them at once, or takes them and says nothing."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = int(listener.getsockname()[1])
        if answer == "refuses":
            listener.close()
            yield port
            return
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                kept.append(client)
                if answer == "hangs up":
                    client.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield port
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(60)
        for client in kept:
            client.close()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("answer", ["refuses", "hangs up", "says nothing"])
def test_a_server_that_does_not_let_us_in_is_away_and_not_waited_for_for_ever(driver: str, answer: str) -> None:
    with server(answer) as port:
        url = f"mssql+pyodbc://owl:hush@127.0.0.1:{port}/owl?driver={driver.replace(' ', '+')}"
        database = Database(url, patience=0.1, login_timeout=2)
        began = time.monotonic()
        with pytest.raises(DatabaseAway, match="can't be used") as caught:
            database.read(dpq.find)
        assert time.monotonic() - began < 120
        assert "hush" not in str(caught.value)
        database.close()
