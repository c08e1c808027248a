"""`owl status --check`: the words and exit codes that monitoring understands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from owl import __version__
from owl.db.control import Alert
from owl.model import Daemon
from owl.ops import Status
from owl.ops.health import Level, health
from tests.fixtures.database import START


def daemon(name: str, silent: float = 1, **given: Any) -> Daemon:
    """A daemon that was heard of so many seconds ago."""
    values = {"host": "h", "pid": 1, "version": __version__, "started_at": START, "facts": {}}
    return Daemon(name=name, heartbeat=START - timedelta(seconds=silent), **{**values, **given})


def status(*daemons: Daemon, alerts: tuple[Alert, ...] = ()) -> Status:
    """What is known of these daemons."""
    return Status(at=START, entries={}, runs={}, executions={}, daemons=daemons, alerts=alerts)


ALERT = Alert(
    id=1,
    kind="breaker",
    scope="pair",
    raised_at=START,
    text="pair stopped",
    details={},
    ended_at=None,
    ended_by=None,
)
WELL = (daemon("shoveler"), daemon("owld"))


@pytest.mark.parametrize(
    ("found", "level", "code", "words"),
    [
        (status(daemon("shoveler"), daemon("owld")), Level.OK, 0, "2 daemons alive"),
        (status(daemon("owld")), Level.CRITICAL, 2, "no shoveler is alive"),
        (
            status(daemon("shoveler", 99), daemon("owld")),
            Level.CRITICAL,
            2,
            "alive; shoveler on h is silent",
        ),
        (
            status(daemon("shoveler"), daemon("owld"), daemon("owld", 99, host="x")),
            Level.WARNING,
            1,
            "owld on x is silent",
        ),
        (status(*WELL, daemon("owld", 99, stopped_at=START)), Level.OK, 0, "alive"),
        (status(daemon("shoveler", version="0.0.9"), daemon("owld")), Level.WARNING, 1, "is OWL 0.0.9, this is"),
        (status(daemon("shoveler"), daemon("owld"), alerts=(ALERT,)), Level.WARNING, 1, "pair stopped"),
    ],
)
def test_the_worst_is_the_level_and_all_is_told(found: Status, level: Level, code: int, words: str) -> None:
    told = health(found)
    assert (told.level, told.level.code) == (level, code)
    assert words in told.words
    assert told.words.startswith(f"{level.upper()}: ")
