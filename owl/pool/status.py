"""What a personal pool is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class PoolStatus:
    """What the pool is doing. `daemons` maps names as in DAEMON_LIST to process ids."""

    running: bool
    directory: Path
    master_pid: int | None = None
    collector: str | None = None
    version: str | None = None
    slots: int = 0
    ready: bool = False
    daemons: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
