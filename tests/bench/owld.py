"""How fast owld brings hook records to the blackboard, and what it takes in memory.

Started as a program it is the owld that is measured: `python -m tests.bench.owld URL SPOOL COUNT`.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from owl.app import App
from owl.config import load_settings
from owl.db import migrate
from owl.db.engine import Database
from owl.owld import spool
from owl.owld.service import BATCH
from tests.fixtures import postgres

RECORDS = 20_000
WAITING = 100_000
DRAINED_OF_WAITING = 5_000
ADS = Path(__file__).resolve().parent.parent / "data" / "ads"


def figures() -> Iterator[dict[str, Any]]:
    """Records a second of one process's CPU core, prepare and exit of each execution, ads as HTCondor sent them.

    Of short steps both come in one batch, and a row is written once; of long ones a row is read and written again.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield _figure("sqlite", f"sqlite:///{folder}/owl.db", Path(folder) / "spool", RECORDS, RECORDS)
    with tempfile.TemporaryDirectory() as folder:
        url, place = f"sqlite:///{folder}/owl.db", Path(folder) / "spool"
        yield _figure("sqlite, long steps", url, place, RECORDS, RECORDS, apart=True)
    with tempfile.TemporaryDirectory() as folder, _postgres(Path(folder)) as url:
        yield _figure("postgresql", url, Path(folder) / "spool", RECORDS, RECORDS)
    with tempfile.TemporaryDirectory() as folder, _postgres(Path(folder)) as url:
        yield _figure("postgresql, long steps", url, Path(folder) / "spool", RECORDS, RECORDS, apart=True)
    with tempfile.TemporaryDirectory() as folder:
        yield _figure(
            "sqlite, many waiting",
            f"sqlite:///{folder}/owl.db",
            Path(folder) / "spool",
            WAITING,
            DRAINED_OF_WAITING,
        )


def _figure(name: str, url: str, place: Path, waiting: int, drained: int, *, apart: bool = False) -> dict[str, Any]:
    _fill(place, waiting, apart=apart)
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    command = [sys.executable, "-m", "tests.bench.owld", url, str(place), str(drained)]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return {
        "figure": "owld_drain",
        "database": name,
        "records_waiting": waiting,
        "records_drained": drained,
        "record_bytes": len(_record(0, "exit")),
        "records_per_s": round(drained / answer["wall_s"]),
        "records_per_cpu_s": round(drained / answer["cpu_s"]),
        "rss_mb": round(answer["rss_mb"], 1),
        "bytes_an_execution": _bytes(url) * 2 // drained if url.startswith("sqlite:///") else None,
        "load": os.getloadavg()[0],
        "target": "5000 records/s, below 150 MB with 100000 waiting",
    }


def _bytes(url: str) -> int:
    """What a SQLite database takes with everything in it, indexes too."""
    file = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(file).stat().st_size


def _fill(place: Path, count: int, *, apart: bool = False) -> None:
    """Records of `count` / 2 steps, each one's end right after its start, or `apart`: after all other starts."""
    spool.make(place)
    for number in range(count):
        job, phase = divmod(number, 2) if not apart else (number % (count // 2), number // (count // 2))
        (place / f"{number:012d}.1.rec").write_bytes(_record(job, "exit" if phase else "prepare"))


def _record(number: int, phase: str) -> bytes:
    """A recorded exit's ad, with all of a job's attributes, as another job's, of this user, for both calls.

    Every number that tells a job from another (times, clusters, sizes) is this job's own.
    """
    recorded = (ADS / "hook_exit.rec").read_bytes()
    if phase == "prepare":  # a second before the end
        recorded = re.sub(rb" exit exit (\d{10})", lambda m: b" prepare - %d" % (int(m[1]) - 1), recorded, count=1)
    head, _, ad = recorded.partition(b"\n\n")
    ad = re.sub(rb"(?m)^(\w+) = (1795\d{6})$", lambda m: b"%s = %d" % (m[1], int(m[2]) + number), ad)
    ad = re.sub(rb"(?m)^(\w+) = (\d+\.\d+)$", lambda m: b"%s = %f" % (m[1], float(m[2]) + number / 997), ad)
    own = {
        b"GlobalJobId": b'"owl@localhost#%d.0#1795357694"' % number,
        b"ClusterId": b"%d" % number,
        b"DAGManJobId": b"%d" % (number // 4),
        b"Iwd": b'"/data/owl/work/imaging/ds%d/run"' % number,
        b"UserLog": b'"/data/owl/work/imaging/ds%d/run/log"' % number,
        b"Owner": b'"%s"' % getpass.getuser().encode(),
    }
    for name, value in own.items():
        ad = re.sub(rb"(?m)^%s = .*$" % name, b"%s = %s" % (name, value), ad)
    return head + b"\n\n" + ad


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server for one figure."""
    place = Path(tempfile.mkdtemp(prefix="owl-pg-", dir="/tmp"))
    account = postgres._account()
    server = postgres.PostgresServer(folder=place, binaries=postgres._binaries(), account=account)
    (place / "socket").mkdir(mode=0o700)
    if account is not None:
        for path in (place, place / "socket"):
            os.chown(path, account.pw_uid, account.pw_gid)
    try:
        server.create()
        server.start()
        server.run("CREATE DATABASE bench")
        yield server.url("bench")
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


def main(url: str, place: str, count: int) -> None:
    """Drain so many records as owld does, and tell what it took."""
    folder = Path(place).parent
    settings = load_settings(
        {}, directory=folder, state_dir=str(folder / "state"), database_url=url, spool_dir=place
    )
    owld = App(settings).owld()
    begun, used = time.monotonic(), time.process_time()
    for _ in range(count // BATCH):
        owld.drain()
    print(
        json.dumps(
            {
                "wall_s": time.monotonic() - begun,
                "cpu_s": time.process_time() - used,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
