"""The queue: claiming out of many entries, and what an idle shoveler costs, on SQLite and PostgreSQL."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text, update

from owl.app import SHOVELER_LOOK
from owl.db import commands, control, dpq, migrate, schema
from owl.db.engine import Database
from owl.db.rules import Kind, Pause
from owl.intent import Verb
from owl.model import EntryState, RunState
from owl.shoveler.claim import Claimant, claim
from tests.fixtures.postgres import PostgresServer

SIZES = (10_000, 1_000_000)
ROUNDS = 100
SHOVEL = 100
CHUNK = 20_000
# Runs that have ended before: on empty tables PostgreSQL plans a session's foreign-key checks as scans of the whole
# table, and keeps that plan until autovacuum has looked at them (a minute).
HISTORY = 20_000
WORKFLOWS, CAMPAIGNS = 4, 3
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ME = Claimant(identity="shoveler@bench", owner="owl", schedd="schedd", work_root=Path("/nowhere"))
OPEN: Mapping[str, float] = {"shovel_size": SHOVEL, "period": 1, "max_active_runs": 1_000_000}


def figures() -> Iterator[dict[str, Any]]:
    """Milliseconds of claims of 100 entries, plain and with a paused workflow at the head of the queue."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            medians: dict[int, float] = {}
            for size in SIZES:
                with database(kind, Path(folder)) as made:
                    fill(made, size)
                    for figure in _claims(made, size):
                        medians.setdefault(size, figure["median_ms"])
                        yield {"database": kind, **figure, "load_average": os.getloadavg()[0]}
                    if size == SIZES[-1]:
                        yield {"database": kind, **_idle(made, size), "load_average": os.getloadavg()[0]}
            ratio = round(medians[SIZES[-1]] / medians[SIZES[0]], 2)
            yield {"database": kind, "figure": "claim_ratio", "ratio": ratio, "target": "at most 2"}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """An empty database with the tables."""
    if kind == "sqlite":
        path = folder / "queue.db"
        path.unlink(missing_ok=True)
        made = Database(f"sqlite:///{path}")
        migrate.upgrade(made)
        yield made
        made.close()
        return
    home = folder / f"pg{len(list(folder.iterdir()))}"
    (home / "socket").mkdir(parents=True, mode=0o700)
    running = PostgresServer(folder=home, binaries=_binaries(), account=None)
    running.create()
    running.start()
    try:
        running.run("CREATE DATABASE queue")
        made = Database(running.url("queue"))
        migrate.upgrade(made)
        yield made
        made.close()
    finally:
        running.stop()


def _binaries() -> Path:
    """The newest server that Debian's packages have put there."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parts[-2]))


def fill(made: Database, size: int) -> None:
    """So many waiting entries of several workflows, campaigns and priorities, and runs that were before."""

    def write(connection: Connection) -> None:
        for start in range(0, size, CHUNK):
            connection.execute(insert(schema.dpq), [_row(n) for n in range(start, min(size, start + CHUNK))])
        connection.execute(insert(schema.run), [_run(n) for n in range(HISTORY)])
        connection.execute(insert(schema.submission), [_submission(n) for n in range(HISTORY)])

    made.write(write)
    if made.engine.dialect.name == "postgresql":
        # As autovacuum does within a minute or so of a load, for seconds on end: this is about a queue that stands.
        # SQLite has statistics only where somebody asks.
        with made.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _row(number: int) -> dict[str, Any]:
    return {
        "dataset": f"jw{number:08d}",
        "workflow": f"workflow{number % WORKFLOWS}",
        "priority": 10 * (number % 7),
        "campaign": f"campaign{number % CAMPAIGNS}" if number % 2 else "",
        "parameters": {"raw_dir": "/data/raw"},
        "state": EntryState.WAITING,
        "created_at": NOW,
        "created_by": "bench",
        "attempts": 0,
    }


def _run(number: int) -> dict[str, Any]:
    """A run that ended long ago; which entry it was of plays no part here."""
    return {
        "id": f"20250101-000000-{number:08x}",
        "entry_id": 1,
        "dataset": f"old{number:08d}",
        "workflow": f"workflow{number % WORKFLOWS}",
        "priority": 0,
        "campaign": "",
        "owner": "owl",
        "parameters": {},
        "state": RunState.DONE,
        "submission": 0,
        "work_dir": "/nowhere",
        "created_at": NOW,
        "ended_at": NOW,
    }


def _submission(number: int) -> dict[str, Any]:
    return {
        "run_id": f"20250101-000000-{number:08x}",
        "number": 0,
        "state": RunState.DONE,
        "claimed_by": "shoveler@bench",
        "claimed_at": NOW,
        "requested_by": "bench",
        "reason": "",
    }


def _claims(made: Database, size: int) -> Iterator[dict[str, Any]]:
    for figure in ("claim", "claim_with_a_paused_workflow"):
        times, vacuumed = [], _vacuumed(made)
        gc.collect()
        gc.freeze()  # as the shoveler does when it starts
        for _ in range(min(ROUNDS, size // SHOVEL // 4)):
            start = time.perf_counter()
            found = made.write(claim, ME, OPEN, SHOVEL, NOW)
            times.append(1000 * (time.perf_counter() - start))
            assert found.runs
            made.write(_ended)
        times.sort()
        yield {
            "figure": figure,
            "waiting": size,
            "entries": SHOVEL,
            "median_ms": round(times[len(times) // 2], 1),
            "p99_ms": round(times[int(0.99 * len(times)) - 1], 1),
            "slowest_ms": [round(one, 1) for one in times[-3:]],
            "autovacuum_beside": _vacuumed(made) - vacuumed,
            "target": "p99 below 20 ms at 1,000,000",
        }
        made.write(control.set_pause, _pause())


def _vacuumed(made: Database) -> int:
    """How often PostgreSQL's autovacuum has looked at a table and ended: it takes a core meanwhile."""
    if made.engine.dialect.name != "postgresql":
        return 0
    told = text("SELECT SUM(autovacuum_count + autoanalyze_count) FROM pg_stat_user_tables")
    return int(made.read(lambda connection: connection.execute(told).scalar_one()))


def _ended(connection: Connection) -> None:
    """What was claimed has ended: limits count what is active."""
    connection.execute(update(schema.run).values(state="Done", ended_at=NOW).where(schema.run.c.state == "Claimed"))


def _pause() -> Pause:
    return Pause(kind=Kind.WORKFLOW, scope="workflow0", paused_by="bench", paused_at=NOW, reason="bench")


def _idle(made: Database, size: int) -> dict[str, Any]:
    """CPU of what a step asks of the database where nothing may go: a limit is reached, a workflow is paused."""
    steps = 200
    full = {**OPEN, "max_active_runs": 0}
    start = time.process_time()
    for _ in range(steps):
        made.read(_look, full)
    step = (time.process_time() - start) / steps
    return {
        "figure": "idle_step",
        "waiting": size,
        "cpu_ms_a_step": round(1000 * step, 2),
        "share_of_a_core": round(step / SHOVELER_LOOK, 4),
        "target": "below 0.005",
    }


def _look(connection: Connection, defaults: Mapping[str, float]) -> None:
    rules = control.rules(connection, defaults)
    commands.open_targets(connection, verbs=[Verb.PRIORITY])
    if rules.room:
        dpq.candidates(connection, limit=1, now=NOW)
