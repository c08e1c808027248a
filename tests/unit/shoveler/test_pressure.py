"""Back-pressure: the shoveler slows down before HTCondor refuses, and says why."""

from __future__ import annotations

from typing import Any

import pytest

from owl.condor.load import Load, Pressure, pressure, startable

HTCONDOR: dict[str, Any] = {
    "max_jobs_per_owner": 1000,
    "max_dagmans_per_owner": 500,
    "start_dagmans": "TotalSchedulerJobsRunning < 500",
}


def of(*, idle: float | None = None, total: float | None = None, **figures: Any) -> Pressure:
    """The pressure of a schedd with these figures on shovel-fulls of 20."""
    return pressure(Load(**{**HTCONDOR, **figures}), shovel=20, duty=0.95, idle=idle, total=total)


def test_an_empty_schedd_takes_all() -> None:
    assert of().room >= 20
    assert of().reason == ""


@pytest.mark.parametrize(
    ("figures", "room", "why"),
    [
        ({"duty_cycle": 0.97}, 0, "duty cycle 0.97 of at most 0.95"),
        ({"duty_cycle": 0.8}, 5, "slowly: the schedd's duty cycle is 0.80"),
        ({"idle": 100, "my_jobs": 3}, 0, "limit 100 idle jobs reached: 100 are"),
        ({"jobs": 195}, 5, "limit 200 jobs reached: 195 are"),
        ({"my_jobs": 945}, 5, "near HTCondor's MAX_JOBS_PER_OWNER of 1000"),
        ({"my_jobs": 1200}, 0, "near HTCondor's MAX_JOBS_PER_OWNER"),
        ({"my_dagmans": 497}, 3, "MAX_RUNNING_SCHEDULER_JOBS_PER_OWNER is 500"),
        ({"dagmans": 490}, 10, "starts one where TotalSchedulerJobsRunning < 500"),
        ({"dagmans": 600}, 0, "starts one where"),
    ],
)
def test_the_tightest_limit_tells_why(figures: dict[str, Any], room: int, why: str) -> None:
    load = Load(**{**HTCONDOR, **figures})
    found = pressure(load, shovel=20, duty=0.95, idle=100, total=200 if "jobs" in figures else None)
    assert found.room == room
    assert why in found.reason


def test_an_expression_that_only_htcondor_can_tell_limits_nothing() -> None:
    assert startable('TARGET.Owner == "owl"', 400, 20) == 20
    assert startable("not an expression", 400, 20) == 20
    assert startable("true", 10_000, 20) == 20
