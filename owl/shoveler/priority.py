"""The priority of a request in HTCondor: `JobPrio = 2000 * priority + 1000 + the step's own`.

DAGMan gives a step the sum of its PRIORITY line and the DAG's own priority (HTCondor manual, "Effective node
priorities", since 8.5.7); where the sum is 0 it leaves the job description's own. The manual says that a priority
in the job description is overridden; with 23.9.6 it is the other way round (measured), so OWL refuses it.

With steps from -999 to 999 each priority of requests has a band of its own and no sum is 0: every step of a higher
request comes before every step of a lower one, and within one priority the steps keep their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from owl.condor.priorities import STEP_LIMIT, moved
from owl.condor.schedd import Schedd
from owl.errors import TemplateError

# DAGMan's configuration, from the environment as that of condor_submit_dag's: the priority of the whole DAG.
VARIABLE = "_CONDOR_DAGMAN_DEFAULT_PRIORITY"
_LINE = re.compile(r"^[ \t]*PRIORITY[ \t]+(\S+)[ \t]+([+-]?\d+)", re.IGNORECASE | re.MULTILINE)
_OWN = re.compile(r"^[ \t]*(priority|prio|\+?JobPrio|MY\.JobPrio)[ \t]*=", re.IGNORECASE | re.MULTILINE)
_STEPS = 'OwlRunId == "{run_id}" && JobUniverse != 7'
_DAGMAN = 'OwlRunId == "{run_id}" && JobUniverse == 7'


def check_jobs(files: Mapping[str, str], folder: Path) -> None:
    """Raise `TemplateError` where a job description has a priority of its own, which would override DAGMan's."""
    for name, text in files.items():
        found = _OWN.search(text) if name.endswith(".job") else None
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            raise TemplateError(
                f"{folder / name}:{line}: a job has no {found.group(1)} of its own; "
                f"give the step a PRIORITY line in the DAG (-{STEP_LIMIT} to {STEP_LIMIT})"
            )


def check_steps(dag: str, place: str) -> None:
    """Raise `TemplateError` where a step's priority would leave its request's band."""
    for found in _LINE.finditer(dag):
        if abs(int(found.group(2))) > STEP_LIMIT:
            line = dag.count("\n", 0, found.start()) + 1
            raise TemplateError(
                f"{place}:{line}: PRIORITY {found.group(1)} {found.group(2)} is out of range; "
                f"give a step -{STEP_LIMIT} to {STEP_LIMIT}, the request's own priority counts first"
            )


def apply(schedd: Schedd, run_id: str, priority: int) -> int:
    """Bring a run's jobs in the queue to a priority; returns how many distinct values were changed.

    Steps that DAGMan submits later begin with the priority that the DAG was submitted with, so it is to be done
    again while the run lasts.

    Raises:
        ScheddAway: the schedd didn't take it; what is done stays, and doing it again does no harm.
    """
    steps = _STEPS.format(run_id=run_id)
    there = {int(ad.get("jobprio", 0)) for ad in schedd.queue(steps)}
    wrong = {value for value in there if moved(value, priority) != value}
    for value in sorted(wrong):
        schedd.edit(f"{steps} && JobPrio == {value}", "JobPrio", str(moved(value, priority)))
    dagman = _DAGMAN.format(run_id=run_id)
    if any(int(ad.get("jobprio", 0)) != priority for ad in schedd.queue(dagman)):
        schedd.edit(dagman, "JobPrio", str(priority))
    return len(wrong)
