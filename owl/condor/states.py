"""What HTCondor's codes mean in OWL's words: each foreign set of codes is one table.

Sources: HTCondor manual, "Job ClassAd Attributes" (JobStatus, DAG_Status); condor_starter's StarterHookMgr
(the exit hook's reason); DAGMan manual, exit codes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import IntEnum

from owl.model import RunState, State

_log = logging.getLogger(__name__)


class JobStatus(IntEnum):
    """JobStatus in a job ad."""

    IDLE = 1
    RUNNING = 2
    REMOVED = 3
    COMPLETED = 4
    HELD = 5
    TRANSFERRING_OUTPUT = 6
    SUSPENDED = 7
    FAILED = 8
    BLOCKED = 9


class DagStatus(IntEnum):
    """DAG_Status in a condor_dagman job's ad."""

    OK = 0
    ERROR = 1
    NODE_FAILED = 2
    ABORT = 3
    RM = 4
    CYCLE = 5
    HALTED = 6


STATE_OF_STATUS: Mapping[int, State] = {
    JobStatus.IDLE: State.IDLE,
    JobStatus.RUNNING: State.RUNNING,
    JobStatus.REMOVED: State.REMOVED,
    JobStatus.COMPLETED: State.EXITED,
    JobStatus.HELD: State.HELD,
    JobStatus.TRANSFERRING_OUTPUT: State.RUNNING,
    JobStatus.SUSPENDED: State.SUSPENDED,
    JobStatus.FAILED: State.EXITED,
    JobStatus.BLOCKED: State.IDLE,
}

STATE_OF_EXIT_REASON: Mapping[str, State] = {
    "exit": State.EXITED,
    "remove": State.REMOVED,
    "hold": State.HELD,
    "evict": State.EVICTED,
}

RUN_OF_STATUS: Mapping[int, RunState] = {
    JobStatus.IDLE: RunState.IDLE,
    JobStatus.RUNNING: RunState.RUNNING,
    JobStatus.HELD: RunState.HELD,
    JobStatus.TRANSFERRING_OUTPUT: RunState.RUNNING,
    JobStatus.SUSPENDED: RunState.RUNNING,
    JobStatus.BLOCKED: RunState.IDLE,
}

# How a condor_dagman that has left the queue by itself ended, by its exit code.
RUN_OF_EXIT_CODE: Mapping[int, RunState] = {0: RunState.DONE, 1: RunState.FAILED, 2: RunState.ABORTED}


def state_of_status(status: int) -> State:
    """The state that JobStatus tells; an unknown code is told in the log and taken as Idle."""
    if status not in STATE_OF_STATUS:
        _log.warning("HTCondor has an unknown JobStatus %s", status)
    return STATE_OF_STATUS.get(status, State.IDLE)
