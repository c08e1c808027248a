"""Where a test lets a poller die."""

from __future__ import annotations

POINTS = (
    "translated",  # its requests are known, nothing is written
    "recording",  # written, not committed
    "recorded",  # committed, its file is where it arrived
    "carried",  # its file has been carried away, the database doesn't know
    "settled",
)
