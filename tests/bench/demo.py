"""`make demo` from a fresh clone to its end, on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def figures() -> Iterator[dict[str, Any]]:
    """Wall-clock seconds: the virtual environment (with downloads), and what comes after it."""
    clone = ROOT / ".owl" / "bench-clone"
    shutil.rmtree(clone, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OWL_", "CONDOR"))}
    environment |= {"DEMO_EXIT": "1", "OWL_POOL_CACHE": str(ROOT / ".owl" / "htcondor")}
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    install = _seconds(["make", "venv"], clone, environment)
    rest = _seconds(["make", "demo"], clone, environment)
    shutil.rmtree(clone, ignore_errors=True)
    yield {
        "figure": "make_demo",
        "venv_with_downloads_s": round(install, 1),
        "pool_and_demo_s": round(rest, 1),
        "target": "240 s in all, downloads apart",
    }


def _seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    start = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start
