"""Receivers of notices: a web server and a mail server of the test's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from owl.pool.ports import choose_port
from tests.fixtures.plugin import desk
from tests.fixtures.postgres import postgres

__all__ = ["desk", "postgres"]


@dataclass
class Received:
    """What has come; `refuse` lets the web server answer with an error."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    refuse: bool = False
    webhook: str = ""
    smtp: str = ""


class _Mailbox:
    def __init__(self, received: Received) -> None:
        self.received = received

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        to = ", ".join(envelope.rcpt_tos)
        self.received.mails.append(f"{to}\n{envelope.content.decode()}")
        return "250 OK"


@pytest.fixture
def received() -> Iterator[Received]:
    """Both servers, on loopback ports that were free."""
    found = Received()

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not found.refuse:
                found.posts.append(body)
            self.send_response(500 if found.refuse else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    port = choose_port()
    mail = Controller(_Mailbox(found), hostname="127.0.0.1", port=port)
    mail.start()
    found.webhook = f"http://127.0.0.1:{web.server_address[1]}/hook?token=geheim"
    found.smtp = f"127.0.0.1:{port}"
    try:
        yield found
    finally:
        mail.stop()
        web.shutdown()
        thread.join()
        web.server_close()
