"""What stands between a browser and the application: whom a request comes from, and the response's headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response
from werkzeug.middleware.proxy_fix import ProxyFix

from owl.errors import InvalidSetting

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
USER = "owl.proxy_user"  # in the WSGI environment: the user whom a trusted proxy has named

# Scripts and styles come from files of this server alone; nothing inline, no frames, no plug-ins.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def set_headers(response: Response) -> Response:
    """Put the headers on a response; what a page says of itself is kept by no cache but the browser's own files."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def parse_networks(text: str) -> list[Network]:
    """Addresses and networks of a setting, separated by commas or blanks, or `InvalidSetting`."""
    found: list[Network] = []
    for word in text.replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            raise InvalidSetting(
                f"web_trusted_proxies: {word!r} is no address; give some like 127.0.0.1, 10.1.0.0/24"
            ) from None
    return found


class Doorkeeper:
    """Believes what forwarding headers and the user header say only where a trusted proxy sent them."""

    def __init__(self, application: WSGIApplication, proxies: Iterable[Network], user_header: str) -> None:
        self._inside = application
        self._forwarded = ProxyFix(application, x_for=1, x_proto=1, x_host=1, x_prefix=1)
        self._proxies = list(proxies)
        self._user = "HTTP_" + user_header.upper().replace("-", "_") if user_header else ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.pop(USER, None)
        named = environ.pop(self._user, "") if self._user else ""
        if not self._trusted(environ.get("REMOTE_ADDR", "")):
            return self._inside(environ, start_response)
        if named:
            environ[USER] = named
        answer: Any = self._forwarded(environ, start_response)
        return answer  # type: ignore[no-any-return]  # ProxyFix answers as any WSGI application does

    def _trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)
