"""Each attribute of the job template, seen in what HTCondor does."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.pool

Shell = Callable[..., Any]


def set_raw(client: ModuleType, template: Any, name: str, value: str) -> None:
    """Set an attribute by the C function: the client sends limits as empty texts."""
    from drmaa.helpers import c
    from drmaa.wrappers import drmaa_set_attribute

    c(drmaa_set_attribute, template, name.encode(), value.encode())


def queued(job: str) -> Any:
    """The ad of a job in the queue."""
    import htcondor2

    _, cluster, proc = job.rsplit(".", 2)
    return htcondor2.Schedd().query(f"ClusterId == {cluster} && ProcId == {proc}")[0]


def held(session: Any, template: Any) -> Any:
    """The ad of a job made from a template, that never runs."""
    template.jobSubmissionState = "drmaa_hold"
    return queued(session.runJob(template))


def test_input_output_and_error_and_the_working_directory(session: Any, shell: Shell, folder: Path) -> None:
    (folder / "in").write_text("from the file")
    template = shell("cat; echo problem >&2; pwd >> where")
    template.inputPath = f"localhost:{folder}/in"
    template.outputPath = ":$drmaa_wd_ph$/out"
    template.errorPath = ":err"
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    assert (folder / "out").read_text() == "from the file"
    assert (folder / "err").read_text() == "problem\n"
    assert (folder / "where").read_text() == f"{folder}\n"


def test_joined_files(session: Any, shell: Shell, folder: Path) -> None:
    template = shell("echo one; echo two >&2; echo three")
    template.outputPath = f":{folder}/both"
    template.errorPath = f":{folder}/never"
    template.joinFiles = True
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    assert (folder / "both").read_text() == "one\ntwo\nthree\n"
    assert not (folder / "never").exists()


def test_an_output_path_that_is_a_directory_gets_a_file_for_each_job(
    session: Any, shell: Shell, folder: Path
) -> None:
    template = shell("echo out; echo err >&2")
    template.outputPath = f":{folder}"
    template.errorPath = ":$drmaa_wd_ph$"
    jobs = session.runBulkJobs(template, 1, 2, 1)
    session.synchronize(jobs, 300, True)
    cluster = jobs[0].split(".")[-2]
    expected = [f"{cluster}.{proc}.{which}" for proc in (0, 1) for which in ("err", "out")]
    assert sorted(path.name for path in folder.iterdir()) == expected
    assert (folder / f"{cluster}.1.out").read_text() == "out\n"


@pytest.mark.parametrize("which", ["output", "error"])
def test_a_job_whose_files_cannot_be_written_has_failed(session: Any, shell: Shell, which: str) -> None:
    template = shell("echo out; echo err >&2")
    setattr(template, f"{which}Path", ":/does/not/exist")
    job = session.runJob(template)
    session.synchronize([job], 300, False)
    assert session.jobStatus(job) == "failed"
    assert session.wait(job, 0).wasAborted


def test_a_command_that_does_not_exist_has_failed(session: Any, shell: Shell) -> None:
    template = shell("")
    template.remoteCommand = "/does/not/exist"
    info = session.wait(session.runJob(template), 300)
    assert info.wasAborted


def test_a_bare_command_is_looked_for_on_the_path(session: Any, shell: Shell) -> None:
    template = shell("")
    template.remoteCommand = "sh"
    template.args = ["-c", "exit 6"]
    assert session.wait(session.runJob(template), 300).exitStatus == 6


def test_transferred_files(session: Any, shell: Shell, folder: Path) -> None:
    (folder / "in").write_text("moved")
    template = shell("cat; pwd > where; echo problem >&2")
    template.inputPath = f":{folder}/in"
    template.outputPath = f":{folder}/out"
    template.errorPath = f":{folder}/err"
    template.transferFiles = "ieo"
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    assert (folder / "out").read_text() == "moved"
    assert (folder / "err").read_text() == "problem\n"


def test_names_mail_and_native_commands_are_in_the_ad(session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.jobName = 'a "name" $(X)'
    template.email = ["one@example.org", "two@example.org"]
    template.nativeSpecification = '+Color = "red; blue"; request_memory = 64'
    ad = held(session, template)
    assert ad["JobBatchName"] == 'a "name" $(X)'
    assert (ad["NotifyUser"], ad["JobNotification"]) == ("one@example.org,two@example.org", 2)
    assert (ad["Color"], ad["RequestMemory"]) == ("red; blue", 64)


def test_blocked_mail_is_never_sent(session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.email = ["one@example.org"]
    template.blockEmail = True
    assert held(session, template)["JobNotification"] == 0


def test_the_native_specification_wins(session: Any, shell: Shell, folder: Path) -> None:
    template = shell("exit 0")
    template.outputPath = f":{folder}/template"
    template.jobEnvironment = {"A": "template", "B": "template"}
    template.nativeSpecification = (
        f"stdout = {folder}/native\nenvironment = \"B=native C='x y'\"\narguments = \"-c 'env'\""
    )
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    found = dict(line.split("=", 1) for line in (folder / "native").read_text().splitlines())
    assert (found["A"], found["B"], found["C"]) == ("template", "native", "x y")


def test_a_job_has_the_callers_path_and_home(session: Any, shell: Shell, folder: Path) -> None:
    template = shell("env > environment")
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    found = dict(line.split("=", 1) for line in (folder / "environment").read_text().splitlines())
    assert found["PATH"] == os.environ["PATH"]
    # HTCondor 25's starter puts in the account's own home whatever the job asks for.
    assert found["HOME"] in {os.environ["HOME"], pwd.getpwuid(os.geteuid()).pw_dir}


def test_a_job_category_is_a_named_native_specification(
    client: ModuleType, session: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "categories.toml").write_text('[categories]\nbig = "request_memory = 77; +Big = true"\n')
    monkeypatch.setenv("DRMAA_HTCONDOR_CATEGORIES", str(folder / "categories.toml"))
    session.exit()
    session.initialize()
    template = session.createJobTemplate()
    template.remoteCommand = "/bin/true"
    template.jobCategory = "big"
    ad = held(session, template)
    assert (ad["RequestMemory"], ad["Big"]) == (77, True)
    template.jobCategory = "small"
    with pytest.raises(client.errors.InvalidAttributeValueException, match="big"):
        session.runJob(template)
    template.delete()


@pytest.mark.parametrize("limit", ["drmaa_wct_hlimit", "drmaa_duration_hlimit"])
def test_a_hard_limit_ends_the_job(client: ModuleType, session: Any, shell: Shell, limit: str) -> None:
    template = shell("sleep 86400")
    set_raw(client, template, limit, "0:02")
    info = session.wait(session.runJob(template), 300)
    assert info.wasAborted


def test_limits_that_the_client_sends_as_empty_texts_are_not_set(session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    template.hardWallclockTimeLimit = 60
    template.softWallclockTimeLimit = 30
    template.hardRunDurationLimit = 60
    template.softRunDurationLimit = 30
    assert session.wait(session.runJob(template), 300).exitStatus == 0


def test_soft_limits_are_told_to_htcondor_as_the_time_that_the_job_needs(
    client: ModuleType, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    set_raw(client, template, "drmaa_wct_slimit", "1:00:00")
    assert held(session, template)["MaxJobRetirementTime"] == 3600


def test_contradicting_limits(client: ModuleType, session: Any, shell: Shell) -> None:
    template = shell("exit 0")
    set_raw(client, template, "drmaa_wct_slimit", "20")
    set_raw(client, template, "drmaa_wct_hlimit", "10")
    with pytest.raises(client.errors.ConflictingAttributeValuesException):
        session.runJob(template)


def test_a_job_with_a_start_time_waits_for_it(session: Any, shell: Shell, folder: Path) -> None:
    moment = int(time.time()) + 8
    template = shell("date +%s > began")
    template.startTime = time.strftime("%Y/%m/%d %H:%M:%S +00:00", time.gmtime(moment))
    assert session.wait(session.runJob(template), 300).exitStatus == 0
    assert int((folder / "began").read_text()) >= moment


def test_a_job_that_misses_its_deadline_is_ended(session: Any, shell: Shell) -> None:
    template = shell("sleep 86400")
    template.deadlineTime = time.strftime("%Y/%m/%d %H:%M:%S +00:00", time.gmtime(time.time() + 1))
    assert session.wait(session.runJob(template), 300).wasAborted


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("nativeSpecification", "queue 5"),
        ("nativeSpecification", "include : /bin/echo executable = /bin/false |"),
        ("outputPath", ":/tmp/x\nqueue 5"),
        ("workingDirectory", "/tmp\\"),
        ("remoteCommand", '/bin/true\n+Owner = "root"'),
    ],
)
def test_nothing_gets_into_the_submit_description(
    client: ModuleType, shell: Shell, attribute: str, value: str
) -> None:
    with pytest.raises(
        (client.errors.InvalidAttributeFormatException, client.errors.InvalidAttributeValueException)
    ):
        setattr(shell("exit 0"), attribute, value)


def test_what_htcondor_cannot_parse_is_denied_in_its_own_words(
    client: ModuleType, session: Any, shell: Shell
) -> None:
    template = shell("exit 0")
    template.nativeSpecification = "universe = nonsense"
    with pytest.raises(client.errors.DeniedByDrmException, match="nonsense"):
        session.runJob(template)
    with pytest.raises(client.errors.DeniedByDrmException):
        session.runBulkJobs(template, 1, 3, 1)
