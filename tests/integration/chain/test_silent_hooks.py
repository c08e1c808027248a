"""Hooks that can't write: jobs run all the same, the blackboard is true, and operators are told where and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.model import EntryState, State
from tests.fixtures.site import Site, wait_for

pytestmark = pytest.mark.pool


def test_a_spool_that_can_not_be_written_is_told_with_host_and_reason(site: Site, spool: Path) -> None:
    spool.chmod(0o555)
    number = site.ops.add("ds1", "pair", requested_by="tester")
    site.start("shoveler", "run")
    wait_for(lambda: list(site.work_root.glob("pair/ds1/*/*.dag.metrics")), "DAGMan has ended")
    site.start("owld", "run")
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE

    def told() -> list[str]:
        found = [
            (key, n) for one in site.ops.status().daemons for key, n in one.facts.get("silent_hooks", {}).items()
        ]
        return [key for key, _ in found] if sum(number for _, number in found) == 2 else []

    words = wait_for(told, lambda: f"owld tells of both steps' silent hooks\n{site.log('owld')}")
    assert all(one.startswith("localhost: ") for one in words)
    (events,) = site.work_root.glob("pair/ds1/*/ds1.condor_log")
    if "OWL: hook on" in events.read_text(encoding="utf-8"):  # HTCondor doesn't pass every message on
        assert any(one.startswith("localhost: can't write to ") for one in words), site.log("owld")
    for row in site.ops.executions(with_classad=True):
        assert (row.state, row.exit_code) == (State.EXITED, 0)
        assert row.classad is not None
        assert row.classad["DAGNodeName"] == row.process_name
        assert len(row.classad) > 80
    assert "no hook told of steps on localhost" in site.owl("status").stdout
