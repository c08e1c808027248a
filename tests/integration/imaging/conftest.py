"""One simulated night, processed step by step by the real programs, each as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
IMAGING = TEMPLATES / "imaging" / "bin"
DELIVERY = TEMPLATES / "crds_delivery" / "bin"
SEED = 1
ORDER = ("--seed", str(SEED), "--exposures", "4", "--associations", "1", "--leave-out-flat", "F115W")

if str(IMAGING) not in sys.path:
    sys.path.append(str(IMAGING))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a program printed and its exit code."""

    code: int
    out: str
    err: str


def run_program(program: Path, *arguments: str, cwd: Path) -> Outcome:
    """Run a program as a job does: its own process, one thread, the interpreter found on PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    cwd.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [str(program), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


@dataclass(frozen=True, kw_only=True)
class Night:
    """The night's directories, its datasets, and what every step said (by dataset and step)."""

    root: Path
    exposures: Sequence[str]
    association: str
    late_exposure: str
    late_file: str
    deliveries: Mapping[str, str]
    late_delivery: str
    said: dict[tuple[str, str], Outcome] = field(default_factory=dict)

    def work(self, dataset: str) -> Path:
        return self.root / "work" / dataset

    def product(self, dataset: str, suffix: str) -> Path:
        return self.work(dataset) / f"{dataset}{suffix}"

    def run(self, dataset: str, step: str) -> Outcome:
        """Run a step of the imaging workflow and keep what it said."""
        program, arguments = self._command(step)
        outcome = run_program(IMAGING / program, *arguments, "--", dataset, cwd=self.work(dataset))
        self.said[dataset, step] = outcome
        return outcome

    def deliver(self, dataset: str, pathname: str, stage: str) -> Outcome:
        program = DELIVERY / "crds_file_delivery.py"
        options = ("-r", "crds_delivery", "-p", pathname, "-d", str(self.root / "reference"))
        outcome = run_program(program, *options, "--", dataset, stage, cwd=self.work(dataset))
        self.said[dataset, stage] = outcome
        return outcome

    def _command(self, step: str) -> tuple[str, list[str]]:
        if step.startswith("ingest_"):
            return "ingest.py", ["-a", str(self.root / "archive"), "-l", step.removeprefix("ingest_"), "-r", "r1"]
        if step == "create_pod":
            return "create_pod.py", ["-i", str(self.root / "raw")]
        if step == "level_3":
            return "level_3.py", ["-a", str(self.root / "archive"), "-m", ",".join(self.exposures)]
        return f"{step}.py", ["-d", str(self.root / "reference")]


def simulate(directory: Path, *order: str) -> Outcome:
    """Run the simulator as a person does."""
    return run_program(IMAGING / "simulate.py", "--out", str(directory), *order, cwd=directory.parent)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night as the simulator leaves it: nothing is processed, no reference is in place."""
    root = tmp_path_factory.mktemp("night") / "night"
    outcome = simulate(root, *ORDER)
    assert outcome.code == 0, outcome.err
    plan = json.loads((root / "plan.json").read_text(encoding="utf-8"))
    missing = plan["missing"]
    deliveries = {entry["dataset"]: entry["pathname"] for entry in plan["deliveries"]}
    return Night(
        root=root,
        exposures=[entry["dataset"] for entry in plan["exposures"]],
        association=plan["associations"][0]["dataset"],
        late_exposure=missing["dataset"],
        late_file=missing["file"],
        deliveries={**deliveries, missing["delivery"]["dataset"]: missing["delivery"]["pathname"]},
        late_delivery=missing["delivery"]["dataset"],
    )


@pytest.fixture(scope="session")
def night(simulated: Night) -> Night:
    """The night, processed in the order that an operator would see, the failure and its mend included."""
    until_flat = ["create_pod", "ingest_05", "level_1", "ingest_1a", "ingest_1b"]
    from_flat = ["level_2a", "ingest_2a", "level_2b", "ingest_2b"]
    for name, pathname in simulated.deliveries.items():
        if name != simulated.late_delivery:
            for stage in ("submit", "confirm"):
                assert simulated.deliver(name, pathname, stage).code == 0
    for dataset in simulated.exposures:
        late = dataset == simulated.late_exposure
        for step in until_flat + ([] if late else from_flat):
            outcome = simulated.run(dataset, step)
            assert outcome.code == 0, outcome.err
    simulated.said["without flat", "level_2a"] = simulated.run(simulated.late_exposure, "level_2a")
    simulated.said["without member", "level_3"] = simulated.run(simulated.association, "level_3")
    late_path = simulated.deliveries[simulated.late_delivery]
    for stage in ("submit", "confirm"):
        assert simulated.deliver(simulated.late_delivery, late_path, stage).code == 0
    for step in from_flat:
        assert simulated.run(simulated.late_exposure, step).code == 0
    for step in ("level_3", "ingest_3"):
        outcome = simulated.run(simulated.association, step)
        assert outcome.code == 0, outcome.err
    return simulated
