"""Operators' commands while things break: the schedd restarts, owld is down, two rescue servers of one user."""

from __future__ import annotations

import subprocess

import pytest

from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus
from owl.db import commands
from owl.intent import CommandState, Filter, Selection, Verb
from owl.model import EntryState
from owl.pool.personal import PersonalPool
from tests.bench.place import run_of_its_own
from tests.faults.tools import daemon_of, kill
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool

JOBS = 500


def many(site: Site, jobs: int) -> str:
    """Idle jobs of one run that no slot takes, as the blackboard knows them."""
    import htcondor2

    run_id = run_of_its_own(site)
    description = htcondor2.Submit(
        "executable = /bin/true\n"
        "requirements = false\n"
        "should_transfer_files = NO\n"
        f'+OwlRunId = "{run_id}"\n'
        '+DAGNodeName = "STEP"\n'
    )
    htcondor2.Schedd().submit(description, count=jobs)
    wait_for(lambda: len(site.ops.executions(run_id=run_id, limit=jobs)) == jobs, "the blackboard has them")
    return run_id


def test_the_schedd_restarts_in_the_middle_of_a_bulk_command(site: Site, pool: PersonalPool) -> None:
    site.start("owld", "run")
    run_id = many(site, JOBS)
    made = site.ops.commands.request(
        Verb.HOLD, Selection(filter=Filter(run_id=run_id, process_name="STEP")), requested_by="alice"
    )
    assert made.total == JOBS
    schedd = daemon_of(pool, "condor_schedd")
    wait_for(lambda: site.ops.commands.get(made.id).state is not CommandState.QUEUED, "owld has begun")
    kill(schedd)
    done = site.ops.commands.wait(made.id, DEADLINE)
    assert (done.state, done.done, done.failed) == (CommandState.DONE, JOBS, 0), site.log("owld")[-2000:]

    def held() -> bool:
        try:
            found = Schedd().statuses(f'OwlRunId == "{run_id}"')
        except Exception:
            return False
        return len(found) == JOBS and set(found.values()) == {JobStatus.HELD}

    wait_for(held, "all are held")


def test_a_command_waits_for_owld_says_so_and_expires_if_asked_to(site: Site) -> None:
    owld = site.start("owld", "run")
    run_id = many(site, 2)
    owld.terminate()
    owld.wait(DEADLINE)
    waits = Selection(filter=Filter(run_id=run_id, process_name="STEP"))
    patient = site.ops.commands.request(Verb.HOLD, waits, requested_by="alice")
    hasty = site.ops.commands.request(Verb.REMOVE, waits, requested_by="alice", expires_in=0.5)
    [words] = site.ops.commands.waits_for(patient.id)
    assert words.startswith("no owld of ") and words.endswith(" runs: 2 of them wait for it")
    assert "no owld of" in site.owl("hold", "--run", run_id, "--process", "STEP", "--wait", "0.1").stdout
    assert site.ops.commands.wait(hasty.id, DEADLINE).state is CommandState.EXPIRED
    site.start("owld", "run")
    assert site.ops.commands.wait(patient.id, DEADLINE).state is CommandState.DONE
    assert len(Schedd().statuses(f'OwlRunId == "{run_id}"')) == 2


def test_a_user_whom_htcondor_does_not_let_in_changes_nothing_and_is_told_why(site: Site) -> None:
    owld = site.start("owld", "run")
    run_id = many(site, 1)
    owld.terminate()
    owld.wait(DEADLINE)
    stranger = {**site.environment, "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": "CLAIMTOBE"}
    site.environment, before = stranger, site.environment
    site.start("owld", "run")
    site.environment = before
    wanted = Selection(filter=Filter(run_id=run_id, process_name="STEP"))
    made = site.ops.commands.request(Verb.HOLD, wanted, requested_by="mallory")

    def told() -> bool:
        return any("AUTHENTICAT" in one.message.upper() for one in site.ops.status().daemons)

    wait_for(told, f"HTCondor's reason is shown\n{site.log('owld')[-2000:]}")
    assert site.ops.commands.get(made.id).state is not CommandState.DONE
    assert set(Schedd().statuses(f'OwlRunId == "{run_id}"').values()) == {JobStatus.IDLE}


def test_of_two_rescue_servers_of_one_user_with_two_state_directories_one_takes_it(site: Site) -> None:
    number = site.ops.add("ds1", "line", parameters={"key": str(site.folder / "key")}, requested_by="tester")
    site.start_daemons()
    assert site.ended([number])[0].state is EntryState.FAILED
    (site.folder / "key").write_text("here")
    site.start("rescue-server")
    other = {**site.environment, "OWL_STATE_DIR": str(site.folder / "other"), "OWL_DATABASE_URL": _url(site)}
    owl = site.processes[-1].args
    assert isinstance(owl, list)
    site.processes.append(subprocess.Popen(owl, env=other, cwd=site.folder))
    made = site.ops.rescues.request(Selection(runs=("ds1",)), requested_by="alice")
    assert site.ops.commands.wait(made.id, DEADLINE).state is CommandState.DONE
    assert site.ended([number])[0].state is EntryState.DONE
    assert len(site.ops.run("ds1").submissions) == 2
    assert site.app.database.read(commands.being_done, Verb.RESCUE, [site.ops.run("ds1").run.id]) == {}


def _url(site: Site) -> str:
    return f"sqlite:///{site.folder}/state/owl.db"
