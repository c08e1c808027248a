"""DAGMan's files tell that a run may have ended, once each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from owl import names
from owl.db import bundles, runs
from owl.db.engine import Database
from owl.model import Bundle, RunState
from owl.owld.ends import Ends
from tests.fixtures.database import START, add_entry, at, begin_run, follow, submission


@pytest.fixture
def dag(sqlite: Database, tmp_path: Path) -> Path:
    """The DAG file of a run that is in HTCondor."""
    begin_run(sqlite, add_entry(sqlite))
    path = tmp_path / "pair_ds1.dag"
    sqlite.write(runs.mark_rendered, "run-1", dag_file=str(path), template_digest="0")
    follow(sqlite, "run-1", RunState.RUNNING)
    return path


def status(directory: Path, **nodes: int) -> None:
    """DAGMan's word on the nodes A and B of some runs, put into place as DAGMan does."""
    words = [
        f'[\n  Type = "NodeStatus";\n  Node = "{run}+{node}";\n  NodeStatus = {code};\n]'
        for run, code in nodes.items()
        for node in "AB"
    ]
    temporary = directory / "new"
    temporary.write_text("\n".join([*words, '[\n  Type = "StatusEnd";\n]\n']))
    temporary.replace(directory / names.BUNDLE_STATUS)


def test_what_dagman_writes_at_its_end_tells_once(sqlite: Database, dag: Path) -> None:
    ends = Ends(sqlite)
    assert not ends.look(START)
    dag.with_name(dag.name + ".metrics").write_text("{}")
    assert ends.look(at(0.1)), "it needn't be listed anew for that"
    assert not ends.look(at(0.2))
    assert not ends.look(at(5))


def test_an_end_before_the_first_look_is_told_too_and_a_clock_set_back_stops_nothing(
    sqlite: Database, dag: Path
) -> None:
    ends = Ends(sqlite)
    follow(sqlite, "run-1", RunState.IDLE)
    ends.look(at(7200))
    begin_run(sqlite, add_entry(sqlite, "ds2"), "run-2")
    other = dag.with_name("pair_ds2.dag")
    sqlite.write(runs.mark_rendered, "run-2", dag_file=str(other), template_digest="0")
    follow(sqlite, "run-2", RunState.RUNNING)
    other.with_name(other.name + ".metrics").write_text("{}")
    assert ends.look(START)
    assert not ends.look(at(1.5))


def test_what_has_ended_is_looked_at_no_more(sqlite: Database, dag: Path) -> None:
    ends = Ends(sqlite)
    follow(sqlite, "run-1", RunState.DONE)
    dag.with_name(dag.name + ".metrics").write_text("{}")
    assert not ends.look(START)


def test_a_bundle_tells_as_often_as_one_more_of_its_runs_is_over(sqlite: Database, tmp_path: Path) -> None:
    shared = Bundle(id="b1", workflow="pair", priority=0, directory=str(tmp_path), created_at=START)
    sqlite.write(bundles.create_all, [shared])
    for number, name in enumerate(("r1", "r2")):
        new = begin_run(sqlite, add_entry(sqlite, f"ds{number}"), f"alone-{name}")
        sqlite.write(runs.create, replace(new, id=name), submission(name, bundle_id="b1"))
        follow(sqlite, name, RunState.RUNNING)
    ends = Ends(sqlite)
    status(tmp_path, r1=3, r2=1)
    assert not ends.look(START)
    status(tmp_path, r1=5, r2=1)
    assert ends.look(at(0.1))
    status(tmp_path, r1=5, r2=3)
    assert not ends.look(at(0.2))
    status(tmp_path, r1=5, r2=6)
    assert ends.look(at(0.3))
