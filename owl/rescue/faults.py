"""Where a test lets the rescue server die."""

from __future__ import annotations

from owl.faults import DIED, Faults

__all__ = ["DIED", "POINTS", "Faults"]

# In the order in which a rescue passes them.
POINTS = (
    "taken",  # the request is this server's
    "rendered",  # what is set is in the run's files
    "written",  # the rescue file is written
    "readied",  # the entry doesn't wait yet
    "asked",  # the entry waits for the shoveler
    "reporting",  # HTCondor has it, the request isn't answered yet
)
