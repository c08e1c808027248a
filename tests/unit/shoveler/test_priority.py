"""JobPrio: a band for each priority of requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from owl.condor.priorities import STEP_LIMIT, base, moved
from owl.errors import TemplateError
from owl.model import PRIORITY_LIMIT
from owl.shoveler.priority import check_jobs, check_steps

requests = some.integers(-PRIORITY_LIMIT, PRIORITY_LIMIT)
steps = some.integers(-STEP_LIMIT, STEP_LIMIT)


@given(requests, requests, steps, steps)
def test_every_step_of_a_higher_request_comes_first(one: int, two: int, step: int, other: int) -> None:
    first, second = base(one) + step, base(two) + other
    assert -(2**31) < first < 2**31
    assert first != 0  # DAGMan would take the job description's own priority
    if one != two:
        assert (first > second) == (one > two)
    else:
        assert (first > second) == (step > other)


@given(requests, requests, steps)
def test_a_new_priority_keeps_the_steps_own(old: int, new: int, step: int) -> None:
    assert moved(base(old) + step, new) == base(new) + step
    assert moved(base(new) + step, new) == base(new) + step


def test_a_step_out_of_range_is_told_with_its_line() -> None:
    check_steps("JOB A a.job\nPRIORITY A 999\npriority ALL_NODES -999\n", "x.dag")
    with pytest.raises(TemplateError, match=r"x\.dag:2: PRIORITY A 1000 is out of range"):
        check_steps("JOB A a.job\nPRIORITY A 1000\n", "x.dag")


@pytest.mark.parametrize("line", ["priority = 5", "  Prio=5", "+JobPrio = 5", "my.jobprio = 5"])
def test_a_jobs_own_priority_would_override_dagmans_and_is_refused(line: str) -> None:
    check_jobs({"a.job": "log_priority = 5\n# priority = 5\nqueue\n", "a.dag": "PRIORITY A 5\n"}, Path("w"))
    with pytest.raises(TemplateError, match=r"w/a\.job:2: a job has no .* of its own; give the step a PRIORITY"):
        check_jobs({"a.job": f"executable = /bin/true\n{line}\nqueue\n"}, Path("w"))
