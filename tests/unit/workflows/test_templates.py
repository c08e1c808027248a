"""The shipped templates: what the DAGs say, what the jobs run, and that they render with what they declare."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
WORKFLOWS = ("association", "crds_delivery", "imaging")
OWN_VARIABLES = {
    "dataset": "jw93135012001_02108_00001_nrs1",
    "priority": "100",
    "campaign": "",
    "run_id": "run-1",
    "work_dir": "/data/work/run-1",
}

PARENTS = {
    "crds_delivery": {"CRDS_SUBMIT": set(), "CRDS_CONFIRM": {"CRDS_SUBMIT"}},
    "association": {"LEVEL_3": set(), "INGEST_3": {"LEVEL_3"}},
    # As the Monitor pane of the STScI talk shows them.
    "imaging": {
        "CREATE_POD": set(),
        "INGEST_05": {"CREATE_POD"},
        "LEVEL_1": {"CREATE_POD"},
        "INGEST_1A": {"LEVEL_1"},
        "INGEST_1B": {"LEVEL_1", "INGEST_1A"},
        "LEVEL_2A": {"LEVEL_1"},
        "LEVEL_2B": {"LEVEL_2A"},
        "INGEST_2A": {"INGEST_1B", "LEVEL_2A"},
        "INGEST_2B": {"LEVEL_2B", "INGEST_2A"},
    },
}
ALL_JOBS = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.glob("*/*.job"))


def render(path: Path, parameters: Mapping[str, str]) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 (no HTML)
    variables = {**OWN_VARIABLES, "workflow": path.parent.name, **parameters}
    return environment.from_string(path.read_text(encoding="utf-8")).render(variables)


def sample_parameters(workflow: str) -> dict[str, str]:
    declared = tomllib.loads((TEMPLATES / workflow / "workflow.toml").read_text(encoding="utf-8"))
    return {name: f"/data/{name}" for name in declared["parameters"]}


def dag_lines(workflow: str, keyword: str) -> list[list[str]]:
    text = render(TEMPLATES / workflow / f"{workflow}.dag", sample_parameters(workflow))
    return [line.split() for line in text.splitlines() if line.split()[:1] == [keyword]]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_node_has_the_parents_that_the_monitor_shows(workflow: str) -> None:
    parents: dict[str, set[str]] = {words[1]: set() for words in dag_lines(workflow, "JOB")}
    for words in dag_lines(workflow, "PARENT"):
        split = words.index("CHILD")
        for child in words[split + 1 :]:
            parents[child] |= set(words[1:split])
    assert parents == PARENTS[workflow]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_node_has_a_template_and_a_priority_above_its_parents(workflow: str) -> None:
    priorities = {words[1]: int(words[2]) for words in dag_lines(workflow, "PRIORITY")}
    for _, node, file in dag_lines(workflow, "JOB"):
        assert file == f"{node.lower()}_{OWN_VARIABLES['dataset']}.job"
        assert (TEMPLATES / workflow / f"{node.lower()}.job").is_file()
        assert all(priorities[node] > priorities[parent] for parent in PARENTS[workflow][node])


@pytest.mark.parametrize("job", ALL_JOBS)
def test_a_job_renders_with_the_declared_parameters_and_runs_a_program_that_is_there(job: str) -> None:
    path = TEMPLATES / job
    text = render(path, sample_parameters(path.parent.name))
    lines = dict(re.findall(r"^(\+?\w+)\s*=\s*(.*)$", text, flags=re.MULTILINE))
    program = lines["Executable"].replace("$ENV(PIPELINE_BASE)", str(path.parent))
    assert os.access(program, os.X_OK)
    assert lines["stage_name"] == path.stem
    assert lines["+InputDataset"] == f'"{OWN_VARIABLES["dataset"]}"'
    assert lines["+HookKeyword"] == '"OWL"'
    assert lines["+Instances"] == "1"
    assert lines["+Out"] == f'"ALOG_$(log_stamp)_$(stage_name)_{OWN_VARIABLES["dataset"]}.out"'
    assert lines["log_stamp"] == "$$([CurrentTime])"
    assert lines["getenv"] == "True"
    assert lines["Notification"] == "Never"
    assert text.rstrip().endswith("Queue")


@pytest.mark.parametrize("job", ALL_JOBS)
def test_a_job_that_lacks_a_parameter_does_not_render(job: str) -> None:
    path = TEMPLATES / job
    used = [name for name in sample_parameters(path.parent.name) if name in path.read_text(encoding="utf-8")]
    assert used or path.parent.name != "crds_delivery"
    for name in used:
        with pytest.raises(jinja2.UndefinedError, match=name):
            render(path, {k: v for k, v in sample_parameters(path.parent.name).items() if k != name})
