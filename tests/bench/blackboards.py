"""Databases as they are after months of operations, for the figures of the GUI: made quickly, not by OWL's daemons.

A million executions are 200,000 runs of five steps over a year: 96 of 100 went well, some failed, a few hundred are
held, running or idle now. Names are as JWST's; ClassAds are a real one's, as large as life.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, column, insert, table, text

from owl.condor.classad import parse_ad
from owl.daemon import utc_now
from owl.db import schema
from owl.db.engine import Database
from owl.db.types import CompressedJson
from owl.model import EntryState, RunState, State

STEPS = ("CREATE_POD", "LEVEL_1", "INGEST_1A", "LEVEL_2A", "INGEST_2A")
OWNERS = ("mary", "mike", "ops", "reproc", "bob")
WORKFLOWS = ("level1", "level2", "level3", "crds_delivery")
INSTRUMENTS = ("nrs1", "nrs2", "nrca1", "nrcb4", "mirifushort", "mirifulong", "nis", "guider1")
SCHEDDS = ("dms1.example.org", "dms2.example.org")
CHUNK = 2000  # runs
SPAN = timedelta(days=365)
_ADS = 64
_DIALECT: Any = None  # the types below need none


def fill(database: Database, executions: int, *, seed: int = 1) -> None:
    """Fill an empty database; the planner gets its statistics where it keeps some."""
    rng = random.Random(seed)
    ads = _ads(rng)
    runs = executions // len(STEPS)
    for start in range(0, runs, CHUNK):
        numbers = range(start, min(runs, start + CHUNK))
        database.write(_insert, rng, numbers, runs, ads)
    database.write(_campaigns)
    database.write(lambda connection: connection.execute(text("ANALYZE")))
    if database.url.get_backend_name() == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))


def dataset(number: int) -> str:
    """The name of a run's dataset: proposal, observation, visit, exposure and detector, as JWST's."""
    proposal, rest = divmod(number, 1000)
    return f"jw{93000 + proposal:05d}{rest // 40:03d}001_02{rest % 40:03d}_00001_{INSTRUMENTS[number % 8]}"


def _insert(connection: Connection, rng: random.Random, numbers: range, total: int, ads: list[bytes]) -> None:
    now = utc_now()
    runs = [_run(rng, number, total, now) for number in numbers]
    connection.execute(insert(schema.dpq), [_entry(run) for run in runs])
    connection.execute(insert(schema.run), runs)
    connection.execute(insert(schema.submission), [_submission(run) for run in runs])
    plain = [
        one if one.name not in ("classad", "told_at") else column(one.name, LargeBinary()) for one in _columns()
    ]
    connection.execute(insert(table("blackboard", *plain)), list(_steps(rng, runs, ads)))


def _columns() -> list[Any]:
    return [column(one.name, one.type) for one in schema.blackboard.columns]


def _run(rng: random.Random, number: int, total: int, now: Any) -> dict[str, Any]:
    created = now - SPAN * (1 - number / total) - timedelta(seconds=30)
    lately = number >= total - min(400, total // 10)
    chance = rng.random()
    state = RunState.DONE if chance < 0.96 else RunState.FAILED
    if lately:
        # So many are held that the list of them fills a page at any size: else a small one is quick by being short.
        state = (RunState.RUNNING, RunState.DONE, RunState.HELD, RunState.IDLE)[number % 4]
    ended = state in (RunState.DONE, RunState.FAILED)
    name, workflow = dataset(number), WORKFLOWS[(number // 7) % 4]
    return {
        "id": f"{created:%Y%m%d-%H%M%S}-{number:08x}",
        "entry_id": number + 1,
        "dataset": name,
        "workflow": workflow,
        "priority": 10 * (number % 7),
        "campaign": f"reproc-{number * 12 // total:02d}" if number % 3 == 0 else "",
        "owner": OWNERS[rng.choices(range(5), (50, 30, 15, 4, 1))[0]],
        "parameters": {"instrument": INSTRUMENTS[number % 8], "raw_dir": "/data/raw"},
        "state": state,
        "submission": 0,
        "work_dir": f"/data/work/{workflow}/{name}/{number:08x}",
        "dag_file": f"{workflow}_{name}.dag",
        "template_digest": f"{number * 5 // total:064x}",
        "created_at": created,
        "ended_at": created + timedelta(seconds=rng.uniform(60, 900)) if ended else None,
        "error": "LEVEL_2A ended with 1" if state is RunState.FAILED else None,
    }


def _entry(run: dict[str, Any]) -> dict[str, Any]:
    states = {RunState.DONE: EntryState.DONE, RunState.FAILED: EntryState.FAILED}
    return {
        "id": run["entry_id"],
        "state": states.get(run["state"], EntryState.ACTIVE),
        "created_by": run["owner"],
        "run_id": run["id"],
        "attempts": 1,
        **{name: run[name] for name in ("dataset", "workflow", "priority", "campaign", "parameters")},
        **{name: run[name] for name in ("created_at", "ended_at", "error")},
    }


def _submission(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run["id"],
        "number": 0,
        "state": run["state"],
        "claimed_by": f"shoveler@{SCHEDDS[0]}",
        "claimed_at": run["created_at"],
        "requested_by": run["owner"],
        "schedd": SCHEDDS[run["entry_id"] % 2],
        "cluster": 10 * run["entry_id"],
        "submitted_at": run["created_at"],
        "ended_at": run["ended_at"],
    }


def _steps(rng: random.Random, runs: list[dict[str, Any]], ads: list[bytes]) -> Iterator[dict[str, Any]]:
    for run in runs:
        start = run["created_at"] + timedelta(seconds=5)
        for place, step in enumerate(STEPS):
            seconds = rng.lognormvariate(3.3, 0.6)
            yield _step(rng, run, place, step, start, seconds, ads)
            start += timedelta(seconds=seconds + 2)


def _step(
    rng: random.Random, run: dict[str, Any], place: int, step: str, start: Any, seconds: float, ads: list[bytes]
) -> dict[str, Any]:
    schedd, cluster = SCHEDDS[run["entry_id"] % 2], 10 * run["entry_id"] + 1 + place
    last = place == len(STEPS) - 1
    state: State = State.EXITED
    code: int | None = 0
    if run["state"] is RunState.FAILED and last:
        state, code = (State.HELD, None) if rng.random() < 0.02 else (State.EXITED, rng.choice((1, 1, 2, 137)))
    if run["state"] is RunState.HELD and last:
        state, code = State.HELD, None
    if run["state"] is RunState.RUNNING and last:
        state, code = State.RUNNING, None
    if run["state"] is RunState.IDLE and last:
        state, code = State.IDLE, None
    began = state is not State.IDLE
    ended = state is State.EXITED
    return {
        "global_job_id": f"{schedd}#{cluster}.0#{int(start.timestamp())}",
        "start_number": 1,
        "state": state,
        "source": "hook",
        "observed_at": start + timedelta(seconds=seconds),
        "run_id": run["id"],
        "dataset": run["dataset"],
        "owner": run["owner"],
        "process_name": step,
        "parent_name": STEPS[place - 1] if place else "",
        "schedd": schedd,
        "cluster": cluster,
        "proc": 0,
        "dagman_cluster": 10 * run["entry_id"],
        "host": f"slot1_{1 + cluster % 16}@node{cluster % 40:02d}.example.org" if began else None,
        "start_time": start if began else None,
        "completion_time": start + timedelta(seconds=seconds) if ended else None,
        "duration": round(seconds, 2) if ended else None,
        "exit_code": code,
        "exit_signal": None,
        "failed": 1 if state is State.HELD or code else None,
        "exit_reason": "exit" if ended else None,
        "hold_code": 12 if state is State.HELD else None,
        "hold_subcode": 2 if state is State.HELD else None,
        "hold_reason": "Transfer output files failure" if state is State.HELD else None,
        "work_dir": run["work_dir"],
        "out": f"{step}_{run['dataset']}.out",
        "err": f"{step}_{run['dataset']}.err",
        "log": f"{run['dataset']}.condor_log",
        "classad": ads[cluster % _ADS],
        "told_at": zlib.compress(f'{{"Exited@hook":{cluster},"host":{cluster},"start_time":{cluster}}}'.encode()),
    }


def _ads(rng: random.Random) -> list[bytes]:
    """A real step's ad in some variants, as the blackboard keeps it."""
    record = Path(__file__).resolve().parent.parent / "data" / "ads" / "hook_exit.rec"
    ad = parse_ad(record.read_text(encoding="utf-8").split("\n\n", 1)[1])
    kind = CompressedJson()
    made = []
    for number in range(_ADS):
        ad |= {"ClusterId": number, "RemoteUserCpu": rng.random(), "Environment": f"X={rng.random()}"}
        made.append(bytes(kind.process_bind_param(ad, _DIALECT) or b""))
    return made


def _campaigns(connection: Connection) -> None:
    rows = [
        {"name": f"reproc-{number:02d}", "description": "", "created_by": "ops", "created_at": utc_now()}
        for number in range(12)
    ]
    connection.execute(insert(schema.campaign), rows)
