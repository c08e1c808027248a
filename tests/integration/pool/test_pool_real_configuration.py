"""What the running HTCondor makes of the roles' files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from owl import names
from owl.pool.configuration import ROLE_FILES
from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool


def value(pool: PersonalPool, *arguments: str) -> str:
    command = pool.command([str(pool.installation.bin / "condor_config_val"), *arguments])
    done = subprocess.run(command, env=pool.environment(), capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


@pytest.mark.parametrize("hook", ["PREPARE_JOB", "JOB_EXIT"])
def test_the_hooks_lead_to_the_program_that_lies_in_the_pool(pool: PersonalPool, hook: str) -> None:
    program = Path(value(pool, f"OWL_HOOK_{hook}"))

    assert program == pool.directory / "hooks" / names.HOOK_PROGRAM
    # HTCondor refuses a hook that others can write to, or whose directory they can write to.
    assert program.stat().st_mode & 0o777 == 0o755
    assert program.parent.stat().st_mode & 0o022 == 0


def test_all_roles_run_and_owls_daemons_only_where_they_are_wanted(pool: PersonalPool) -> None:
    daemons = set(value(pool, "DAEMON_LIST").replace(",", " ").split())

    assert {"MASTER", "COLLECTOR", "NEGOTIATOR", "SCHEDD", "STARTD"} <= daemons
    assert not {"OWLD", "OWL_SHOVELER", "OWL_RESCUE"} & daemons


def test_every_knob_of_the_role_files_is_what_htcondor_uses(pool: PersonalPool) -> None:
    """A misspelt file name, a lost include or a later override would show here."""
    wanted = {"NEGOTIATOR_INTERVAL": "1", "NEGOTIATOR_MIN_INTERVAL": "1", "DAGMAN_USER_LOG_SCAN_INTERVAL": "1"}

    assert {name: value(pool, name) for name in wanted} == wanted
    assert value(pool, "DAGMAN_ABORT_DUPLICATES").lower() == "true"
    files = value(pool, "-config")
    assert all(name in files for name in ROLE_FILES)


def test_a_hooked_job_leaves_records_in_the_spool_of_the_test(
    pool: PersonalPool, spool: Path, run_directory: Path
) -> None:
    description = run_directory / "hooked.job"
    log = run_directory / "hooked.log"
    description.write_text(
        f'executable = /bin/true\nlog = {log}\n+HookKeyword = "OWL"\nrequest_disk = 1MB\nqueue\n'
    )
    tools = pool.installation.bin
    for command in (["condor_submit", str(description)], ["condor_wait", "-wait", "300", str(log)]):
        argv = pool.command([str(tools / command[0]), *command[1:]])
        subprocess.run(argv, env=pool.environment(), check=True, capture_output=True)

    phases = {path.read_text().split()[2] for path in spool.glob("*.rec")}
    assert {"prepare", "exit"} <= phases
