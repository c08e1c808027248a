"""An account that may not touch another's jobs, and a machine that is taken out: HTCondor says who may and why."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owl.condor.schedd import Schedd
from owl.condor.states import JobStatus
from owl.intent import Command, CommandState, Filter, Selection, Verb
from owl.model import EntryState, State
from owl.pool.personal import PersonalPool
from tests.bench.place import run_of_its_own
from tests.faults.tools import tool
from tests.fixtures.client import client_of
from tests.fixtures.overrides import OVERRIDES
from tests.fixtures.site import DEADLINE, Site, wait_for

pytestmark = pytest.mark.pool

MALLORY = "mallory@owl.personal"
LEVELS = ("READ", "WRITE")
SLOTS = 2


@pytest.fixture(scope="module")
def pool(make_pool: Callable[[str], PersonalPool]) -> Iterator[PersonalPool]:
    """One with two accounts: its own, by the kernel's word, and mallory's, by a token that its key has signed."""
    personal = make_pool("strangers")
    access = {f"ALLOW_{level}": f"$(ALLOW_{level}), {MALLORY}/127.0.0.1" for level in LEVELS}
    key = personal.directory / "tokens" / "POOL"
    key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(key, secrets.token_bytes(64))
    try:
        methods = {"SEC_DEFAULT_AUTHENTICATION_METHODS": "FS, IDTOKENS"}
        personal.up(owl_daemons=False, slots=SLOTS, overrides={**OVERRIDES, **methods, **access})
        with client_of(personal):
            yield personal
    finally:
        personal.down()


def test_a_command_on_another_accounts_job_changes_nothing_and_says_why(site: Site, pool: PersonalPool) -> None:
    """owld runs under an account that HTCondor knows and lets in, but that the job isn't of."""
    run_id = _idle_job(site)
    theirs = _owld(site, _as_mallory(site))
    wait_for(lambda: site.ops.executions(run_id=run_id), f"the blackboard has it\n{site.log('owld')[-2000:]}")
    for verb, value in ((Verb.PRIORITY, 7.0), (Verb.HOLD, None), (Verb.REMOVE, None)):
        made = _told(site, verb, run_id, value)
        [target] = site.ops.commands.targets(made.id)
        assert (made.state, target.state) == (CommandState.FAILED, CommandState.FAILED)
        assert target.result.startswith("HTCondor doesn't permit it: the job is another user's")
        assert set(Schedd().statuses(f'OwlRunId == "{run_id}"').values()) == {JobStatus.IDLE}
    theirs.terminate()
    theirs.wait(DEADLINE)
    _owld(site, {})
    assert _told(site, Verb.HOLD, run_id).state is CommandState.DONE
    assert set(Schedd().statuses(f'OwlRunId == "{run_id}"').values()) == {JobStatus.HELD}


def test_a_machine_is_taken_out_a_waiting_step_is_explained_and_it_is_taken_back_in(site: Site) -> None:
    machine = tool("condor_status", "-af", "Machine").split()[0]
    site.start_daemons()
    wait_for(lambda: any(one.facts.get("schedd") for one in site.ops.status().daemons), "owld is known")
    try:
        assert (
            "it takes no more jobs" in site.owl("node", "drain", machine, "--reason", "disk", "--wait", "60").stdout
        )
        wait_for(lambda: _states() == ["Drained"] * SLOTS, f"every slot is drained: {_states()}")
        assert "it is drained already" in site.owl("node", "drain", machine, "--wait", "60").stdout
        number = site.ops.add("ds1", "gate", parameters={"key": "/etc/hostname"}, requested_by="tester")
        found = wait_for(lambda: site.ops.executions(dataset="ds1", states=[State.IDLE]), "its step waits")
        made = site.ops.commands.request(
            Verb.ANALYZE, Selection(jobs=(found[0].global_job_id,)), requested_by="alice"
        )
        said = site.ops.commands.wait(made.id, DEADLINE).result
        assert f"of {SLOTS} slots" in said.splitlines()[0], said
    finally:
        assert "it takes jobs again" in site.owl("node", "undrain", machine, "--wait", "60").stdout
    assert site.ended([number])[0].state is EntryState.DONE
    verbs = [one.verb for one in site.ops.commands.list()]
    assert verbs.count("drain") == 2 and verbs.count("undrain") == 1


def _idle_job(site: Site) -> str:
    """The id of a run of which one job waits that no slot takes."""
    import htcondor2

    run_id = run_of_its_own(site)
    description = htcondor2.Submit(
        "executable = /bin/true\nrequirements = false\nshould_transfer_files = NO\n"
        f'+OwlRunId = "{run_id}"\n+DAGNodeName = "STEP"\n'
    )
    htcondor2.Schedd().submit(description)
    return run_id


def _told(site: Site, verb: Verb, run_id: str, value: float | None = None) -> Command:
    wanted = Selection(filter=Filter(run_id=run_id, process_name="STEP"))
    made = site.ops.commands.request(verb, wanted, requested_by="mallory", value=value)
    return site.ops.commands.wait(made.id, DEADLINE)


def _owld(site: Site, surroundings: dict[str, str]) -> subprocess.Popen[bytes]:
    site.environment, before = {**site.environment, **surroundings}, site.environment
    try:
        return site.start("owld", "run")
    finally:
        site.environment = before


def _as_mallory(site: Site) -> dict[str, str]:
    folder = site.folder / "tokens"
    folder.mkdir(mode=0o700)
    levels = [word for level in LEVELS for word in ("-authz", level)]
    _write_private(folder / "mallory", tool("condor_token_create", "-identity", MALLORY, *levels).encode())
    return {
        "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": "IDTOKENS",
        "_CONDOR_SEC_TOKEN_DIRECTORY": str(folder),
        "_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY": str(folder),
        # Who can read the pool's key makes himself a token of another account's.
        "_CONDOR_SEC_PASSWORD_DIRECTORY": str(folder),
        "_CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE": str(folder / "none"),
    }


def _states() -> list[str]:
    return tool("condor_status", "-af", "State").split()


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
