"""OWL's nouns: one frozen dataclass each, one enum a set of states, and the transition table.

Times are aware datetimes in UTC; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# A priority fits JobPrio (a 32-bit integer of HTCondor's) with room for the steps' own on top.
PRIORITY_LIMIT = 1_000_000


class EntryState(StrEnum):
    """What has become of a request in the DPQ."""

    WAITING = "Waiting"
    CLAIMED = "Claimed"  # a shoveler has taken it; HTCondor may or may not have it yet
    ACTIVE = "Active"  # HTCondor has it
    DONE = "Done"
    FAILED = "Failed"
    REMOVED = "Removed"


class RunState(StrEnum):
    """Where a run (and each of its submissions) stands."""

    CLAIMED = "Claimed"
    IDLE = "Idle"
    RUNNING = "Running"
    FUTILE = "Futile"  # still in the queue, but a step has failed, so it can't end as Done
    HELD = "Held"
    DONE = "Done"
    FAILED = "Failed"
    ABORTED = "Aborted"
    REMOVED = "Removed"
    LOST = "Lost"  # neither in the schedd's queue nor in its history
    RESCUED = "Rescued"  # a failed submission that a rescue goes on from


class State(StrEnum):
    """The state of one execution of a job step."""

    IDLE = "Idle"
    STARTING = "Starting"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    HELD = "Held"
    EVICTED = "Evicted"
    LOST = "Lost"
    EXITED = "Exited"
    REMOVED = "Removed"
    ABORTED = "Aborted"


class Role(StrEnum):
    """What an account may do; each role may do what the one before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


ENDED = frozenset({State.EVICTED, State.LOST, State.EXITED, State.REMOVED, State.ABORTED})
RUN_ENDED = frozenset(
    {RunState.DONE, RunState.FAILED, RunState.ABORTED, RunState.REMOVED, RunState.LOST, RunState.RESCUED}
)
ENTRY_ENDED = frozenset({EntryState.DONE, EntryState.FAILED, EntryState.REMOVED})
RESCUABLE = frozenset({RunState.FAILED, RunState.ABORTED, RunState.REMOVED, RunState.LOST})

_AFTER_START = frozenset({State.SUSPENDED, State.HELD}) | ENDED

# From each state the states that may follow it, whatever order the reports come in. Reports of one
# execution come late, twice and from hosts whose clocks differ; a move that isn't here is an older
# report and is ignored.
FORWARD: Mapping[State, frozenset[State]] = {
    State.IDLE: frozenset(State) - {State.IDLE},
    State.STARTING: frozenset({State.RUNNING}) | _AFTER_START,
    State.RUNNING: _AFTER_START,
    State.SUSPENDED: _AFTER_START - {State.SUSPENDED},
    State.HELD: frozenset({State.REMOVED, State.ABORTED}),
    State.LOST: frozenset({State.HELD}) | (ENDED - {State.LOST}),
    State.EVICTED: frozenset(),
    State.EXITED: frozenset(),
    State.REMOVED: frozenset({State.ABORTED}),  # the hook saw the removal, the history knows whose it was
    State.ABORTED: frozenset(),
}

# Moves that are true only when the report is newer than what is known: both directions exist in life.
# A job can be held, evicted or removed after its exit, while its output is being transferred.
IF_NEWER: Mapping[State, frozenset[State]] = {
    State.SUSPENDED: frozenset({State.RUNNING}),
    State.HELD: frozenset(State) - {State.HELD},
    State.EXITED: frozenset({State.HELD, State.EVICTED, State.REMOVED, State.ABORTED}),
    # The exit hook says "evict" for a hold or a removal that comes through the claim; the schedd knows better.
    State.EVICTED: frozenset({State.HELD, State.REMOVED, State.ABORTED}),
}

# Where the schedd's history tells one of these, it is so, whatever others told and when: the job is off the queue.
# (Of earlier executions it is only inferred that they were Evicted or Lost, and a hook may know better.)
LAST_WORD = frozenset({State.EXITED, State.REMOVED, State.ABORTED})

ENTRY_FORWARD: Mapping[EntryState, frozenset[EntryState]] = {
    EntryState.WAITING: frozenset({EntryState.CLAIMED, EntryState.REMOVED, EntryState.FAILED}),
    EntryState.CLAIMED: frozenset(
        {EntryState.WAITING, EntryState.ACTIVE, EntryState.FAILED, EntryState.DONE, EntryState.REMOVED}
    ),
    EntryState.ACTIVE: ENTRY_ENDED,
    EntryState.DONE: frozenset(),
    EntryState.FAILED: frozenset({EntryState.WAITING}),
    EntryState.REMOVED: frozenset({EntryState.WAITING}),
}

