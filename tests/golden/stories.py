"""What the verbs are called on, and calls that a signature alone doesn't give.

A story is a module, a verb and a function that is given the connection. It is called besides what is made from the
verb's signature; instead of that where the verb stands in ONLY_STORIES.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from owl.db import (
    aim,
    archive,
    audit,
    blackboard,
    campaigns,
    commands,
    control,
    daemons,
    dpq,
    failures,
    runs,
)
from owl.db.campaigns import Campaign
from owl.db.failures import Failure
from owl.db.rules import Kind
from owl.intent import CommandState, Filter, Selection, Verb
from owl.model import Daemon, Run, RunState, State
from tests.fixtures.database import JOB, START, at, hook_report, report, submission
from tests.golden import intake, looking, shoveling

Story = tuple[str, str, Callable[[Connection], Any]]


_ENTRY = {
    "dataset": "ds1",
    "workflow": "pair",
    "priority": 0,
    "parameters": {},
    "campaign": "",
    "created_at": START,
    "created_by": "x",
}


def prepare(connection: Connection) -> None:
    """Entries 1 (waiting) and 2 (claimed, with the run run-1), an execution, a daemon, a campaign, an alert."""
    for dataset in ("ds1", "ds2"):
        dpq.add(
            connection,
            dataset=dataset,
            workflow="pair",
            priority=0,
            parameters={},
            campaign="spring",
            created_by="x",
            now=START,
        )
    new = Run(
        id="run-1",
        entry_id=2,
        dataset="ds2",
        workflow="pair",
        priority=0,
        owner="owl",
        state=RunState.CLAIMED,
        work_dir="/w",
        created_at=START,
        parameters={},
    )
    dpq.mark_claimed(connection, 2, "run-1")
    runs.create(connection, new, submission("run-1"))
    blackboard.record(connection, [hook_report(State.RUNNING, 1, run_id="run-1", dataset="ds2", owner="owl")])
    alive = Daemon(name="owld", host="h", pid=1, version="1", started_at=START, heartbeat=START, facts={})
    daemons.beat(connection, alive)
    campaigns.create(connection, _campaign("spring"))
    intake.prepare(connection)
    control.raise_alert(connection, "breaker", "pair", "text", {}, now=START)
    _command(connection)


def _command(connection: Connection) -> int:
    """A command to hold run-1 and its step, which expires at once."""
    targets = aim.targets(connection, Verb.HOLD, Selection(runs=("run-1",), jobs=(JOB,)))
    return commands.request(connection, Verb.HOLD, targets, requested_by="x", now=START, expires_at=START)


def _aim(connection: Connection) -> None:
    names: dict[str, Any] = {
        "dataset": "ds?",
        "workflow": "pair",
        "campaign": "*g",
        "owner": "owl",
        "run_id": "run-*",
    }
    steps = Filter(**names, process_name="F*", host="h*", run_states=(RunState.RUNNING,), failed=True)
    for wanted in (Filter(**names, run_states=(RunState.RUNNING,)), steps):
        for verb in (Verb.HOLD, Verb.RESCUE):
            aim.targets(connection, verb, Selection(filter=wanted))


def _bad_nodes(connection: Connection) -> None:
    failures.add(connection, [Failure(global_job_id="j", start_number=1, failed_at=at(1), run_id="r", host="h")])
    failures.bad_nodes(connection, START, steps=1, failures=1)


def _take(connection: Connection) -> None:
    targets = commands.targets(connection, _command(connection))
    commands.take_one(connection, targets[0], "owld@h")
    commands.take(connection, targets, "owld@h")


def _report(connection: Connection) -> None:
    first, second = commands.targets(connection, _command(connection))
    for target, state in ((first, CommandState.RUNNING), (first, CommandState.DONE), (second, CommandState.FAILED)):
        commands.report(connection, [(target, state, "words")], now=at(1))


def _follow(connection: Connection) -> None:
    for second, state in enumerate((RunState.IDLE, RunState.RUNNING, RunState.DONE)):
        runs.follow(connection, "run-1", 0, state, now=at(second), facts={"nodes_total": 1})


def _changed(connection: Connection) -> None:
    blackboard.record(connection, [report(State.EXITED, 5, exit_code=0), report(State.IDLE, 1, job="s#9.0#1")])


ONLY_STORIES = {
    *intake.ONLY_STORIES,
    *looking.ONLY_STORIES,
    ("dpq", "add_all"),
    ("forms", "among"),
    ("forms", "insert_all"),
    ("forms", "value_of"),
    ("forms", "upsert"),
    ("audit", "add"),
    ("audit", "seal"),
}
_AUDITED = {"verb": "x", "requested_by": "x", "requested_at": START, "state": "done", "ended_at": START}
STORIES: list[Story] = [
    *intake.STORIES,
    *looking.STORIES,
    *shoveling.STORIES,
    ("dpq", "add_all", lambda connection: dpq.add_all(connection, [_ENTRY, _ENTRY], 100)),
    ("runs", "follow", _follow),
    ("runs", "create", lambda connection: runs.create(connection, _run("run-2"), submission("run-2"))),
    ("runs", "create_all", lambda connection: runs.create_all(connection, [_run("run-2")], [submission("run-2")])),
    ("runs", "create_rescue", lambda connection: runs.create_rescue(connection, submission("run-1", 1))),
    ("blackboard", "record", _changed),
    ("aim", "targets", _aim),
    ("failures", "bad_nodes", _bad_nodes),
    ("audit", "add", lambda connection: audit.add(connection, _AUDITED)),
    ("audit", "seal", lambda connection: audit.seal(connection, 1)),
    ("commands", "take", _take),
    ("commands", "report", _report),
    ("commands", "expire", lambda connection: commands.expire(connection, now=at(9))),
    ("archive", "remove", lambda connection: archive.remove(connection, [(JOB, 1)])),
    ("campaigns", "create", lambda connection: campaigns.create(connection, _campaign("autumn"))),
    ("campaigns", "cancel", lambda connection: campaigns.cancel(connection, "spring", "x", now=START)),
    (
        "control",
        "order",
        lambda connection: control.order(connection, "x", requested_by="x", now=at(1), kind=Kind.ALL),
    ),
]


def _campaign(name: str) -> Campaign:
    return Campaign(name=name, description="", created_by="x", created_at=START)


def _run(run_id: str) -> Run:
    return Run(
        id=run_id,
        entry_id=1,
        dataset="ds1",
        workflow="pair",
        priority=0,
        owner="owl",
        state=RunState.CLAIMED,
        work_dir="/w",
        created_at=START,
        parameters={},
    )
