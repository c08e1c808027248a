"""What the demonstration processes: frames of the seeded simulator, as its plan.json tells."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from owl.errors import OperationError

SEED = 1
LEFT_OUT_FLAT = "F200W"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A dataset with the workflow that processes it."""

    dataset: str
    workflow: str
    priority: int
    parameters: Mapping[str, str]
    members: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The demonstration's datasets. `broken` lacks a reference file until `late` has been delivered."""

    folder: Path
    deliveries: tuple[Item, ...]
    exposures: tuple[Item, ...]
    associations: tuple[Item, ...]
    broken: str
    late: Item


def simulate(simulator: Path, folder: Path) -> Plan:
    """Let the simulator make 12 exposures of 2 associations, their references and deliveries.

    Raises:
        OperationError: the simulator fails, as where the extra `demo` isn't installed.
    """
    command = [sys.executable, str(simulator), "--seed", str(SEED), "--out", str(folder)]
    command += ["--exposures", "12", "--associations", "2", "--leave-out-flat", LEFT_OUT_FLAT]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise OperationError(f"the simulator {simulator} failed: {last}; is OWL installed with its extra `demo`?")
    return read_plan(folder)


def read_plan(folder: Path) -> Plan:
    """Read the simulator's plan.json."""
    table = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return Plan(
        folder=folder,
        deliveries=tuple(_item(one, "crds_delivery", 100) for one in table["deliveries"]),
        exposures=tuple(_item(one, "imaging", 50) for one in table["exposures"]),
        associations=tuple(_item(one, "association", 60) for one in table["associations"]),
        broken=table["missing"]["dataset"],
        late=_item(table["missing"]["delivery"], "crds_delivery", 100),
    )


def _item(one: Mapping[str, Any], workflow: str, priority: int) -> Item:
    return Item(
        dataset=one["dataset"],
        workflow=workflow,
        priority=priority,
        parameters=one["parameters"],
        members=tuple(one.get("members", ())),
    )
