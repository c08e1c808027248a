"""The job hook as HTCondor starts it: a process that leaves one record and always exits with 0."""

from __future__ import annotations

import getpass
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from owl import names
from owl.owld import spool

HOOK = names.resource("hooks") / names.HOOK_PROGRAM
ADS = Path(__file__).resolve().parents[2] / "data" / "ads"
AD = (ADS / "hook_exit.rec").read_bytes().partition(b"\n\n")[2]
AS_ROOT = os.geteuid() == 0


class Hook:
    """A copy of the hook beside a spool of its own."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / names.HOOK_PROGRAM
        self.spool = folder / "spool"
        shutil.copy(HOOK, self.program)
        self.program.chmod(0o755)

    def call(
        self, *arguments: str, ad: bytes = AD, prefix: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Call it as the starter does; it must exit with 0."""
        command = [*prefix, str(self.program), *arguments]
        result = subprocess.run(command, input=ad, capture_output=True, check=False, env={}, timeout=300)
        assert result.returncode == 0, result
        said = (result.stdout.decode(), result.stderr.decode())
        return subprocess.CompletedProcess(command, result.returncode, *said)

    def records(self) -> list[Path]:
        """What it has left; a temporary file must never be among it."""
        left = [path for path in self.spool.iterdir() if path.name != names.SPOOL_BAD]
        assert all(path.suffix == names.SPOOL_RECORD_SUFFIX for path in left)
        return left


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    """A hook with a spool as owld makes it."""
    made = Hook(tmp_path)
    spool.make(made.spool)
    return made


@pytest.mark.parametrize(
    ("arguments", "phase", "reason"),
    [
        (("prepare",), "prepare", "-"),
        ((), "update", "-"),
        (("exit",), "exit", "exit"),
        (("remove",), "exit", "remove"),
        (("hold",), "exit", "hold"),
        (("evict",), "exit", "evict"),
        (("something new",), "update", "-"),
    ],
)
def test_each_call_leaves_one_record_with_its_phase(
    hook: Hook, arguments: tuple[str, ...], phase: str, reason: str
) -> None:
    result = hook.call(*arguments)
    assert (result.stdout, result.stderr) == ("", "")
    [record] = hook.records()
    head, _, rest = record.read_bytes().partition(b"\n\n")
    words = head.decode().split(" ")
    assert words[:5] == ["owl-hook", "2", phase, reason, "-"]
    assert record.name.endswith(f".ended.{phase}.rec")
    assert words[5] == str(os.geteuid())
    assert words[6] == os.uname().nodename
    assert rest == AD + names.SPOOL_RECORD_END


def test_the_record_is_its_owners_and_of_the_spools_group_and_is_read_back(hook: Hook) -> None:
    spool.make(hook.spool)
    ad = AD.replace(b'Owner = "owl"', f'Owner = "{getpass.getuser()}"'.encode())
    hook.call("exit", ad=ad)
    [record] = hook.records()
    assert stat.S_IMODE(record.stat().st_mode) == 0o640
    assert record.stat().st_gid == hook.spool.stat().st_gid
    [read] = spool.read(spool.waiting(hook.spool))
    assert (read.report.state, read.report.exit_code) == ("Exited", 3)


def test_binary_input_is_kept_byte_for_byte(hook: Hook) -> None:
    hostile = bytes(range(256)) * 2000 + b"$(touch /tmp/x) `id` %s \\n\n\n" + b"\xff" * 9
    hook.call("exit", ad=hostile)
    [record] = hook.records()
    assert record.read_bytes().partition(b"\n\n")[2] == hostile + names.SPOOL_RECORD_END


def test_no_input_is_a_record_too(hook: Hook) -> None:
    hook.call("exit", ad=b"")
    [record] = hook.records()
    assert record.read_bytes().endswith(b"\n\n" + names.SPOOL_RECORD_END)


def test_many_calls_at_a_time_leave_a_record_each(hook: Hook) -> None:
    calls = [subprocess.Popen([str(hook.program)], stdin=subprocess.DEVNULL) for _ in range(20)]
    assert [call.wait(300) for call in calls] == [0] * 20
    assert len(hook.records()) == 20


def test_without_a_spool_the_job_goes_on_and_prepare_says_so(tmp_path: Path) -> None:
    if Path("/var/spool/owl").exists():
        pytest.skip("this machine has a spool of its own in /var/spool/owl")
    hook = Hook(tmp_path)
    told = hook.call("prepare")
    assert told.stdout.splitlines()[0] == "HookStatusCode = 0"
    assert told.stdout.splitlines()[1].startswith('HookStatusMessage = "OWL: hook on ')
    assert "there is no spool directory" in told.stderr
    for arguments in ((), ("exit",)):
        told = hook.call(*arguments)
        assert told.stdout == ""
        assert "the job runs all the same" in told.stderr


def test_a_spool_that_cannot_be_written_costs_the_record_and_no_more(hook: Hook) -> None:
    hook.spool.chmod(0o500)
    # For root nothing is unwritable: the hook is called as nobody in particular, who may reach it all the same.
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if AS_ROOT else ()
    if AS_ROOT:
        for folder in (hook.program.parent, *hook.program.parents):
            if stat.S_IMODE(folder.stat().st_mode) & 0o001 == 0 and folder.owner() == "root":
                folder.chmod(0o711)
    told = hook.call("prepare", prefix=prefix)
    assert "HookStatusMessage" in told.stdout
    assert "can't write to" in told.stderr or "there is no spool" in told.stderr
    hook.spool.chmod(0o700)
    assert hook.records() == []


def test_a_full_spool_costs_the_record_and_leaves_no_half_of_one(tmp_path: Path) -> None:
    # A file system of 64 kB in a mount namespace of the shell's own: it ends with it.
    hook = Hook(tmp_path)
    hook.spool.mkdir()
    script = (
        'mount -t tmpfs -o size=64k owl "$1/spool" && head -c 1000000 /dev/zero | "$1/owl_job_hook" prepare; '
        'echo "code $?"; ls -A "$1/spool"'
    )
    prefix = ["unshare", "-m", "--"] if AS_ROOT else ["unshare", "-r", "-m", "--"]
    result = subprocess.run(
        [*prefix, "sh", "-c", script, "sh", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if "unshare" in result.stderr or "mount:" in result.stderr:
        pytest.skip(f"no file system can be mounted here: {result.stderr.strip()}")
    lines = result.stdout.splitlines()
    assert lines[0] == "HookStatusCode = 0"
    assert lines[-1] == "code 0"
    assert "full, read-only or not permitted" in result.stderr


def test_it_gives_up_when_its_ad_doesnt_come_and_the_job_runs_all_the_same(hook: Hook) -> None:
    command = [str(hook.program), "prepare", "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}) as call:
        assert call.wait(300) == 0
        assert call.stdout is not None
        assert b"it took longer than 1 s" in call.stdout.read()
