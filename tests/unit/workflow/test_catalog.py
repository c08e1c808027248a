"""A folder below the template root is a workflow; what is wrong with one is told with its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from owl.errors import InvalidName, OwlError, TemplateError, UnknownWorkflow
from owl.workflow.catalog import Catalog
from owl.workflow.values import ValueType

DAG = "JOB A a_{{ dataset }}.job\n"
JOB = "executable = /bin/true\nqueue\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A template root with one good workflow, `pair`."""
    write(tmp_path / "pair", {"pair.dag": DAG, "a.job": JOB})
    return tmp_path


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write some files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_workflow_is_its_dag_its_jobs_and_what_its_toml_declares(root: Path) -> None:
    text = """
        description = "Two steps"
        [products]
        files = ["*.fits"]
        [parameters.pathname]
        type = "path"
        required = true
        description = "where"
        [parameters.level]
        type = "integer"
        default = 2
    """
    write(root / "pair", {"workflow.toml": text, "README.md": "no template"})
    found = Catalog(root).get("pair")
    assert (found.name, found.dag, found.description) == ("pair", "pair.dag", "Two steps")
    assert sorted(found.sources) == ["a.job", "pair.dag"]
    assert found.products == ("*.fits",)
    assert (found.parameters["pathname"].required, found.parameters["pathname"].type) == (True, ValueType.PATH)
    assert found.parameters["level"].default == 2
    assert len(found.digest) == 64


def test_what_an_editor_leaves_behind_is_no_template(root: Path) -> None:
    before = Catalog(root).get("pair")
    write(
        root / "pair",
        {".pair.dag": "x", "#pair.dag": "x", "pair.dag~": "x", ".#a.job": "x", "a.job.swp": "x", "a.job.bak": "x"},
    )
    (root / "pair" / "old.dag").mkdir()
    (root / "pair" / ".#b.job").symlink_to("user@host.1234")
    after = Catalog(root).get("pair")
    assert after.sources == before.sources
    assert after.digest == before.digest


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"pair.dag": None}, "has one .dag template, here are 0"),
        ({"two.dag": DAG}, "has one .dag template, here are 2"),
        ({"workflow.toml": "= nonsense"}, "workflow.toml: not valid TOML"),
        ({"workflow.toml": b"\xff\xfe"}, "workflow.toml: isn't UTF-8 text"),
        ({"a.job": b"caf\xe9"}, "a.job: isn't UTF-8 text \\(byte 3\\)"),
        ({"workflow.toml": "parameters = 3"}, "parameters must be tables"),
        ({"workflow.toml": "[parameters]\nx = 3"}, r"\[parameters.x\]: takes description, type"),
        ({"workflow.toml": "[parameters.x]\ncolour = 3"}, r"\[parameters.x\]: takes description, type"),
        ({"workflow.toml": "[parameters.x]\nrequired = 'yes'"}, r"\[parameters.x\]: takes description, type"),
        ({"workflow.toml": "[parameters.x]\ntype = 'colour'"}, "type is one of string, text, path"),
        ({"workflow.toml": "[parameters.dataset]\n"}, "'dataset' can't be a parameter's name, or is OWL's own"),
        ({"workflow.toml": "[parameters.run_id]\n"}, "'run_id' can't be a parameter's name"),
        ({"workflow.toml": "[parameters.'a-b']\n"}, "'a-b' can't be a parameter's name"),
    ],
)
def test_a_broken_folder_is_told_with_its_place(root: Path, files: dict[str, str | bytes | None], why: str) -> None:
    write(root / "pair", {name: content for name, content in files.items() if content is not None})
    for name, content in files.items():
        if content is None:
            (root / "pair" / name).unlink()
    with pytest.raises(TemplateError, match=why) as caught:
        Catalog(root).get("pair")
    assert str(root / "pair") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_workflow_suggests_the_nearest_or_names_all(root: Path) -> None:
    write(root / "imaging", {"imaging.dag": DAG})
    catalog = Catalog(root)
    with pytest.raises(UnknownWorkflow, match=r"no workflow pairs in .*; did you mean pair\?"):
        catalog.get("pairs")
    with pytest.raises(UnknownWorkflow, match="there are: imaging, pair"):
        catalog.get("zzz")


@pytest.mark.parametrize("name", ["", "..", "../pair", "a/b", "a\nb", ".hidden", "x" * 61])
def test_a_name_never_leads_out_of_the_template_root(root: Path, name: str) -> None:
    with pytest.raises((InvalidName, UnknownWorkflow)):
        Catalog(root / "pair").get(name)


def test_a_missing_template_root_says_which_setting_names_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownWorkflow, match="set template_root"):
        Catalog(tmp_path / "nowhere").get("pair")
    with pytest.raises(UnknownWorkflow, match="set template_root"):
        Catalog(tmp_path / "nowhere").names()


def test_every_workflow_is_listed_by_name(root: Path) -> None:
    write(root / "imaging", {"imaging.dag": DAG})
    write(root / "notes", {"README.md": "none"})
    (root / "loose.dag").touch()
    catalog = Catalog(root)
    assert catalog.names() == ["imaging", "pair"]
    assert [one.name for one in catalog] == ["imaging", "pair"]


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: write(folder, {"a.job": JOB + "# more\n"}),
        lambda folder: write(folder, {"b.job": JOB}),
        lambda folder: (folder / "a.job").unlink(),
        lambda folder: write(folder, {"workflow.toml": "description = 'new'"}),
    ],
)
def test_a_changed_file_is_seen_at_the_next_look(root: Path, change: Callable[[Path], object]) -> None:
    catalog = Catalog(root)
    before = catalog.get("pair")
    assert catalog.get("pair") is before
    change(root / "pair")
    assert catalog.get("pair").digest != before.digest


def test_a_file_of_the_same_size_and_time_that_was_put_in_its_place_is_seen(root: Path) -> None:
    catalog = Catalog(root)
    before = catalog.get("pair")
    path = root / "pair" / "a.job"
    stat = path.stat()
    new = path.with_name("new")
    new.write_text(JOB.replace("true", "fals"))
    os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    new.replace(path)
    assert catalog.get("pair").sources != before.sources


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_file_that_cannot_be_read_is_told(root: Path) -> None:
    (root / "pair" / "a.job").chmod(0)
    with pytest.raises(OwlError, match="can't be read"):
        Catalog(root).get("pair")
