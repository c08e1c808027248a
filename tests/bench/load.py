"""`owl dpq load` of 200,000 entries, as a process, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from tests.bench.queue import database

ENTRIES = 200_000


def figures() -> Iterator[dict[str, Any]]:
    """Seconds of wall clock for a CSV and a JSON file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "templates" / "w").mkdir(parents=True)
        (folder / "templates" / "w" / "w.dag").write_text("JOB A a_{{ dataset }}.job\n")
        (folder / "templates" / "w" / "a.job").write_text("executable = /bin/true\nqueue\n")
        rows = [f"jw{number:08d}" for number in range(ENTRIES)]
        (folder / "rows.csv").write_text("dataset,priority\n" + "".join(f"{row},5\n" for row in rows))
        lines = (json.dumps({"dataset": row, "priority": 5}) for row in rows)
        (folder / "rows.json").write_text("\n".join(lines) + "\n")
        for kind in ("sqlite", "postgresql"):
            for form in ("csv", "json"):
                with database(kind, folder) as made:
                    url = make_url(made.url).render_as_string(hide_password=False)
                    seconds = _load(folder, url, f"rows.{form}")
                yield {
                    "figure": "dpq_load",
                    "database": kind,
                    "form": form,
                    "entries": ENTRIES,
                    "wall_s": round(seconds, 1),
                    "load_average": os.getloadavg()[0],
                    "target": "15 s or less",
                }


def _load(folder: Path, url: str, file: str) -> float:
    environment = {**os.environ, "OWL_DATABASE_URL": url, "OWL_TEMPLATE_ROOT": str(folder / "templates")}
    command = [
        str(Path(sys.executable).with_name("owl")),
        "dpq",
        "load",
        file,
        "--workflow",
        "w",
        "--campaign",
        "c",
    ]
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
