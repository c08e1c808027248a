"""The herald: beside a daemon's own work it looks for what operators must hear of, and sends it.

Alerts stand in the database, so each is sent once, by whichever daemon is first. That the database itself is away
only owld tells, straight away. Nothing here waits for a receiver: what is sent is sent beside the daemon's work.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from owl.daemon import utc_now
from owl.db import alerts, daemons
from owl.db.control import Alert
from owl.db.engine import Database
from owl.model import Daemon
from owl.notices.send import Notice, Sender

_log = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks
FORGOTTEN = timedelta(days=1)  # a daemon that has been silent for longer is nobody's any more
_AGAIN = 30.0  # seconds until what couldn't be sent is tried again


@dataclass
class Herald:
    """One daemon's herald; `delay` is how long something is away before anybody hears of it, in seconds."""

    database: Database
    sender: Sender
    identity: str
    host: str
    delay: float
    tells_database: bool = False
    _seen: dict[str, tuple[object, float]] = field(default_factory=dict)
    _looked: float | None = None
    _away: float | None = None
    _told_away: bool = False
    _sending: threading.Thread | None = None
    _not_before: float = 0.0

    def step(self, clock: float) -> None:
        """Look at daemons and campaigns and send what nobody has sent yet; `clock` is monotonic seconds."""
        if self._away is not None:
            self._back(clock)
        if self._looked is not None and clock - self._looked < LOOK:
            return
        self._looked = clock
        self._watch(self.database.read(daemons.find), clock)
        self.database.write(alerts.finish_campaigns, now=utc_now())
        if self.sender and clock >= self._not_before and not self._is_sending():
            found = self.database.write(alerts.take_untold, now=utc_now())
            if found:
                self._beside(found, clock)

    def away(self, clock: float) -> None:
        """The database can't be used."""
        self._away = clock if self._away is None else self._away
        if self.tells_database and not self._told_away and clock - self._away >= self.delay:
            self._told_away = True
            self._tell(f"the database {self.database.place} has been away for {clock - self._away:.0f} s")

    def close(self) -> None:
        """Wait for what is being sent."""
        if self._sending is not None:
            self._sending.join(30)

    def _back(self, clock: float) -> None:
        seconds, self._away = clock - (self._away or clock), None
        if self._told_away:
            self._told_away = False
            self._tell(f"the database {self.database.place} is back after {seconds:.0f} s")

    def _watch(self, found: Sequence[Daemon], clock: float) -> None:
        """Lost is who hasn't beaten for a while on this process's own clock: hosts' clocks may differ."""
        now = utc_now()
        for one in found:
            name = f"{one.name}@{one.host}"
            sign = (one.pid, one.heartbeat)
            if self._seen.get(name, (None, 0.0))[0] != sign:
                self._seen[name] = (sign, clock)
            silent = clock - self._seen[name][1]
            old = now - one.heartbeat > FORGOTTEN
            if one.stopped_at is None and silent >= self.delay and not old and name != self.identity:
                words = (
                    f"{one.name} on {one.host} is lost: not heard of since {one.heartbeat:%Y-%m-%d %H:%M:%S} UTC"
                )
                if self.database.write(alerts.raise_once, "daemon", name, words, self.identity, now=now):
                    _log.error("%s", words, extra={"action": "daemon_lost", "daemon": name})
            elif silent < self.delay:
                self.database.write(alerts.end_if_open, "daemon", name, self.identity, now=now)

    def _is_sending(self) -> bool:
        return self._sending is not None and self._sending.is_alive()

    def _beside(self, found: Sequence[Alert], clock: float) -> None:
        self._sending = threading.Thread(target=self._send, args=(found, clock), name="owl-notices", daemon=True)
        self._sending.start()

    def _send(self, found: Sequence[Alert], clock: float) -> None:
        for one in found:
            notice = Notice(kind=one.kind, scope=one.scope, text=one.text, at=one.raised_at, details=one.details)
            if not self._sent(notice):
                self._not_before = clock + _AGAIN
                self.database.write(alerts.untold, one.id)

    def _sent(self, notice: Notice) -> bool:
        wrong = self.sender.send(notice, self.host)
        for words in wrong:
            _log.error("a notice couldn't be sent by %s", words, extra={"action": "notice_failed"})
        if not wrong:
            _log.info("a notice was sent", extra={"action": "notice_sent", "kind": notice.kind})
        return not wrong

    def _tell(self, text: str) -> None:
        if self.sender:
            notice = Notice(kind="database", scope=self.host, text=text, at=utc_now())
            self._sending = threading.Thread(target=self._sent, args=(notice,), name="owl-notices", daemon=True)
            self._sending.start()
