"""What an installation costs: the wheel's size, `pip install` with all of it in pip's cache, `owl doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.test_wheel import LEFT_OUT
from tests.conftest import ROOT


def figures() -> Iterator[dict[str, Any]]:
    """Megabytes, and wall-clock seconds."""
    with tempfile.TemporaryDirectory(prefix="owl-install-") as name:
        folder = Path(name)
        source = folder / "source"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), str(source)]
        _seconds(build)
        [wheel] = folder.glob("owl_htcondor-*.whl")
        yield {"figure": "wheel", "mb": round(wheel.stat().st_size / 1e6, 2), "target": "below 5"}
        _install(folder / "first", wheel)  # fills pip's cache
        seconds = _install(folder / "second", wheel)
        load = os.getloadavg()[0]
        yield {"figure": "pip_install", "s": round(seconds, 1), "target": "below 20", "load": load}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OWL_")}
        environment = {**kept, "OWL_CONFIG": os.devnull, "OWL_STATE_DIR": str(folder / "state")}
        owl = str(folder / "second" / "bin" / "owl")
        _seconds([owl, "db", "upgrade"], environment)
        # What it finds (nothing of HTCondor's runs) is the same look as on a host that is well.
        times = [_seconds([owl, "doctor", *roles], environment, check=False) for roles in ((), ("--role", "gui"))]
        first, of_gui = (round(seconds, 2) for seconds in times)
        yield {"figure": "first_doctor", "s": first, "of_the_gui_s": of_gui, "target": "below 2", "load": load}


def _install(venv: Path, wheel: Path) -> float:
    _seconds([sys.executable, "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return _seconds([*pip, str(wheel)])


def _seconds(command: list[str], environment: Mapping[str, str] | None = None, *, check: bool = True) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, env=environment, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=check
    )
    return time.perf_counter() - start
