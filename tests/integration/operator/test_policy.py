"""A workflow's own policy on the real pool: more memory rung by rung, and a cause that is tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.model import EntryState
from tests.fixtures.site import Site, wait_for

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


def test_a_step_that_is_held_for_a_known_cause_is_taken_out_and_its_run_is_rescued(site: Site) -> None:
    """HTCondor holds it (code 3: by the job's own policy), which would keep its DAG from ever ending."""
    folder = site.folder / "templates" / "held"
    folder.mkdir()
    (folder / "flaky.sh").write_text(FLAKY)
    (folder / "flaky.sh").chmod(0o755)
    (folder / "held.dag").write_text("JOB SEND send_{{ dataset }}.job\n")
    text = JOB.format(program=folder / "flaky.sh", arguments=site.folder / "sent", name="send")
    (folder / "send.job").write_text(text.replace("queue\n", "on_exit_hold = ExitCode == 75\nqueue\n"))
    (folder / "workflow.toml").write_text('[[retry]]\nname = "a full disk"\nhold_codes = [3]\ntimes = 1\n')
    number = site.ops.add("ds1", "held", requested_by="tester")
    site.start_daemons()
    site.start_rescue_server()
    logs = lambda: f"{site.log('rescue-server')}\n{site.log('owld')[-3000:]}"  # noqa: E731 - shorter so
    wait_for(lambda: site.ops.entry(number).state is EntryState.DONE, logs)
    reasons = [one.reason for one in site.ops.run("ds1").submissions]
    assert reasons == ["", "rescued automatically, a full disk: try 1 of 1"]
    asked = [(one.verb, one.requested_by) for one in site.ops.commands.list()]
    assert sorted(asked) == [("remove", "owl"), ("rescue", "owl")]
    [out] = [one.reason for one in site.ops.commands.list(verbs=["remove"])]
    assert out == "held, a full disk: its run is rescued when its DAG has ended"


def _wait_for_more(site: Site, _seen: int, number: int) -> None:
    """Wait until the entry is under way again, or done."""

    def look() -> bool:
        entry = site.ops.entry(number)
        return entry.state is not EntryState.FAILED

    wait_for(look, f"it is rescued\n{site.log('rescue-server')}\n{site.log('owld')}")
