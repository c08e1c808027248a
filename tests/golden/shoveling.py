"""Stories of the shoveler and the heralds: what follows from data, and from no signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from owl.db import alerts, control, dpq
from owl.model import EntryState
from tests.fixtures.database import START


def _finished(connection: Connection) -> None:
    """Every entry of the campaign has ended."""
    for entry in (1, 2):
        for state in (EntryState.CLAIMED, EntryState.DONE):
            dpq.move(connection, entry, state, now=START)
    alerts.finish_campaigns(connection, now=START)


def _over(connection: Connection) -> None:
    control.raise_alert(connection, "daemon", "owld@h", "text", {}, now=START)
    alerts.end_if_open(connection, "daemon", "owld@h", "x", now=START)


STORIES: list[tuple[str, str, Callable[[Connection], Any]]] = [
    ("alerts", "finish_campaigns", _finished),
    ("alerts", "end_if_open", _over),
]
