"""What every program of the workflow does around its step: a failure is one line and an exit code."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

from imaging.errors import OutputFailed, StepError


def run_step(step: str, dataset: str, work: Callable[[], str]) -> int:
    """Run `work`, print the summary that it returns and the CPU time; return the exit code.

    A StepError and an error of the disk become one line on standard error. Anything else is a bug and keeps
    its traceback, which the job's log file then shows.
    """
    try:
        summary = work()
    except StepError as error:
        return _fail(step, dataset, error)
    except OSError as error:
        return _fail(step, dataset, OutputFailed(f"{error}: mend the disk and rescue the workflow"))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{step} {dataset}: {summary}; cpu {usage.ru_utime + usage.ru_stime:.2f} s, {usage.ru_maxrss // 1024} MiB"
    )
    return 0


def _fail(step: str, dataset: str, error: StepError) -> int:
    print(f"{step} {dataset}: {error}", file=sys.stderr)
    return error.exit_code
