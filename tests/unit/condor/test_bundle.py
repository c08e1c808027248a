"""A bundle's files: its DAG, DAGMan's word on its nodes, and the rescue file of one of its runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from owl.condor import bundle
from owl.condor.bundle import Nodes
from owl.errors import CheckFailed

DATA = Path(__file__).resolve().parents[2] / "data" / "bundle"
GOOD, BAD = "20260102-030405-00000000", "20260102-030405-00000001"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A bundle's directory with what DAGMan left there: two of three runs are done, of one a node failed."""
    place = tmp_path / "work root" / ".bundles" / "b1"
    shutil.copytree(DATA, place)
    return place


def test_the_dag_names_each_run_by_its_id_and_a_place_without_the_work_roots_name(directory: Path) -> None:
    dag = directory.parents[1] / "wf" / "ds1" / GOOD / "wf_ds1.dag"
    text = bundle.text({GOOD: dag}, directory)
    assert f"\nSPLICE {GOOD} wf_ds1.dag DIR ../../wf/ds1/{GOOD}\n" in text
    assert "\nNODE_STATUS_FILE bundle.status 1 ALWAYS-UPDATE\n" in text


def test_dagmans_word_is_counted_for_each_run(directory: Path) -> None:
    found = bundle.nodes(bundle.statuses(directory))
    assert found[GOOD] == Nodes(total=3, done=3)
    assert found[GOOD].good
    assert found[BAD] == Nodes(total=3, done=1, failed=1, futile=1)
    assert found[BAD].over
    assert not found[BAD].good
    assert len(found) == 3


def test_half_a_status_file_and_none_tell_nothing(directory: Path) -> None:
    path = directory / "bundle.status"
    path.write_text(path.read_text().partition('Type = "StatusEnd"')[0])
    assert bundle.statuses(directory) == {}
    path.unlink()
    assert bundle.statuses(directory) == {}
    path.symlink_to("/etc/passwd")
    assert bundle.statuses(directory) == {}


@pytest.mark.parametrize("lost", ["bundle.status", "bundle.dag.rescue001", None])
def test_a_rescue_skips_what_is_done_of_its_own_run_alone(directory: Path, lost: str | None) -> None:
    if lost is not None:
        (directory / lost).unlink()
    dag = directory / "wf_ds1.dag"
    first, second = (bundle.write_rescue(dag, directory, BAD) for _ in range(2))
    assert [path.name for path in (first, second)] == ["wf_ds1.dag.rescue001", "wf_ds1.dag.rescue002"]
    done = [line for line in first.read_text().splitlines() if line and not line.startswith("#")]
    assert done == ["DONE B"]


@pytest.mark.parametrize("line", ["ABORT-DAG-ON A 3", "  final END end.job", "config dagman.config"])
def test_what_would_touch_the_others_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(CheckFailed, match=rf"^w\.dag:2: {line.split()[0].upper()} can't stand in a workflow that"):
        bundle.check(f"JOB A a.job\n{line}\n", "w.dag")
    bundle.check("JOB FINAL a.job\nRETRY FINAL 3\n", "w.dag")


def test_only_the_bundles_own_prefix_is_taken_from_a_steps_name() -> None:
    assert bundle.plain_node(f"{GOOD}+A", GOOD) == "A"
    assert bundle.plain_node(f"{GOOD}+inner+A", GOOD) == "inner+A"
    assert bundle.plain_node("inner+A", GOOD) == "inner+A"
    assert bundle.plain_node(None, GOOD) is None
    assert bundle.plain_nodes(f"{GOOD}+A,{GOOD}+B", GOOD) == "A,B"
    assert bundle.plain_nodes("A,B", None) == "A,B"
