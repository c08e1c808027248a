"""Is OWL well: one word for monitoring, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from owl import __version__
from owl.ops.operations import Status

# What a submit host can't be without; another host's owld that is silent is a warning.
_NEEDED = ("shoveler", "owld")


class Level(StrEnum):
    """How bad it is, in the words of monitoring plugins, whose exit codes are 0, 1 and 2."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def code(self) -> int:
        """The exit code that monitoring expects."""
        return list(Level).index(self)


@dataclass(frozen=True, kw_only=True)
class Health:
    """The worst of what was found, and all of it."""

    level: Level
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """One line: `WARNING: …; …`."""
        return f"{self.level.upper()}: {'; '.join(self.lines)}"


def health(found: Status, words: Iterable[str] = ()) -> Health:
    """What a status means: daemons that are silent or of another version, alerts that are open.

    `words` are those that this host's daemons have left (`owl.daemon.words_left`), each of them a warning.
    """
    warned = ((Level.WARNING, one) for one in words)
    told = sorted((*_told(found), *warned), key=lambda one: -one[0].code)
    if not told:
        alive = sum(found.alive(one) for one in found.daemons)
        return Health(level=Level.OK, lines=(f"{alive} daemons alive, nothing to look at",))
    return Health(level=told[0][0], lines=tuple(line for _, line in told))


def _told(found: Status) -> Iterator[tuple[Level, str]]:
    for name in _NEEDED:
        if not any(one.name == name and found.alive(one) for one in found.daemons):
            yield Level.CRITICAL, f"no {name} is alive"
    for one in found.daemons:
        if one.stopped_at is not None:
            continue
        if not found.alive(one):
            yield Level.WARNING, f"{one.name} on {one.host} is silent since {one.heartbeat:%Y-%m-%dT%H:%M:%SZ}"
        elif one.version != __version__:
            yield Level.WARNING, f"{one.name} on {one.host} is OWL {one.version}, this is {__version__}: restart it"
    yield from ((Level.WARNING, alert.text) for alert in found.alerts)
