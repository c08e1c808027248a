"""`owl reprocess`: 200,000 rows of a catalogue become requests; memory against a tenth of it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from owl.db import dpq
from owl.db.engine import Database
from owl.model import EntryState
from tests.bench.queue import database

ROOT = Path(__file__).resolve().parents[2]
ROWS = 200_000
SELECT = "SELECT dataset, instrument, mode FROM science WHERE id <= :last ORDER BY id"
WORKFLOW = "[parameters.mode]\n"


def figures() -> Iterator[dict[str, Any]]:
    """On SQLite and PostgreSQL; the catalogue is a SQLite file."""
    for kind in ("sqlite", "postgresql"):
        with _place() as folder, database(kind, folder) as made:
            _catalogue(folder / "catalogue.db")
            for rows, more in ((ROWS // 10, ()), (ROWS, ("--dry-run",)), (ROWS, ()), (ROWS, ())):
                before = made.read(dpq.counts).get(EntryState.WAITING, 0)
                seconds, peak = _reprocess(folder, made, rows, more)
                yield {
                    "database": kind,
                    "figure": "reprocess",
                    "rows": rows,
                    "dry_run": bool(more),
                    "inserted": made.read(dpq.counts).get(EntryState.WAITING, 0) - before,
                    "seconds": round(seconds, 1),
                    "rows_per_second": round(rows / seconds),
                    "peak_mb": round(peak / 2**20, 1),
                    "target": "as much memory for ten times the rows",
                    "load_average": os.getloadavg()[0],
                }


def _reprocess(folder: Path, made: Database, rows: int, more: Sequence[str]) -> tuple[float, int]:
    """Run the command; seconds, and bytes of memory at its highest."""
    environment = {
        **os.environ,
        "OWL_STATE_DIR": str(folder),
        "OWL_DATABASE_URL": make_url(made.url).render_as_string(hide_password=False),
        "OWL_TEMPLATE_ROOT": str(folder / "templates"),
        "OWL_CATALOG_URL": f"sqlite:///{folder / 'catalogue.db'}",
    }
    owl = str(Path(sys.executable).with_name("owl"))
    words = [owl, "reprocess", "--select", "select.sql", "--option", f"last={rows}", "--workflow", "w"]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*words, "--campaign", "again", *more], env=environment, cwd=folder, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - start, used.ru_maxrss * 1024


def _catalogue(path: Path) -> None:
    rows = ((number, f"jw{number:08d}", f"instrument{number % 4}", "image") for number in range(1, ROWS + 1))
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE science (id INTEGER PRIMARY KEY, dataset TEXT, instrument TEXT, mode TEXT)")
        made.executemany("INSERT INTO science VALUES (?, ?, ?, ?)", rows)


@contextmanager
def _place() -> Iterator[Path]:
    folder = ROOT / ".owl" / "bench" / f"reprocess-{os.getpid()}"
    (folder / "templates" / "w").mkdir(parents=True)
    (folder / "templates" / "w" / "w.dag").write_text("JOB A a_{{ dataset }}.job\n")
    (folder / "templates" / "w" / "a.job").write_text("executable = /bin/true\nqueue\n")
    (folder / "templates" / "w" / "workflow.toml").write_text(WORKFLOW)
    (folder / "select.sql").write_text(SELECT)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
