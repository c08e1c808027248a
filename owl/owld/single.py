"""What is asked of one step alone: why it isn't running, or another priority of its own."""

from __future__ import annotations

from owl.condor import control, priorities
from owl.condor.analysis import analyze
from owl.condor.schedd import Schedd
from owl.errors import NotAllowed, NotFound
from owl.intent import Verb


def carry_out(schedd: Schedd, verb: Verb, job: str, value: float | None) -> str:
    """Do it, and return what came of it.

    Raises:
        NotFound: the job has left the queue.
        NotAllowed: HTCondor doesn't permit it.
        ScheddAway: HTCondor doesn't answer.
    """
    cluster, _, proc = job.partition(".")
    mine = f"ClusterId == {cluster} && ProcId == {proc}"
    found = schedd.queue(mine)
    if not found:
        raise NotFound("it has left the queue")
    if verb is Verb.ANALYZE:
        return analyze(job)
    if verb is Verb.PRIORITY and value is not None:
        new = priorities.with_own(int(found[0].get("jobprio", 0)), int(value))
        _edit(schedd, mine, new)
        return f"its own priority is {int(value)} (JobPrio {new})"
    raise NotAllowed(f"{verb} is for whole runs")


def _edit(schedd: Schedd, job: str, priority: int) -> None:
    try:
        schedd.edit(job, "JobPrio", str(priority))
    except NotAllowed as error:
        if not schedd.statuses(job):
            raise NotFound("it has left the queue") from error
        raise NotAllowed(control.DENIED) from error
