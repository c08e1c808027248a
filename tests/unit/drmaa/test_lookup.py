"""The questions that waits ask."""

from __future__ import annotations

import pytest

from owl.drmaa.jobs import JobKey
from owl.drmaa.lookup import ids_constraint


def keys(cluster: int, *procs: int) -> list[JobKey]:
    return [JobKey(cluster=cluster, proc=proc) for proc in procs]


@pytest.mark.parametrize(
    ("wanted", "expression"),
    [
        ([], "false"),
        (keys(7, 0), "(ClusterId == 7 && member(ProcId, {0}))"),
        (keys(7, 2, 0, 1), "(ClusterId == 7 && ProcId >= 0 && ProcId <= 2)"),
        (
            keys(7, 9, 4, 5, 6, 0),
            "(ClusterId == 7 && (ProcId >= 4 && ProcId <= 6 || member(ProcId, {0, 9})))",
        ),
        (
            [*keys(7, 1), *keys(8, 1)],
            "(ClusterId == 7 && member(ProcId, {1})) || (ClusterId == 8 && member(ProcId, {1}))",
        ),
    ],
)
def test_jobs_are_named_by_stretches(wanted: list[JobKey], expression: str) -> None:
    assert ids_constraint(wanted) == expression


def test_ten_thousand_jobs_of_a_cluster_are_a_short_question() -> None:
    assert len(ids_constraint(keys(1, *range(10_000)))) < 60
