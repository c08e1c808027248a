"""The job hook can't do its work: jobs run all the same (or wait), and the blackboard is true without it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from owl import names
from owl.model import EntryState, State
from owl.pool.personal import PersonalPool
from tests.faults.tools import rows, wait_state
from tests.fixtures.site import Site, wait_for
from tests.fixtures.truth import jobs_of, wait_true

pytestmark = pytest.mark.pool

# The first call for each job leaves half a record and is killed.
DIES_HALF_WAY = """#!/bin/sh
ad=$(cat)
job=$(printf '%s\\n' "$ad" | sed -n 's/^GlobalJobId = "\\(.*\\)"/\\1/p' | tr -c 'a-z0-9\\n' _)
here=${0%/*}
if mkdir "$here/$job.died" 2> /dev/null; then
    printf 'owl-hook 2 prepare - - - host\n\nClusterId = 1\n' > "$here/spool/half.$$.ended.prepare.rec"
    kill -9 $$
fi
printf '%s\\n' "$ad" | "$here/whole_hook" "$@"
"""


def _full(pool: PersonalPool, spool: Path) -> Iterator[None]:
    """A file system of 16 KiB with not a byte left, in a mount namespace; the hook enters it through /proc."""
    place = spool.parent / f"{spool.name}-full"
    place.mkdir()
    words = (
        'mount -t tmpfs -o size=16k,mode=1777 owl-full "$1" && '
        '{ head -c 100000 /dev/zero > "$1/filler"; echo full; exec sleep infinity; }'
    )
    command = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "-r", "-m", "sh", "-c", words, "sh", str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"full\n", "no mount namespace can be made here"
            entered = Path(f"/proc/{holder.pid}/root{place}")
            yield from _led_to(pool, entered)
            left = subprocess.run(["ls", "-A", f"{entered}/"], capture_output=True, text=True, check=True)
            assert left.stdout == "filler\n", "the hook leaves nothing of what it couldn't finish"
        finally:
            holder.kill()


def _read_only(pool: PersonalPool, spool: Path) -> Iterator[None]:
    place = spool.parent / f"{spool.name}-read-only"
    place.mkdir(mode=0o555)
    yield from _led_to(pool, place)


def _missing(pool: PersonalPool, spool: Path) -> Iterator[None]:
    yield from _led_to(pool, spool.parent / "nowhere")


def _led_to(pool: PersonalPool, place: Path) -> Iterator[None]:
    """The hook's spool isn't owld's, which owld would mend: it is as on another host."""
    link = pool.directory / "hooks" / "spool"
    link.unlink()
    link.symlink_to(place)
    yield


FAULTS = {"full": _full, "read-only": _read_only, "missing": _missing}


def test_a_spool_that_takes_nothing(site: Site, pool: PersonalPool, spool: Path) -> None:
    site.start_daemons()
    wait_for(lambda: len(site.ops.status().daemons) == 2, "both daemons are up")
    for fault, make in FAULTS.items():
        with contextmanager(make)(pool, spool):
            number = site.ops.add(fault, "pair", requested_by="tester")
            (entry,) = site.ended([number])
        assert entry.state is EntryState.DONE, fault
        wait_true(site)
        found = site.ops.run(fault)
        assert {row.source for row in found.executions}.isdisjoint({"hook"}), fault
        told = (Path(found.run.work_dir) / f"{fault}.condor_log").read_text(encoding="utf-8")
        assert "OWL: hook on " in told, f"{fault}: the job's event log tells why the hook didn't write"


def test_a_spool_of_owlds_own_is_mended_by_it(site: Site, spool: Path) -> None:
    site.start_daemons()
    wait_for(lambda: len(site.ops.status().daemons) == 2, "both daemons are up")
    spool.chmod(0o555)
    first = site.ops.add("ds1", "pair", requested_by="tester")
    wait_for(lambda: spool.stat().st_mode & 0o7777 == 0o3733, "it has its mode again")
    # Moved first: a hook or owld may be at work in it.
    shutil.rmtree(spool.rename(spool.with_name(f"{spool.name}-gone")), ignore_errors=True)
    wait_for(spool.is_dir, "it is there again")
    second = site.ops.add("ds2", "pair", requested_by="tester")
    assert {entry.state for entry in site.ended([first, second])} == {EntryState.DONE}
    wait_true(site)


@pytest.mark.parametrize("fault", ["missing", "not executable"])
def test_a_hook_that_htcondor_cant_start_keeps_the_job_waiting_and_is_seen(
    site: Site, pool: PersonalPool, fault: str
) -> None:
    hook = pool.directory / "hooks" / names.HOOK_PROGRAM
    away = hook.with_name("away")
    site.start_daemons()
    if fault == "missing":
        hook.rename(away)
    else:
        hook.chmod(0o644)
    try:
        number = site.ops.add("ds1", "pair", requested_by="tester")
        # The starter refuses the job, again and again: it never runs, and that is what the blackboard says.
        wait_state(site, "ds1", "FIRST", State.IDLE, State.HELD)
        run = site.ops.run("ds1").run
        wait_for(lambda: jobs_of(run)[0].begun >= 2, "the job was refused twice")
        assert all(row.state is not State.EXITED for row in rows(site, "ds1", "FIRST"))
    finally:
        if fault == "missing":
            away.rename(hook)
        hook.chmod(0o755)

    def done() -> bool:
        subprocess.run(["condor_release", "-all"], capture_output=True, check=False)  # it may be held by now
        return site.ops.entry(number).state is EntryState.DONE

    wait_for(done, "it runs after all")
    wait_true(site)


def test_a_hook_killed_half_way_through_its_record(site: Site, pool: PersonalPool, spool: Path) -> None:
    hook = pool.directory / "hooks" / names.HOOK_PROGRAM
    whole = hook.with_name("whole_hook")
    hook.rename(whole)
    try:
        hook.write_text(DIES_HALF_WAY, encoding="utf-8")
        hook.chmod(0o755)
        site.start_daemons()
        number = site.ops.add("ds1", "pair", requested_by="tester")
        (entry,) = site.ended([number])
    finally:
        whole.rename(hook)
    assert entry.state is EntryState.DONE
    wait_true(site)
    # It stays for a minute, in case that its hook still writes, and is then set aside.
    assert [*spool.glob("half.*.rec"), *spool.glob(f"{names.SPOOL_BAD}/half.*.rec")], "half a record was left"
    wait_for(lambda: {path.name[:5] for path in spool.glob("*.rec")} <= {"half."}, "whole records are taken")
