"""What the fault tests do to HTCondor, and how they see what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from owl.model import Execution, RunState, State
from owl.pool.personal import PersonalPool
from owl.pool.processes import Process, members, read_environment
from tests.fixtures.site import DATA, DEADLINE, Site, wait_for

SLOTS = 24
# A shadow that lost its starter looks for it until the job's lease is over: 40 minutes unless told otherwise.
# Mail is only sent for jobs that ask for it.
OVERRIDES = {"JOB_DEFAULT_LEASE_DURATION": "15", "MAIL": str(DATA / "slow_mail")}


def start(pool: PersonalPool, spool: Path | None = None) -> None:
    """Start these tests' pool, anew where its master has died; the hook goes on with that spool."""
    pool.up(owl_daemons=False, slots=SLOTS, overrides=OVERRIDES)
    if spool is not None:
        pool.use_spool(spool)  # `up` leads the hook to the pool's own


def add(site: Site, dataset: str, seconds: int = 0) -> int:
    """Ask for two steps: the first sleeps so long, the second takes no time."""
    parameters = {"key": "/etc/hostname", "seconds": seconds}
    return site.ops.add(dataset, "gate", parameters=parameters, requested_by="tester")


def add_door(site: Site, dataset: str, *, second: bool = False) -> int:
    """Ask for two steps: the first runs until `open_door`, so whatever is done to it is done while it runs.

    With `second` the other step has a door too, else it takes no time.
    """
    parameters = {"door": str(_door(site, dataset))}
    if second:
        parameters["second_door"] = str(_door(site, dataset, "second-"))
    return site.ops.add(dataset, "door", parameters=parameters, requested_by="tester")


def open_door(site: Site, *datasets: str) -> None:
    """Let the first step of these datasets end."""
    for dataset in datasets:
        _door(site, dataset).touch()


def open_second_door(site: Site, *datasets: str) -> None:
    """Let the second step of these datasets end."""
    for dataset in datasets:
        _door(site, dataset, "second-").touch()


def _door(site: Site, dataset: str, which: str = "") -> Path:
    return site.folder / f"{which}door-of-{dataset}"


def tool(*command: str) -> str:
    """Run one of HTCondor's own commands; it must work."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def rows(site: Site, dataset: str, process: str) -> Sequence[Execution]:
    """The executions of a step on the blackboard, in the order of their starts."""
    found = site.ops.executions(dataset=dataset, process_name=process, limit=100)
    return sorted(found, key=lambda row: (row.cluster or 0, row.start_number))


def wait_state(site: Site, dataset: str, process: str, *states: State, seconds: float = DEADLINE) -> Execution:
    """Wait until a step's last execution is in one of these states."""

    def look() -> Execution | None:
        found = rows(site, dataset, process)
        return found[-1] if found and found[-1].state in states else None

    return wait_for(look, f"{dataset} {process} is {states}\n{site.log('owld')[-2000:]}", seconds)


def wait_open(site: Site, *datasets: str) -> dict[str, Execution]:
    """Wait until the first step of these datasets runs: on the blackboard, and its program has begun."""

    def has_begun(dataset: str) -> bool:
        return any(site.work_root.glob(f"door/{dataset}/*/begun"))

    for dataset in datasets:
        wait_for(partial(has_begun, dataset), f"the program of {dataset} has begun")
    return {dataset: wait_state(site, dataset, "OPEN", State.RUNNING) for dataset in datasets}


def wait_run(site: Site, dataset: str, state: RunState) -> str:
    """Wait until a dataset's run is in that state; returns its condor_dagman job as HTCondor names it."""

    def look() -> str | None:
        found = site.ops.run(dataset)
        return f"{found.submissions[-1].cluster}.0" if found.run.state is state else None

    return wait_for(look, f"the run of {dataset} is {state}")


def name_of(row: Execution) -> str:
    """A job as HTCondor's commands take it."""
    return f"{row.cluster}.{row.proc}"


def release(job: str) -> None:
    """Let a held job go, as soon as the execution that was held is gone from its machine.

    Before that HTCondor 25.14 may forget it for minutes.
    """
    wait_for(lambda: tool("condor_q", job, "-af", "RemoteHost").split() == ["undefined"], f"{job} is gone")
    tool("condor_release", job)


def processes(pool: PersonalPool, program: str) -> list[Process]:
    """The pool's processes that run a program."""
    return [one for one in members(pool.mark, pool.directory).values() if one.program == program]


def daemon_of(pool: PersonalPool, program: str) -> Process:
    """The one daemon that runs a program: a schedd forks itself to answer, a master to start another."""
    return _alone(lambda: processes(pool, program), program)


def children_of(pool: PersonalPool, parent: Process) -> list[Process]:
    """The pool's processes that this one has started."""
    return [one for one in members(pool.mark, pool.directory).values() if one.parent == parent.pid]


def _alone(find: Callable[[], list[Process]], what: str) -> Process:
    """The one that is there, as soon as what it has forked isn't, which looks like it for a moment."""

    def look() -> Process | None:
        found = find()
        return found[0] if len(found) == 1 else None

    return wait_for(look, f"there is one {what}")


def shadow_of(pool: PersonalPool, row: Execution) -> Process:
    """The condor_shadow of a running job, as soon as it is there."""

    def look() -> Process | None:
        found = [one for one in processes(pool, "condor_shadow") if name_of(row) in one.command]
        return found[0] if found else None

    return wait_for(look, f"{name_of(row)} has a shadow")


def starter_of(pool: PersonalPool, words: str) -> Process:
    """The condor_starter of the running job whose command line has these words in it, as soon as that runs."""

    def look() -> Process | None:
        everything = members(pool.mark, pool.directory)
        jobs = [one for one in everything.values() if words in " ".join(one.command)]
        starters = [everything[job.parent] for job in jobs if job.parent in everything]
        found = [one for one in starters if one.program == "condor_starter"]
        return found[0] if found else None

    return wait_for(look, f"the starter of a job with {words!r}")


def dagman_of(pool: PersonalPool, dataset: str) -> Process:
    """The condor_dagman of a dataset's run."""
    return _alone(lambda: dagmen_of(pool, dataset), f"condor_dagman of {dataset}")


def dagmen_of(pool: PersonalPool, dataset: str) -> list[Process]:
    """The processes that are a condor_dagman of a dataset's run."""
    # Its argv[0] is condor_scheduniv_exec.<job>.
    everything = members(pool.mark, pool.directory).values()
    return [one for one in everything if f"door_{dataset}.dag" in one.command]


def kill(*victims: Process) -> None:
    """kill -9."""
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)


def scratch_of(process: Process) -> str:
    """The scratch directory of a job's process."""
    return read_environment(process.pid).get("_CONDOR_SCRATCH_DIR", "")
