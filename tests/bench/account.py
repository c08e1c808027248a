"""Which programs of a pool and a site the CPU seconds of a figure went to (proc(5), /proc/PID/stat)."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from owl.pool.personal import PID_FILE, PersonalPool
from tests.fixtures.site import Site

TICK = os.sysconf("SC_CLK_TCK")
# What a daemon's ended children were: their time is in its own figures once it has reaped them.
CHILDREN: Mapping[str, str] = {
    "condor_schedd": "shadows and condor_dagmans",
    "condor_startd": "starters, jobs and hooks",
}


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process: its name, its parent, its own CPU seconds and those of its children that have ended."""

    name: str
    parent: int
    own: float
    children: float


def read(pid: int) -> Process | None:
    """A process as it is now; None where it has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    user, system, of_children, system_of_children = (int(one) / TICK for one in fields[11:15])
    return Process(name=name, parent=int(fields[1]), own=user + system, children=of_children + system_of_children)


def used(pool: PersonalPool, site: Site) -> Mapping[str, float]:
    """CPU seconds so far by program: the pool's daemons with what they started, and OWL's own daemons."""
    master = int((pool.directory / PID_FILE).read_text(encoding="ascii"))
    ours = {one.pid for one in site.processes}
    found: defaultdict[str, float] = defaultdict(float)
    for folder in Path("/proc").glob("[0-9]*"):
        process = read(int(folder.name))
        if process is not None and process.parent == master:
            found[process.name] += process.own
            found[CHILDREN.get(process.name, process.name)] += process.children
        elif process is not None and int(folder.name) in ours:
            found[_command(folder)] += process.own + process.children
    return found


def since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """What was used in between, the most first; what used next to nothing is left out."""
    spent = {name: round(seconds - before.get(name, 0.0), 1) for name, seconds in now.items()}
    return dict(sorted(((name, s) for name, s in spent.items() if s > 0), key=lambda one: -one[1]))


def _command(folder: Path) -> str:
    """`owl shoveler run` is "shoveler"."""
    try:
        words = (folder / "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        words = []
    return next((word for word in words if word in ("shoveler", "owld")), "owl")
