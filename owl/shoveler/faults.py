"""Where a test lets the shoveler die."""

from __future__ import annotations

from owl.faults import DIED, Faults

__all__ = ["DIED", "POINTS", "Faults"]

POINTS = (
    "claiming",  # the claim is written, not committed
    "claimed",
    "written",  # the files are in the work directory
    "checked",
    "rendered",  # the run knows its DAG
    "bundled",  # the bundle's DAG is written
    "submitting",
    "submitted",  # HTCondor has it, the database doesn't know
    "marked",
    "settling",  # the schedd has been asked
    "settled",
)
