"""Commands for whole runs: a DAGMan job together with the steps that it has in the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from owl.condor import control, halt
from owl.condor.analysis import analyze
from owl.condor.control import Action
from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus
from owl.db import runs
from owl.db.engine import Database
from owl.errors import NotAllowed
from owl.intent import Command, CommandState, Target, Verb
from owl.model import RUN_ENDED, Run, Submission
from owl.owld.reasons import reason_of

_SUSPENDED = "suspended by"  # how a halt file begins that goes with a suspension


@dataclass(frozen=True, kw_only=True)
class _Dag:
    """A run in HTCondor. `shared`: its DAGMan serves other runs too, so only its steps may be touched."""

    schedd: Schedd
    run: Run
    last: Submission
    reason: str
    by: str

    @property
    def dagman(self) -> str:
        return f"{self.last.cluster}.0"

    @property
    def shared(self) -> bool:
        return getattr(self.last, "bundle_id", None) is not None

    @property
    def dag_file(self) -> Path:
        if self.run.dag_file is None:
            raise NotAllowed("it has no DAG yet")
        return Path(self.run.dag_file)

    def steps(self) -> Mapping[str, int]:
        """JobStatus of its steps in the queue."""
        return self.schedd.statuses(f'OwlRunId == "{self.run.id}" && JobUniverse != 7')

    def act(self, action: Action, *from_: JobStatus) -> int:
        """Do something to those of its steps that are in such a state; returns to how many it was done."""
        jobs = [job for job, status in self.steps().items() if not from_ or status in from_]
        return sum(one.good for one in control.act(self.schedd, action, jobs, self.reason).values()) if jobs else 0


def carry_out(
    database: Database, schedd: Schedd, verb: Verb, target: Target, order: Command
) -> tuple[CommandState, str]:
    """Do it, and return where that leaves the command and what came of it.

    Raises:
        NotAllowed: the run's state doesn't allow it.
        ScheddAway: HTCondor doesn't answer.
    """
    run = database.read(runs.get, target.name)
    last = database.read(runs.submissions, target.name)[-1]
    if verb is Verb.REMOVE and run.state in RUN_ENDED:
        return CommandState.DONE, target.result or f"it is {run.state}"
    if run.state in RUN_ENDED:
        raise NotAllowed(f"it is {run.state}")
    if last.cluster is None:
        raise NotAllowed("HTCondor doesn't have it yet; try again in a moment")
    dag = _Dag(schedd=schedd, run=run, last=last, reason=reason_of(order), by=order.requested_by)
    return _CARRY_OUT[verb](dag)


def _hold(dag: _Dag) -> tuple[CommandState, str]:
    """The DAGMan job first: it must not submit anything between the two."""
    if dag.shared:
        number = dag.act(Action.HOLD)
        return CommandState.DONE, f"{_steps(number)} held; its DAG is shared with other runs and goes on"
    _require(control.act(dag.schedd, Action.HOLD, [dag.dagman], dag.reason)[dag.dagman])
    return CommandState.DONE, f"its DAG and {_steps(dag.act(Action.HOLD))} held"


def _release(dag: _Dag) -> tuple[CommandState, str]:
    number = dag.act(Action.RELEASE, JobStatus.HELD)
    if dag.shared:
        return CommandState.DONE, f"{_steps(number)} released"
    found = control.act(dag.schedd, Action.RELEASE, [dag.dagman], dag.reason)[dag.dagman]
    _require(found)
    its_dag = "its DAG and " if found.words == control.done_word(Action.RELEASE) else ""
    return CommandState.DONE, f"{its_dag}{_steps(number)} released"


def _suspend(dag: _Dag) -> tuple[CommandState, str]:
    if not dag.shared:
        halt.halt(dag.dag_file, f"{_SUSPENDED} {dag.reason}")
    number = dag.act(Action.SUSPEND, JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT)
    idle = sum(status == JobStatus.IDLE for status in dag.steps().values())
    more = f"; {_steps(idle)} that wait for a slot may still start" if idle else ""
    halted = "" if dag.shared else ", its DAG starts nothing new"
    return CommandState.DONE, f"{_steps(number)} suspended{halted}{more}"


def _continue(dag: _Dag) -> tuple[CommandState, str]:
    number = dag.act(Action.CONTINUE, JobStatus.SUSPENDED)
    resumed = not dag.shared and halt.resume(dag.dag_file, only=_SUSPENDED)
    return CommandState.DONE, f"{_steps(number)} continued{', its DAG goes on' if resumed else ''}"


def _remove(dag: _Dag) -> tuple[CommandState, str]:
    if dag.shared:
        # DAGMan may submit what comes next: it is done again until the run has ended.
        number = dag.act(Action.REMOVE)
        return CommandState.RUNNING, f"{_steps(number)} removed; its DAG is shared, so it is kept up until it ends"
    number = len(dag.steps())
    _require(control.act(dag.schedd, Action.REMOVE, [dag.dagman], dag.reason)[dag.dagman])
    return CommandState.DONE, f"its DAG and {_steps(number)} removed"


def _halt(dag: _Dag) -> tuple[CommandState, str]:
    _refuse_shared(dag, "hold it")
    done = halt.halt(dag.dag_file, f"halted by {dag.reason}")
    number = len(dag.steps())
    words = "halted" if done else "was halted already"
    return (
        CommandState.DONE,
        f"{words}; {_steps(number)} go on, and where none is left its DAG ends with a rescue file",
    )


def _resume(dag: _Dag) -> tuple[CommandState, str]:
    _refuse_shared(dag, "release it")
    return CommandState.DONE, "goes on" if halt.resume(dag.dag_file) else "it wasn't halted"


def _analyze(dag: _Dag) -> tuple[CommandState, str]:
    idle = [job for job, status in dag.steps().items() if status != JobStatus.RUNNING]
    jobs = idle or [dag.dagman]
    return CommandState.DONE, "\n\n".join(f"{job}: {analyze(job)}" for job in jobs[:5])


_CARRY_OUT: Mapping[Verb, Callable[[_Dag], tuple[CommandState, str]]] = {
    Verb.HOLD: _hold,
    Verb.RELEASE: _release,
    Verb.SUSPEND: _suspend,
    Verb.CONTINUE: _continue,
    Verb.REMOVE: _remove,
    Verb.HALT: _halt,
    Verb.RESUME: _resume,
    Verb.ANALYZE: _analyze,
}


def _require(found: control.Outcome) -> None:
    if not found.good:
        raise NotAllowed(f"its DAGMan job: {found.words}")


def _refuse_shared(dag: _Dag, instead: str) -> None:
    if dag.shared:
        raise NotAllowed(
            f"its DAG is shared with other runs of a bundle; {instead} instead, which is for its steps alone"
        )


def _steps(number: int) -> str:
    return f"{number} step{'' if number == 1 else 's'}"
