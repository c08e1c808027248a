"""Rendering is pure: names and texts come out, and every fault has its file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest

from owl.condor import dag
from owl.errors import InvalidName, StorageError, TemplateError
from owl.workflow import workdir
from owl.workflow.catalog import Workflow, load
from owl.workflow.render import Rendered, Renderer, Request, rendered_name

DAG = "# {{ workflow }} of {{ dataset }}\nJOB A a_{{ dataset }}.job\nPRIORITY A {{ priority + 10 }}\n"
JOB = 'executable = /bin/true\n+InputDataset = "{{ dataset }}"\narguments = {{ pathname }}\nqueue'
TOML = "[parameters.pathname]\ntype = 'path'\ndefault = '/data'\n"


def workflow(folder: Path, **files: str) -> Workflow:
    """A workflow of one job, with some of its files replaced."""
    folder = folder / "pair"
    folder.mkdir(exist_ok=True)
    texts = {"pair.dag": DAG, "a.job": JOB, "workflow.toml": TOML}
    texts |= {name.replace("_", "."): text for name, text in files.items()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder)


def request(**given: Any) -> Request:
    """A request for ds1."""
    values: dict[str, Any] = {
        "dataset": "ds1",
        "priority": 5,
        "campaign": "",
        "run_id": "20260301-120000-0badcafe",
        "work_dir": "/w",
        "parameters": {},
    }
    return Request(**{**values, **given})


def render(made: Workflow, **given: Any) -> Rendered:
    """That workflow rendered once."""
    return Renderer().render(made, request(**given))


def test_files_are_named_after_template_and_dataset_and_hold_the_values(tmp_path: Path) -> None:
    rendered = render(workflow(tmp_path), parameters={"pathname": "/in/x"})
    assert rendered.dag == "pair_ds1.dag"
    assert set(rendered.files) == {"pair_ds1.dag", "a_ds1.job"}
    assert rendered.files["a_ds1.job"] == (
        'executable = /bin/true\n+InputDataset = "ds1"\narguments = /in/x\nqueue\n'
    )
    assert rendered.files["pair_ds1.dag"].startswith("# pair of ds1\nJOB A a_ds1.job\nPRIORITY A 15\n")
    assert "arguments = /data\n" in render(workflow(tmp_path)).files["a_ds1.job"]


def test_every_step_of_the_dag_carries_its_run(tmp_path: Path) -> None:
    text = render(workflow(tmp_path)).files["pair_ds1.dag"]
    assert text.endswith('VARS ALL_NODES +OwlRunId="\\"20260301-120000-0badcafe\\""\n')
    node = dag.parse(text, "x").nodes["A"]
    assert node.macros == {"+OwlRunId": '"20260301-120000-0badcafe"'}
    assert node.priority == 15


@pytest.mark.parametrize(
    ("template", "name"),
    [("crds_submit.job", "crds_submit_ds.1.job"), ("a.b.job", "a.b_ds.1.job"), ("x.dag", "x_ds.1.dag")],
)
def test_a_template_name_becomes_the_talks_file_name(template: str, name: str) -> None:
    assert rendered_name(template, "ds.1") == name


@pytest.mark.parametrize(
    ("job", "place", "why"),
    [
        ("a = 1\n{{ colour }}\n", "a.job:2", "'colour' is undefined; declare it in workflow.toml"),
        ("a = 1\n\n{% if colour %}x{% endif %}", "a.job:3", "'colour' is undefined"),
        ("{{ dataset.nothing }}", "a.job:1", "has no attribute 'nothing'"),
        ("a\nb\n{% for x in y %}\n", "a.job:", "not a valid Jinja2 template"),
        ("{{ dataset }\n", "a.job:1", "not a valid Jinja2 template"),
        ("{% nonsense %}", "a.job:1", "unknown tag 'nonsense'"),
        ("a\n{{ 1 / 0 }}", "a.job:2", "ZeroDivisionError: division by zero"),
        ("{{ dataset | colour }}", "a.job:1", "No filter named 'colour'"),
        ("{% include 'b.job' %}", "a.job:1", "TemplateNotFound"),
        ("{% include '/etc/passwd' %}", "a.job:1", "TemplateNotFound"),
    ],
)
def test_a_fault_of_a_template_is_told_with_its_file_and_line(
    tmp_path: Path, job: str, place: str, why: str
) -> None:
    made = workflow(tmp_path, a_job=job)
    with pytest.raises(TemplateError) as caught:
        render(made)
    message = str(caught.value)
    assert message.startswith(str(made.folder / place))
    assert why in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_a_value_is_text_and_never_a_template(tmp_path: Path) -> None:
    rendered = render(workflow(tmp_path), parameters={"pathname": "{{7*7}}{%include(x)%}"})
    assert "arguments = {{7*7}}{%include(x)%}\n" in rendered.files["a_ds1.job"]


@pytest.mark.parametrize("value", ["/x\nexecutable = /bin/sh", 'x" y', "$(ClusterId)", "$ENV(HOME)", "two words"])
def test_no_value_can_add_a_line_or_a_macro_to_a_submit_file(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidName, match="parameter pathname"):
        render(workflow(tmp_path), parameters={"pathname": value})


def test_a_parameter_cannot_take_the_place_of_owls_own_variable(tmp_path: Path) -> None:
    with pytest.raises(InvalidName, match="no parameter 'dataset'"):
        render(workflow(tmp_path), parameters={"dataset": "other"})


def test_templates_are_compiled_once_for_each_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    real = jinja2.Environment.compile

    def counting(self: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        compiled.append(source)
        return real(self, source, *args, **kwargs)

    monkeypatch.setattr(jinja2.Environment, "compile", counting)
    renderer, made = Renderer(), workflow(tmp_path)
    for number in range(5):
        renderer.render(made, request(dataset=f"ds{number}"))
    assert len(compiled) == 2
    changed = workflow(tmp_path, a_job=JOB + "\n# more\n")
    assert "# more" in renderer.render(changed, request()).files["a_ds1.job"]
    assert len(compiled) == 4


def test_the_same_request_renders_to_the_same_text(tmp_path: Path) -> None:
    made = workflow(tmp_path)
    assert render(made) == render(made)


def test_a_work_directory_is_each_runs_own(tmp_path: Path) -> None:
    assert workdir.place(tmp_path, "pair", "ds1", "r1") == tmp_path / "pair" / "ds1" / "r1"


def test_files_and_the_record_are_written_and_can_be_written_again(tmp_path: Path) -> None:
    long = "x" * 200 + ".job"
    for _ in range(2):
        workdir.write(tmp_path / "a" / "b", {"x.dag": "JOB\n", long: "é\n"}, {"run_id": "r1"})
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["run.json", "x.dag", long]
    assert (tmp_path / "a" / "b" / long).read_text(encoding="utf-8") == "é\n"


def test_a_work_root_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"can't be written .*set work_root in owl.toml") as caught:
        workdir.write(tmp_path / "file" / "run", {}, {})
    assert caught.value.exit_code == 1
