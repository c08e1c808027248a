"""Rescues on the real pool: from where they go on, what they change, and what is refused."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from owl.condor import dag as dags
from owl.errors import InvalidName, NotAllowed
from owl.intent import Command, CommandState, RescueOptions, Selection
from owl.model import Entry, EntryState, RunState
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool


@pytest.fixture
def failed(site: Site) -> Site:
    """A run of three steps whose second has failed: the key isn't there."""
    add(site, "ds1")
    site.start_daemons()
    site.start_rescue_server()
    assert ended(site, "ds1").state is EntryState.FAILED
    return site


def add(site: Site, dataset: str) -> int:
    return site.ops.add(dataset, "line", parameters={"key": str(site.folder / "key")}, requested_by="tester")


def ended(site: Site, dataset: str) -> Entry:
    [entry] = site.ended([site.ops.entries(dataset=dataset)[0].id])
    return entry


def rescue(site: Site, code: CommandState = CommandState.DONE, **options: object) -> Command:
    selection = Selection(runs=("ds1",))
    made = site.ops.rescues.request(
        selection,
        requested_by="alice",
        reason="testing",
        options=RescueOptions(**options),  # type: ignore[arg-type]  # a test's own keywords
    )
    found = site.ops.commands.wait(made.id, DEADLINE)
    assert found.state is code, (found, site.log("rescue-server")[-2000:], site.log("shoveler")[-2000:])
    return found


def steps(site: Site) -> list[str]:
    """The executions in their order, by the first letters of their steps."""
    return [row.process_name[0] if row.process_name else "" for row in site.ops.run("ds1").executions]


def rescue_files(site: Site) -> list[Path]:
    return dags.rescue_files(Path(site.ops.run("ds1").run.dag_file or ""))


def test_a_rescue_begins_where_it_is_told_and_its_lineage_says_which_it_is(failed: Site) -> None:
    site = failed
    assert steps(site) == ["F", "S"]
    with pytest.raises(InvalidName, match="needs a reason"):
        RescueOptions(skip={"SECOND": " "})
    said = site.refused("rescue", "ds1", "--set", "colour=blue")
    assert "the workflow line has no 'colour' to set; there are: memory" in said
    told = rescue(site, CommandState.FAILED, from_step="FOURTH")
    assert told.result == "there is no step 'FOURTH'; its steps: FIRST, SECOND, THIRD"

    found = rescue(site)
    assert found.result.startswith(
        "goes on from line_ds1.dag.rescue001: 1 of 3 steps are done; submitted as rescue 1"
    )
    assert ended(site, "ds1").state is EntryState.FAILED
    assert steps(site) == ["F", "S", "S"]

    diff = site.owl("rescue", "ds1", "--set", "memory=256", "--set", "key=/etc/hostname", "--show").stdout
    assert (
        "-request_memory = 128" in diff and "+request_memory = 256" in diff and "+arguments = /etc/hostname" in diff
    )
    found = rescue(site, set={"SECOND.memory": "256"}, from_start=True)
    assert "from the first step: 0 of 3 steps are done, with SECOND.memory=256" in found.result
    assert ended(site, "ds1").state is EntryState.FAILED
    assert steps(site) == ["F", "S", "S", "F", "S"]
    work = Path(site.ops.run("ds1").run.work_dir)
    assert "request_memory = 256" in (work / "second_ds1.job").read_text()
    assert "request_memory = 128" in (work / "third_ds1.job").read_text()

    found = rescue(site, skip={"SECOND": "no key will ever come"}, set={"cpus": "1"})
    assert "without SECOND (no key will ever come): 2 of 3 steps are done" in found.result
    assert "request_memory = 256" in (work / "second_ds1.job").read_text()
    assert ended(site, "ds1").state is EntryState.DONE
    assert steps(site) == ["F", "S", "S", "F", "S", "T"]
    details = site.ops.run("ds1")
    assert [one.requested_by for one in details.submissions] == ["tester", "alice", "alice", "alice"]
    assert "no key will ever come" in rescue_files(site)[-1].read_text()
    with pytest.raises(NotAllowed, match="can't be rescued: it is Done, not failed"):
        site.ops.rescue("ds1", requested_by="bob")


def test_a_rescue_file_that_was_cut_short_is_counted_anew(failed: Site) -> None:
    site = failed
    [path] = rescue_files(site)
    text = path.read_text()
    path.write_text(text[: text.index("DONE FIRST")])
    (site.folder / "key").write_text("here")
    found = rescue(site)
    assert found.result.startswith(f"{path.name} was cut short or changed: counted anew from the node log: 1 of 3")
    assert ended(site, "ds1").state is EntryState.DONE
    assert steps(site) == ["F", "S", "S", "T"]


def test_without_rescue_file_and_node_log_it_is_refused_and_says_what_to_do(failed: Site) -> None:
    site = failed
    [path] = rescue_files(site)
    path.write_text(path.read_text()[:40])
    log = Path(f"{site.ops.run('ds1').run.dag_file}.nodes.log")
    log.rename(log.with_suffix(".away"))
    found = rescue(site, CommandState.FAILED)
    assert "doesn't tell which steps are done; say --from STEP or --from-start" in found.result
    (site.folder / "key").write_text("here")
    found = rescue(site, from_step="SECOND")
    assert "from SECOND: 1 of 3 steps are done" in found.result
    assert ended(site, "ds1").state is EntryState.DONE
    assert steps(site) == ["F", "S", "S", "T"]


def test_a_rescue_is_asked_for_once_and_two_servers_of_one_user_are_refused(failed: Site) -> None:
    site = failed
    server = next(one for one in site.processes if "rescue-server" in str(one.args))
    assert "runs here already" in site.refused("rescue-server")
    server.send_signal(signal.SIGKILL)
    server.wait(DEADLINE)
    (site.folder / "key").write_text("here")
    made = site.ops.rescues.request(Selection(runs=("ds1",)), requested_by="alice")
    with pytest.raises(NotAllowed, match=rf"is being rescued already \(command {made.id}\)"):
        site.ops.rescue("ds1", requested_by="bob")
    assert site.ops.commands.get(made.id).state is CommandState.QUEUED
    site.start_rescue_server()
    assert site.ops.commands.wait(made.id, DEADLINE).state is CommandState.DONE
    assert ended(site, "ds1").state is EntryState.DONE
    assert [one.state for one in site.ops.run("ds1").submissions] == [RunState.RESCUED, RunState.DONE]
    wait_for(lambda: steps(site) == ["F", "S", "S", "T"], lambda: f"{steps(site)}")
