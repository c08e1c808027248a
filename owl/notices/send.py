"""Sending: one notice to a webhook and by e-mail. A webhook's address gets into no log."""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from owl import __version__
from owl.config import Settings
from owl.errors import InvalidSetting

SECONDS = 10.0
_SUBJECT = 150


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What operators are to be told; `kind` is breaker, daemon, database or campaign."""

    kind: str
    scope: str
    text: str
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Where notices go; empty where nothing is configured."""

    webhook: str = ""
    to: Sequence[str] = ()
    sender: str = ""
    server: str = "localhost"
    port: int = 25

    @classmethod
    def of(cls, settings: Settings) -> Sender:
        """As the settings say.

        Raises:
            InvalidSetting: an address that can't be one.
        """
        webhook = settings.notify_webhook
        if webhook and (urlsplit(webhook).scheme not in ("http", "https") or not urlsplit(webhook).hostname):
            raise InvalidSetting("notify_webhook: must be an http:// or https:// address")
        to = [word.strip() for word in settings.notify_email.split(",") if word.strip()]
        if any("@" not in one or any(sign.isspace() for sign in one) for one in to):
            raise InvalidSetting("notify_email: must be e-mail addresses, separated by commas")
        server, _, port = settings.smtp_server.partition(":")
        if port and not port.isdigit():
            raise InvalidSetting("smtp_server: must be HOST or HOST:PORT")
        return cls(
            webhook=webhook, to=to, sender=settings.notify_from, server=server or "localhost", port=int(port or 25)
        )

    def __bool__(self) -> bool:
        return bool(self.webhook or self.to)

    def send(self, notice: Notice, host: str) -> list[str]:
        """Send a notice everywhere; returns what went wrong, in words."""
        wrong = []
        for name, way, wanted in (("webhook", self._post, self.webhook), ("e-mail", self._mail, self.to)):
            try:
                if wanted:
                    way(notice, host)
            except urllib.error.HTTPError as error:
                wrong.append(f"{name}: HTTP status {error.code}")
            except (OSError, smtplib.SMTPException, ValueError) as error:
                wrong.append(f"{name}: {type(error).__name__}")
        return wrong

    def _post(self, notice: Notice, host: str) -> None:
        body = {
            "kind": notice.kind,
            "scope": notice.scope,
            "text": notice.text,
            "at": notice.at.isoformat(),
            "details": dict(notice.details),
            "host": host,
            "owl": __version__,
        }
        request = urllib.request.Request(  # noqa: S310 - http and https alone: `of` has looked
            self.webhook,
            data=json.dumps(body, default=str).encode(),
            headers={"Content-Type": "application/json", "User-Agent": f"owl/{__version__}"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            answer.read(1024)

    def _mail(self, notice: Notice, host: str) -> None:
        message = EmailMessage()
        message["Subject"] = f"OWL: {' '.join(notice.text.split())[:_SUBJECT]}"
        message["From"] = self.sender or f"owl@{host}"
        message["To"] = ", ".join(self.to)
        lines = [notice.text, "", f"{notice.at:%Y-%m-%d %H:%M:%S} UTC, told by {host}"]
        if notice.details:
            lines += ["", json.dumps(dict(notice.details), indent=2, default=str)]
        message.set_content("\n".join(lines) + "\n")
        with smtplib.SMTP(self.server, self.port, timeout=SECONDS) as server:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
            server.send_message(message)
