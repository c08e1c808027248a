"""The job hook against the least that could do its work: `sh -c 'cat > f.tmp && mv f.tmp f'`."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from owl import names

CALLS = 200
ROUNDS = 5


def figures() -> Iterator[dict[str, Any]]:
    """CPU milliseconds a call, the best of several rounds that take turns, for the same ad."""
    ad = "\n".join(f'Attribute{i} = "some value of a job ad {i}"' for i in range(150)).encode()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "spool").mkdir()
        hook = place / names.HOOK_PROGRAM
        shutil.copy(names.resource("hooks") / names.HOOK_PROGRAM, hook)
        least = ["sh", "-c", "cat > f.tmp && mv f.tmp f"]
        pairs = [(_cpu([str(hook), "exit"], ad, place), _cpu(least, ad, place)) for _ in range(ROUNDS)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    yield {
        "figure": "hook_cpu",
        "hook_ms": round(ours * 1000, 2),
        "least_ms": round(theirs * 1000, 2),
        "ratio": round(ours / theirs, 2),
        "target": "ratio at most 3",
    }


def _cpu(command: Sequence[str], ad: bytes, folder: Path) -> float:
    """CPU seconds of one call, its children's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(CALLS):
        subprocess.run(command, input=ad, cwd=folder, stdout=subprocess.DEVNULL, check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / CALLS
