"""A workflow's own policy on the real pool: more memory rung by rung, and a cause that is tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.model import EntryState
from tests.fixtures.site import Site

pytestmark = pytest.mark.pool

# It needs 300 MB and is limited, as a kernel would limit it, to what HTCondor was asked for.
HUNGRY = """#!/bin/sh
asked=$(sed -n 's/^RequestMemory = //p' "$_CONDOR_JOB_AD")
ulimit -v $((asked * 1024))
exec dd if=/dev/zero of=/dev/null bs=300M count=1
"""
FLAKY = """#!/bin/sh
test -e "$1" && exit 0
touch "$1"
exit 75
"""
JOB = """executable = {program}
arguments = {arguments}
universe = vanilla
log = {{{{ dataset }}}}.condor_log
output = {name}.out
error = {name}.err
should_transfer_files = NO
request_memory = 128
+InputDataset = "{{{{ dataset }}}}"
+HookKeyword = "OWL"
queue
"""
POLICY = """
[[retry]]
name = "the archive is away"
exit_codes = [75]
times = 2
after = 1

[memory]
rungs = [128, 256, 512, 1024]
"""


def test_a_step_goes_up_the_memory_rungs_and_a_known_cause_is_tried_again(site: Site) -> None:
    folder = site.folder / "templates" / "hungry"
    folder.mkdir()
    for name, text in (("hungry.sh", HUNGRY), ("flaky.sh", FLAKY)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "hungry.dag").write_text(
        "JOB EAT eat_{{ dataset }}.job\nJOB SEND send_{{ dataset }}.job\nPARENT EAT CHILD SEND\n"
    )
    (folder / "eat.job").write_text(JOB.format(program=folder / "hungry.sh", arguments="", name="eat"))
    (folder / "send.job").write_text(
        JOB.format(program=folder / "flaky.sh", arguments=site.folder / "sent", name="send")
    )
    (folder / "workflow.toml").write_text(POLICY)
    number = site.ops.add("ds1", "hungry", requested_by="tester")
    site.start_daemons()
    site.start_rescue_server()

    reasons: list[str] = []
    for _ in range(4):
        [entry] = site.ended([number])
        reasons = [one.reason for one in site.ops.run("ds1").submissions]
        if entry.state is EntryState.DONE:
            break
        said = site.ops.commands.list(verbs=["rescue"])
        seen = len(said)
        _wait_for_more(site, seen, number)
    assert site.ops.entry(number).state is EntryState.DONE, (reasons, site.log("rescue-server"))
    assert reasons == [
        "",
        "rescued automatically, memory: rung 2 of 4 (EAT gets 256 MB)",
        "rescued automatically, memory: rung 3 of 4 (EAT gets 512 MB)",
        "rescued automatically, the archive is away: try 1 of 2",
    ]
    work = Path(site.ops.run("ds1").run.work_dir)
    assert "request_memory = 512" in (work / "eat_ds1.job").read_text()
    assert "request_memory = 128" in (work / "send_ds1.job").read_text()
    steps = [row.process_name for row in site.ops.run("ds1").executions]
    assert steps == ["EAT", "EAT", "EAT", "SEND", "SEND"]


def _wait_for_more(site: Site, _seen: int, number: int) -> None:
    """Wait until the entry is under way again, or done."""
    from tests.fixtures.site import wait_for

    def look() -> bool:
        entry = site.ops.entry(number)
        return entry.state is not EntryState.FAILED

    wait_for(look, f"it is rescued\n{site.log('rescue-server')}\n{site.log('owld')}")
