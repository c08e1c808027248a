"""`owl web`: the application behind waitress, until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import signal
import time
import urllib.request
from types import FrameType

import waitress
from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer

from owl.app import App
from owl.errors import InvalidSetting, OperationError
from webgui.app import create_app

_log = logging.getLogger(__name__)
_IDLE_CONNECTIONS = 500


def serve(owl_app: App) -> None:
    """Serve the GUI until SIGTERM or SIGINT.

    Raises:
        InvalidSetting: it would listen beyond this machine without a proxy that does TLS.
        OperationError: it can't listen there.
    """
    settings = owl_app.settings
    require_safe(settings.web_host, bool(settings.web_trusted_proxies))
    app = create_app(owl_app)
    server = _listen(app, settings.web_host, settings.web_port, settings.web_threads)
    previous = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    _log.info("the web GUI listens", extra={"action": "web_up", "url": url(settings.web_host, settings.web_port)})
    try:
        server.run()
    except SystemExit:
        _log.info("the web GUI ends", extra={"action": "web_down"})
    finally:
        server.close()
        for number, handler in previous.items():
            signal.signal(number, handler)


def url(host: str, port: int) -> str:
    """Where a browser finds it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def answers(host: str, port: int, patience: float) -> bool:
    """Whether OWL's web GUI answers there, within so many seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"{url(host, port)}healthz", timeout=2) as answer:  # noqa: S310 - http alone
                return "OWL" in answer.headers.get("Server", "")
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.2)


def require_safe(host: str, proxied: bool) -> None:
    """Passwords must not cross a network in the clear.

    Raises:
        InvalidSetting: the address isn't this machine's own and no proxy is trusted.
    """
    if proxied or host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InvalidSetting(
            f"web_host = {host!r}: the web GUI listens beyond this machine behind a reverse proxy with TLS only; "
            "name the proxy in web_trusted_proxies (docs/how-to/deploy-a-pool.md), or keep 127.0.0.1"
        )


def _listen(app: Flask, host: str, port: int, threads: int) -> MultiSocketServer | BaseWSGIServer:
    try:
        return waitress.create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident="OWL",
            connection_limit=_IDLE_CONNECTIONS,
            clear_untrusted_proxy_headers=False,  # webgui.security.Doorkeeper decides whom to believe
        )
    except OSError as error:
        raise OperationError(
            f"the web GUI can't listen at {host} port {port} ({error.strerror or error}); "
            "end what listens there, or set web_port"
        ) from error


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit
