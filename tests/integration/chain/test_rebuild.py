"""The blackboard made again from HTCondor's histories, the work directories and the node logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.condor.schedd import Schedd
from owl.daemon import utc_now
from owl.db import archive, migrate
from owl.db.engine import Database
from owl.errors import NotAllowed
from owl.model import RunState, State
from owl.owld import rebuild
from tests.fixtures.site import Site, wait_for

pytestmark = pytest.mark.pool


@pytest.fixture
def lived(site: Site) -> Site:
    """A site with a run that went well and one that failed and was rescued."""
    key = site.folder / "key"
    numbers = [
        site.ops.add("good", "pair", priority=3, campaign="c", requested_by="tester"),
        site.ops.add("bad", "gate", parameters={"key": str(key)}, requested_by="tester"),
    ]
    site.start_daemons()
    site.ended(numbers)
    key.touch()
    site.start_rescue_server()
    site.rescued("bad")
    site.ended(numbers)
    site.settled()
    site.stop()
    return site


def test_it_is_the_same_again(lived: Site) -> None:
    told = lived.owl("blackboard", "rebuild", "--into", f"sqlite:///{lived.folder}/again.db").stdout
    assert told.splitlines()[-1] == "2 runs, 5 executions (0 from node logs); 0 differences"
    again = Database(f"sqlite:///{lived.folder}/again.db")
    assert set(again.read(archive.run_states).values()) == {RunState.DONE}


def test_differences_are_told(lived: Site) -> None:
    (row,) = lived.ops.executions(process_name="FIRST")
    lived.app.database.write(archive.remove, [(row.global_job_id, row.start_number)])
    told = lived.owl("blackboard", "rebuild", "--into", f"sqlite:///{lived.folder}/again.db").stdout.splitlines()
    assert told == [
        f"execution {row.global_job_id} start 1: was not there, is Exited 0",
        "2 runs, 5 executions (0 from node logs); 1 differences",
    ]


def test_a_lost_database_is_made_again_and_used(lived: Site) -> None:
    """As an operator does it: there is nothing to compare with, and the work goes on with the next number."""
    lived.environment["OWL_DATABASE_URL"] = f"sqlite:///{lived.folder}/lost.db"
    told = lived.owl("blackboard", "rebuild", "--into", f"sqlite:///{lived.folder}/again.db").stdout
    assert told.startswith(
        "2 runs, 5 executions (0 from node logs); compared with nothing: the database sqlite:///"
    )
    lived.environment["OWL_DATABASE_URL"] = f"sqlite:///{lived.folder}/again.db"
    assert "has runs in it" in lived.refused(
        "blackboard", "rebuild", "--into", f"sqlite:///{lived.folder}/again.db"
    )
    lived.owl("dpq", "add", "next", "pair")
    assert "next" in lived.owl("dpq", "show", "3").stdout
    lived.environment["OWL_WORK_ROOT"] = f"{lived.folder}/nowhere"
    wrong = lived.refused("blackboard", "rebuild", "--into", f"sqlite:///{lived.folder}/other.db", code=1)
    assert "nowhere: there is no such directory" in wrong


def test_what_has_fallen_out_of_the_history_comes_from_the_node_logs(lived: Site) -> None:
    """A schedd whose history begins now stands for one whose history was rotated away."""
    target = Database(f"sqlite:///{lived.folder}/again.db")
    migrate.upgrade(target)
    found = [run for run, _ in rebuild._runs(lived.work_root)]
    target.write(rebuild._seed, found, {}, {})  # the parts of rebuild() without the histories
    told = target.write(rebuild._from_node_logs, found, Schedd().name)
    assert told == 5
    assert target.read(archive.ends) == lived.app.database.read(archive.ends)


def test_a_database_with_runs_in_it_is_refused(lived: Site) -> None:
    with pytest.raises(NotAllowed):
        rebuild.rebuild(lived.app.database, Schedd(), lived.work_root, since=None)


def test_old_executions_are_archived_and_come_back(lived: Site) -> None:
    before = lived.app.database.read(archive.ends)
    assert "0 executions moved" in lived.owl("blackboard", "archive", "--older-than", "1h").stdout
    told = lived.owl("blackboard", "archive", "--older-than", "0h").stdout
    assert told.startswith("5 executions moved to ")
    assert lived.ops.executions() == []
    (file,) = (Path(lived.folder) / "state" / "archive").glob("*.jsonl.gz")
    assert file.stat().st_mode & 0o777 == 0o600, "it holds environments of jobs"
    assert lived.owl("blackboard", "restore", str(file)).stdout == "5 executions are back\n"
    assert lived.owl("blackboard", "restore", str(file)).stdout == "0 executions are back\n"
    assert lived.app.database.read(archive.ends) == before
    (row,) = lived.ops.executions(process_name="FIRST", with_classad=True)
    assert row.classad is not None
    assert row.classad["DAGNodeName"] == "FIRST"


def test_what_has_not_ended_is_never_archived(site: Site) -> None:
    door = site.folder / "door"
    number = site.ops.add("ds1", "door", parameters={"door": str(door)}, requested_by="t")
    site.start_daemons()
    wait_for(lambda: site.ops.executions(states=[State.RUNNING]), "a step runs")
    now = utc_now()
    assert site.app.database.read(archive.finished_before, now, limit=10) == []
    door.touch()
    site.ended([number])


def test_a_file_that_is_no_archive_is_told(desk: Site) -> None:
    wrong = desk.folder / "wrong.jsonl.gz"
    wrong.write_bytes(b"nonsense")
    assert "can't be read" in desk.refused("blackboard", "restore", str(wrong))
    assert "90d" in desk.refused("blackboard", "archive", "--older-than", "soon")
