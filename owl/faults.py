"""Fault points: where a test lets a daemon die, as by kill -9, between two statements that matter.

They do nothing unless OWL_FAULTS is 1; OWL_FAULT_POINT then says `name:count`, the count-th time that place is
passed. Each daemon names its own places.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

DIED = 137


@dataclass
class Faults:
    """Where to die, if anywhere."""

    name: str = ""
    left: int = 0

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Faults:
        """What the environment says."""
        if environ.get("OWL_FAULTS") != "1":
            return cls()
        name, _, count = environ.get("OWL_FAULT_POINT", "").partition(":")
        return cls(name=name, left=int(count) if count.isdigit() else 1)

    def passing(self, name: str) -> None:
        """Die here if it is the time."""
        if name == self.name:
            self.left -= 1
            if self.left <= 0:
                os._exit(DIED)
