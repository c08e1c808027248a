"""The circuit breaker: a workflow of which most of the last runs failed isn't fed until somebody has looked.

It opens again when an operator resumes the workflow, or when a probe run (one at a time) ends well.
"""

from __future__ import annotations

import logging
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from owl.db import blackboard, control, runs
from owl.db.rules import BREAKER, Kind, Pause, Rules
from owl.errors import NotFound
from owl.model import Execution, Run, RunState, State

_log = logging.getLogger(__name__)

ALERT = "breaker"
FAILURES = frozenset({RunState.FAILED, RunState.ABORTED, RunState.LOST})
_ENDS = FAILURES | {RunState.DONE}
_CAUSES = 10
_TAIL = 4096


def look(connection: Connection, workflow: str, rules: Rules, now: datetime) -> None:
    """Stop a workflow, or let it go on, as its last runs say."""
    mine = [one for one in rules.pauses if one.kind is Kind.WORKFLOW and one.scope == workflow]
    if mine:
        if mine[0].paused_by == BREAKER and mine[0].probe_run is not None:
            _probe(connection, mine[0], mine[0].probe_run, now)
        return
    wanted, share = int(rules.value("breaker_runs") or 0), rules.value("breaker_share") or 2.0
    since = control.last_ended(connection, ALERT, workflow)
    lately = runs.ended_lately(connection, workflow, since=since, limit=2 * wanted)
    counted = [run for run in lately if run.state in _ENDS][:wanted]
    failed = [run for run in counted if run.state in FAILURES]
    if len(counted) >= wanted and len(failed) >= share * wanted:
        _stop(connection, workflow, counted, failed, now)


def causes(connection: Connection, failed: Sequence[Run]) -> list[dict[str, object]]:
    """Failures by step, exit code, signal, hold code and last line of the error log; the most frequent first."""
    rows: dict[str, list[Execution]] = {}
    for row in blackboard.of_runs(connection, [run.id for run in failed]):
        if row.run_id is not None and _is_failure(row):
            rows.setdefault(row.run_id, []).append(row)
    counted: Counter[tuple[str, int | None, int | None, int | None, str]] = Counter()
    for run in failed:
        if run.id not in rows:
            counted["", None, None, None, run.error or str(run.state)] += 1
        for row in rows.get(run.id, ()):
            line = last_line(run, row).replace(run.dataset, "…")
            counted[row.process_name or "", row.exit_code, row.exit_signal, row.hold_code, line] += 1
    names = ("step", "exit_code", "signal", "hold_code", "says")
    found = counted.most_common(_CAUSES)
    return [{"failures": n, **dict(zip(names, cause, strict=True))} for cause, n in found]


def last_line(run: Run, row: Execution) -> str:
    """The last line of a step's error log, or its hold's reason; only a log in the run's directory is read."""
    if row.hold_reason and row.state is State.HELD:
        return row.hold_reason
    if not row.err:
        return ""
    home = Path(run.work_dir).resolve()
    path = (home / row.err).resolve()
    if not path.is_relative_to(home):
        return ""
    return next(_lines_from_end(path), "")


def _lines_from_end(path: Path) -> Iterator[str]:
    try:
        # What lies there is a job's: it may be a pipe that never ends.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            file.seek(max(0, status.st_size - _TAIL))
            text = file.read(_TAIL).decode("utf-8", "replace")
            yield from (line.strip()[:300] for line in reversed(text.splitlines()) if line.strip())


def _is_failure(row: Execution) -> bool:
    if row.state is State.EXITED:
        return row.exit_code != 0
    return row.state in (State.HELD, State.LOST, State.ABORTED)


def _stop(
    connection: Connection, workflow: str, counted: Sequence[Run], failed: Sequence[Run], now: datetime
) -> None:
    reason = f"{len(failed)} of the last {len(counted)} failed"
    pause = Pause(kind=Kind.WORKFLOW, scope=workflow, paused_by=BREAKER, paused_at=now, reason=reason)
    control.set_pause(connection, pause)
    found = causes(connection, failed)
    text = f"workflow {workflow} is stopped: {reason}"
    control.raise_alert(connection, ALERT, workflow, text, {"causes": found}, now=now)
    _log.error("%s", text, extra={"action": "breaker_stopped", "workflow": workflow, "causes": found})


def _probe(connection: Connection, pause: Pause, run_id: str, now: datetime) -> None:
    try:
        run = runs.get(connection, run_id)
    except NotFound:
        return
    if run.state is RunState.DONE:
        control.resume(connection, Kind.WORKFLOW, pause.scope)
        by = f"probe {run_id}"
        control.end_alerts(connection, ALERT, pause.scope, by, now=now)
        _log.warning(
            "workflow %s goes on: its probe has ended well",
            pause.scope,
            extra={"action": "breaker_closed", "workflow": pause.scope, "run_id": run_id},
        )
