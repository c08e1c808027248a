"""Rescue files: which is believed, and what OWL writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from owl.condor import dag as dags
from owl.condor import rescues
from owl.errors import NotAllowed

DAG = "JOB A a.job\nJOB B b.job\nJOB C c.job\nPARENT A CHILD B\nPARENT B CHILD C\n"
DAGMANS = "# Rescue DAG file, created after running\n# Nodes premarked DONE: 1\n\nDONE A\n"
EARLIER = datetime.now(UTC) - timedelta(minutes=5)


@pytest.fixture
def dag_file(tmp_path: Path) -> Path:
    path = tmp_path / "x.dag"
    path.write_text(DAG, encoding="utf-8")
    return path


def find(dag_file: Path, claimed_at: datetime = EARLIER) -> rescues.Found:
    return rescues.find(dag_file, dags.parse(DAG, "x.dag"), claimed_at=claimed_at)


def test_dagmans_own_file_of_this_submission_is_believed(dag_file: Path) -> None:
    path = dag_file.with_name("x.dag.rescue001")
    path.write_text(DAGMANS, encoding="utf-8")
    assert find(dag_file) == rescues.Found(done=frozenset("A"), path=path, words="goes on from x.dag.rescue001")


@pytest.mark.parametrize("cut", [10, len(DAGMANS) - 8, len(DAGMANS) - 1])
def test_one_that_was_cut_short_anywhere_is_not(dag_file: Path, cut: int) -> None:
    dag_file.with_name("x.dag.rescue001").write_text(DAGMANS[:cut], encoding="utf-8")
    with pytest.raises(NotAllowed, match=r"was cut short or changed.*say --from STEP or --from-start"):
        find(dag_file)


def test_neither_is_one_of_an_earlier_submission_or_of_owls(dag_file: Path) -> None:
    dag_file.with_name("x.dag.rescue001").write_text(DAGMANS, encoding="utf-8")
    with pytest.raises(NotAllowed, match="it left no rescue file"):
        find(dag_file, datetime.now(UTC) + timedelta(minutes=5))
    rescues.write(dag_file, dags.parse(DAG, "x.dag"), {"A", "B"}, {"B": "no flat"}, "without B")
    with pytest.raises(NotAllowed, match="it left no rescue file"):
        find(dag_file)


def test_what_owl_writes_is_whole_and_tells_why(dag_file: Path) -> None:
    dag = dags.parse(DAG, "x.dag")
    path = rescues.write(dag_file, dag, {"A", "B"}, {"B": "no\nflat"}, "without B")
    assert (path.name, rescues.whole(path, dag)) == ("x.dag.rescue001", frozenset({"A", "B"}))
    assert "# B is skipped: no flat\n" in path.read_text(encoding="utf-8")
    assert rescues.write(dag_file, dag, set(), {}, "again").name == "x.dag.rescue002"


def test_a_step_and_all_that_comes_after_it() -> None:
    dag = dags.parse(DAG, "x.dag")
    assert rescues.after(dag, "B") == {"B", "C"}
    with pytest.raises(NotAllowed, match="there is no step 'X'; its steps: A, B, C"):
        rescues.after(dag, "X")
