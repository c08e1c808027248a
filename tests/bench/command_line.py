"""`owl --help`: its time, and what it imports."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

HEAVY = ("sqlalchemy", "htcondor2", "flask", "astropy", "alembic", "jinja2", "rich")
ROUNDS = 11


def figures() -> Iterator[dict[str, Any]]:
    """Median wall-clock seconds of `owl --help`, and the heavy modules that it imports (none, it should be)."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "owl.cli.main", "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    code = "import sys, owl.cli.main as m; m.run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    yield {
        "figure": "owl_help",
        "median_s": round(sorted(times)[ROUNDS // 2], 3),
        "heavy_modules": [name for name in HEAVY if f"'{name}'" in loaded],
        "target": "no heavy module",
    }
