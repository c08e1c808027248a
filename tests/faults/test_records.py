"""Records of real jobs, delivered in every wrong way, and what else may lie in the spool."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from owl import names
from owl.model import EntryState, Execution, RunState, State
from tests.faults.tools import add, tool
from tests.fixtures.site import DEADLINE, Site, wait_for
from tests.fixtures.truth import wait_true

pytestmark = pytest.mark.pool

WORKFLOWS = 3


def test_records_in_every_wrong_way(site: Site, spool: Path) -> None:
    records = _real_records(site, spool)
    for path in spool.glob("*.rec"):
        path.unlink()
    _deliver(spool, records, reverse=True)
    _deliver(spool, records, suffix="again")
    bad = _hostile(spool, next(data for data in records if b"exit exit" in data[:60]))
    site.start("owld", "run")
    entries = site.ended([1, 2, 3])
    assert {entry.state for entry in entries} == {EntryState.DONE}
    wait_for(lambda: not list(spool.glob("*.rec")), "every record is taken")
    wait_true(site)
    set_aside = {path.name for path in (spool / names.SPOOL_BAD).glob("*.rec")}
    assert set_aside == bad
    before = _known(site)
    assert [row.state for row in before] == [State.EXITED] * (2 * WORKFLOWS + 1)

    # A day late and backwards, when everything is long over: nothing changes.
    _deliver(spool, records, suffix="late", reverse=True)
    wait_for(lambda: not list(spool.glob("*.rec")), "every record is taken")
    wait_true(site)
    assert _known(site) == before


def _real_records(site: Site, spool: Path) -> dict[bytes, float]:
    """What the hooks left of some workflows while no owld ran, and when: a record's time is its file's."""
    for i in range(WORKFLOWS):
        add(site, f"ds{i}")
    shoveler = site.start("shoveler", "run")
    wait_for(lambda: site.ops.status().runs == {RunState.IDLE: WORKFLOWS}, "all are submitted")
    wait_for(lambda: not tool("condor_q", "-all", "-af", "ClusterId").strip(), "HTCondor has done its work")
    shoveler.terminate()
    shoveler.wait(DEADLINE)
    records = {path.read_bytes(): path.stat().st_mtime for path in spool.glob("*.rec")}
    assert len(records) >= 2 * 2 * WORKFLOWS, "every step has at least its prepare and its exit record"
    return records


def _deliver(spool: Path, records: dict[bytes, float], *, suffix: str = "", reverse: bool = False) -> None:
    """Put records into the spool under new names, in their order or backwards, with their times."""
    for number, data in enumerate(sorted(records, key=records.__getitem__, reverse=reverse)):
        path = spool / f".{number:06d}{suffix}"
        path.write_bytes(data)
        os.utime(path, (records[data], records[data]))
        path.rename(spool / f"{number:06d}{suffix}{names.SPOOL_ENDED_MARK}exit{names.SPOOL_RECORD_SUFFIX}")


def _hostile(spool: Path, exit_record: bytes) -> set[str]:
    """Variations of a real job's last record, and what is none; returns the names of those that are bad."""
    good = {
        "environment": exit_record + b'Environment = "' + b"A=" + b"x" * 2**20 + b'"\n',
        "latin1": exit_record + b'Remark = "caf\xe9 \xff\xfe"\n',
        "expressions": re.sub(
            rb"(?m)^(ExitCode|JobDuration|ClusterId) = .*$", rb"\1 = 1 / 0 + strcat(3)", exit_record
        ),
        "unknown": re.sub(rb"(?m)^(Owl|DAG)\w* = .*\n", b"", exit_record).replace(b"#1", b"#9"),
    }
    bad = {
        "truncated": exit_record[:40],
        "empty": b"",
        "noise": os.urandom(4096),
        "half-noise": exit_record[:60].partition(b"\n")[0] + b"\n\n" + os.urandom(4096),
        "forged": re.sub(rb'(?m)^Owner = ".*"', b'Owner = "somebodyelse"', exit_record),
        "nameless": re.sub(rb"(?m)^GlobalJobId = .*\n", b"", exit_record),
    }
    for name, data in {**good, **bad}.items():
        (spool / f"{name}{names.SPOOL_RECORD_SUFFIX}").write_bytes(data)
    return {f"{name}{names.SPOOL_RECORD_SUFFIX}" for name in bad}


def _known(site: Site) -> Sequence[Execution]:
    found = site.ops.executions(limit=1000, with_classad=True)
    return sorted(found, key=lambda row: (row.global_job_id, row.start_number))
