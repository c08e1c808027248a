"""Templates that are broken in one of many ways: the entry fails, nothing is submitted, others go on."""

from __future__ import annotations

import pytest

from owl.condor.schedd import Schedd
from owl.model import EntryState
from tests.fixtures.site import Site

pytestmark = pytest.mark.pool

BROKEN = {
    "undefined": ("undefined/second.job:1", "'program' is undefined", "workflow.toml"),
    "syntax": ("syntax/second.job:2", "not a valid Jinja2 template"),
    "missing_job": ("missing_job_ds1.dag:2", "node SECOND names the job file third_ds1.job"),
    "cycle": ("cycle_ds1.dag", "go in a circle", "FIRST → SECOND → FIRST"),
    "bad_universe": ("second_ds1.job", "HTCondor can't take this job description", "parallel_worlds"),
    "bad_dag_line": ("bad_dag_line_ds1.dag:4", "HTCondor can't take this DAG", "very_high"),
}


@pytest.mark.parametrize("workflow", BROKEN)
def test_the_entry_fails_with_place_and_reason_and_others_go_on(site: Site, workflow: str) -> None:
    broken = site.ops.add("ds1", workflow, priority=9, requested_by="tester")
    sound = site.ops.add("ds2", "pair", requested_by="tester")
    site.start_daemons()
    failed, done = site.ended([broken, sound])
    assert done.state is EntryState.DONE
    assert failed.state is EntryState.FAILED
    assert failed.error is not None
    assert "\n" not in failed.error
    for words in BROKEN[workflow]:
        assert words in failed.error
    run = site.ops.run("ds1").run
    assert Schedd().find_submission(run.id, 0) is None
    assert site.log("shoveler").count("Traceback") == 0


def test_a_mended_template_is_taken_by_the_rescue(site: Site) -> None:
    number = site.ops.add("ds1", "missing_job", requested_by="tester")
    site.start_daemons()
    site.ended([number])
    dag = site.folder / "templates" / "missing_job" / "missing_job.dag"
    dag.write_text(dag.read_text(encoding="utf-8").replace("third_", "second_"), encoding="utf-8")
    site.start_rescue_server()
    site.rescued("ds1")
    (entry,) = site.ended([number])
    assert entry.state is EntryState.DONE
