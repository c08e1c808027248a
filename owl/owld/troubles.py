"""What keeps owld from a part of its work: told once when it begins and once when it ends, shown meanwhile."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from owl.errors import OwlError

_log = logging.getLogger(__name__)

SINCE = "%Y-%m-%d %H:%M:%S UTC"


@dataclass
class Troubles:
    """The errors of now, by the action that each of them stopped.

    One trouble may stop several actions, and its words may change from try to try (another question that wasn't
    answered, another address): an error of a kind that is there already isn't told again.
    """

    _stopped: dict[str, OwlError] = field(default_factory=dict)
    _since: dict[type[OwlError], datetime] = field(default_factory=dict)

    def meet(self, action: str, error: OwlError, now: datetime) -> None:
        """This action has failed, for the first time or again."""
        before = self._stopped.get(action)
        self._stopped[action] = error
        if type(error) not in self._since:
            self._since[type(error)] = now
            _log.error("%s", error, extra={"action": action})
        if before is not None:
            self._tell_over(before, now)

    def end(self, action: str, now: datetime) -> None:
        """This action has been done."""
        before = self._stopped.pop(action, None)
        if before is not None:
            self._tell_over(before, now)

    def _tell_over(self, error: OwlError, now: datetime) -> None:
        if any(type(one) is type(error) for one in self._stopped.values()):
            return
        lasted = (now - self._since.pop(type(error))).total_seconds()
        _log.warning("no longer: %s", error, extra={"action": "trouble_over", "seconds": round(lasted, 1)})

    @property
    def message(self) -> str:
        """Every trouble's words and since when, in a line; empty where there is none."""
        since = {str(error): self._since[type(error)] for error in self._stopped.values()}
        return "; ".join(f"{words} (since {at:{SINCE}})" for words, at in since.items())
