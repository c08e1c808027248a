"""A job whose program ended well, and whose output can't be brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.model import EntryState, RunState, State
from tests.faults.tools import name_of, release, rows, tool, wait_state
from tests.fixtures.site import Site
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

NO_OUTPUT = 12  # HoldReasonCode: transfer of output files failed (HTCondor manual)


def test_a_job_held_after_its_exit_is_held_and_goes_on_when_released(site: Site) -> None:
    job = site.folder / "templates" / "pair" / "first.job"
    _transfer(job, "missing.txt")
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start_daemons()
    held = wait_state(site, "ds1", "FIRST", State.HELD)
    assert held.hold_code in (NO_OUTPUT, 13)
    assert "missing.txt" in str(held.hold_reason)
    assert site.ops.run("ds1").run.state is RunState.RUNNING
    wait_true(site)

    tool("condor_qedit", name_of(held), "TransferOutput", '""')
    release(name_of(held))
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE
    wait_true(site)
    first, second = rows(site, "ds1", "FIRST")
    assert first.state is State.EVICTED
    assert "missing.txt" in str(first.hold_reason)
    assert (second.state, second.exit_code) == (State.EXITED, 0)


def _transfer(job: Path, name: str) -> None:
    text = job.read_text(encoding="utf-8")
    wanted = f"should_transfer_files = YES\ntransfer_executable = False\ntransfer_output_files = {name}"
    job.write_text(text.replace("should_transfer_files = NO", wanted), encoding="utf-8")