RUN_FORWARD: Mapping[RunState, frozenset[RunState]] = {
    RunState.CLAIMED: frozenset(RunState) - {RunState.CLAIMED},
    RunState.IDLE: frozenset(RunState) - {RunState.CLAIMED, RunState.IDLE},
    RunState.RUNNING: frozenset(RunState) - {RunState.CLAIMED, RunState.RUNNING},
    RunState.FUTILE: frozenset(RunState) - {RunState.CLAIMED, RunState.FUTILE, RunState.RUNNING},
    RunState.HELD: frozenset(RunState) - {RunState.CLAIMED, RunState.HELD},
    RunState.LOST: frozenset(RunState) - {RunState.CLAIMED, RunState.LOST},
    RunState.DONE: frozenset(),
    RunState.FAILED: frozenset({RunState.RESCUED}),
    RunState.ABORTED: frozenset({RunState.RESCUED}),
    RunState.REMOVED: frozenset({RunState.RESCUED}),
    RunState.RESCUED: frozenset(),
}

# How an entry of the DPQ ends when its run ends so.
ENTRY_OF_RUN: Mapping[RunState, EntryState] = {
    RunState.IDLE: EntryState.ACTIVE,
    RunState.RUNNING: EntryState.ACTIVE,
    RunState.FUTILE: EntryState.ACTIVE,
    RunState.HELD: EntryState.ACTIVE,
    RunState.DONE: EntryState.DONE,
    RunState.FAILED: EntryState.FAILED,
    RunState.ABORTED: EntryState.FAILED,
    RunState.LOST: EntryState.FAILED,
    RunState.REMOVED: EntryState.REMOVED,
}


def may_follow(current: State, reported: State, *, newer: bool) -> bool:
    """Whether an execution that is `current` becomes `reported`; `newer`: the report is the later one."""
    if reported in FORWARD[current]:
        return True
    return newer and reported in IF_NEWER.get(current, frozenset())


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A request in the DPQ: process this dataset with this workflow at this priority (larger is sooner)."""

    id: int
    dataset: str
    workflow: str
    priority: int
    state: EntryState
    created_at: datetime
    created_by: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    campaign: str = ""
    run_id: str | None = None
    attempts: int = 0
    not_before: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None
    rescue_by: str | None = None
    rescue_reason: str | None = None
    rescue_owner: str | None = None
    event_id: int | None = None  # the file event it came of


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One condor_dagman job of a run: number 0 is the first, n the n-th rescue."""

    run_id: str
    number: int
    state: RunState
    claimed_by: str
    claimed_at: datetime
    requested_by: str
    reason: str = ""
    schedd: str | None = None
    cluster: int | None = None
    global_job_id: str | None = None
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    hold_reason: str | None = None
    nodes_total: int | None = None
    nodes_done: int | None = None
    nodes_failed: int | None = None
    nodes_futile: int | None = None
    bundle_id: str | None = None  # other runs share its DAGMan job


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Runs of one workflow and one priority under one condor_dagman; each is a splice named by its run's id."""

    id: str
    workflow: str
    priority: int
    directory: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Run:
    """One attempt at an entry: a work directory and a DAG. A rescue continues it."""

    id: str
    entry_id: int
    dataset: str
    workflow: str
    priority: int
    owner: str
    state: RunState
    work_dir: str
    created_at: datetime
    parameters: Mapping[str, Any] = field(default_factory=dict)
    campaign: str = ""
    submission: int = 0
    template_digest: str | None = None
    dag_file: str | None = None
    ended_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One row of the blackboard: one start of a job step on a machine."""

    global_job_id: str
    start_number: int
    state: State
    source: str
    observed_at: datetime
    run_id: str | None = None
    dataset: str | None = None
    owner: str | None = None
    process_name: str | None = None
    parent_name: str | None = None
    schedd: str | None = None
    cluster: int | None = None
    proc: int | None = None
    dagman_cluster: int | None = None
    host: str | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    duration: float | None = None
    exit_code: int | None = None
    exit_signal: int | None = None
    exit_reason: str | None = None
    hold_code: int | None = None
    hold_subcode: int | None = None
    hold_reason: str | None = None
    work_dir: str | None = None
    out: str | None = None
    err: str | None = None
    log: str | None = None
    classad: Mapping[str, Any] | None = None
    told_at: Mapping[str, int] | None = None  # what told each field and state last: see owl.db.knowledge


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A daemon's own words about itself; alive while `heartbeat` is recent."""

    name: str
    host: str
    pid: int
    version: str
    started_at: datetime
    heartbeat: datetime
    stopped_at: datetime | None = None
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class HostRole(StrEnum):
    """What a host does in a pool."""

    MANAGER = "manager"
    SUBMIT = "submit"
    EXECUTE = "execute"
    GUI = "gui"
