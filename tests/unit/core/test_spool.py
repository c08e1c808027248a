"""The spool holds files of strangers: what isn't a record goes to `bad/` with its reason and stops nothing."""

from __future__ import annotations

import getpass
import os
import socket
import stat
from pathlib import Path

import pytest

from owl import names
from owl.db import blackboard
from owl.db.engine import Database
from owl.model import Execution, State
from owl.owld import spool

RECORDED = Path(__file__).resolve().parents[2] / "data" / "ads" / "hook_exit.rec"
HEAD = "owl-hook 1 exit exit 1795357694535645564 1000 node7\n\n"


def ad(**attributes: object) -> str:
    """An ad of this process's own user."""
    values = {"GlobalJobId": "submit#1.0#1", "Owner": getpass.getuser(), "NumShadowStarts": 1, **attributes}
    quoted = {name: f'"{value}"' if isinstance(value, str) else value for name, value in values.items()}
    return "".join(f"{name} = {value}\n" for name, value in quoted.items())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A spool with nothing in it."""
    spool.make(tmp_path / "spool")
    return tmp_path / "spool"


def leave(folder: Path, content: str | bytes, name: str = "1.1.rec") -> Path:
    """Leave a file in the spool."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def drained(folder: Path) -> list[Execution]:
    """What the records report; what is bad has been set aside afterwards."""
    return [record.report for record in spool.read(spool.waiting(folder))]


def reason(folder: Path, name: str = "1.1.rec") -> str:
    """Why a file was set aside."""
    assert os.path.lexists(folder / names.SPOOL_BAD / name)
    assert not os.path.lexists(folder / name)
    return (folder / names.SPOOL_BAD / f"{name}.reason").read_text(encoding="utf-8")


def test_anybody_may_leave_a_file_and_only_the_owner_may_look(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o3733
    assert stat.S_IMODE((folder / "bad").stat().st_mode) == 0o700


def test_a_recorded_exit_is_read_with_everything_in_it(folder: Path) -> None:
    text = RECORDED.read_text(encoding="utf-8").replace('Owner = "owl"', f'Owner = "{getpass.getuser()}"')
    leave(folder, text)
    [report] = drained(folder)
    assert (report.state, report.exit_code, report.exit_signal, report.start_number) == (State.EXITED, 3, None, 1)
    assert (report.host, report.schedd, report.cluster, report.proc) == ("vm", "owl@localhost", 1, 0)
    assert report.dataset == r'ds "one" \\ x'
    assert report.duration == 0.014516
    assert report.out == "/data/owl/one/o_1795357694.out"
    assert report.observed_at.isoformat() == "2026-11-22T14:28:14.535645+00:00"
    assert report.classad is not None
    assert report.classad["Path"] == "C:\\dir\\"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cut short"),
        (HEAD[:-1], "cut short"),
        (HEAD[:20], "cut short"),
        (b"\x7fELF\x00\x01\xff\xfe\n\n\x80\x81", "not a record"),
        (HEAD.replace("owl-hook 1", "owl-hook 3") + ad(), "install this OWL's owl_job_hook"),
        (HEAD.replace("owl-hook 1", "owl-hook 10") + ad(), "the job hook is another OWL's"),
        (HEAD.replace("owl-hook", "cow-hook") + ad(), "not a record"),
        (HEAD.replace(" exit exit", " destroy exit") + ad(), "not a record"),
        (HEAD.replace("node7", "node7 and more") + ad(), "not a record"),
        (HEAD.replace("1795357694535645564", "yesterday") + ad(), "no time"),
        (HEAD.replace("1795357694535645564", "9" * 60) + ad(), "no time"),
        (HEAD, "no GlobalJobId"),
        (HEAD + "nothing = to see\n", "no GlobalJobId"),
        (HEAD + ad(GlobalJobId=7), "no GlobalJobId"),
        (HEAD + ad(Owner="somebody_else"), "forged"),
        (HEAD + ad(Owner=0), "forged"),
    ],
)
def test_a_bad_record_is_set_aside_with_its_reason_and_the_others_go_on(
    folder: Path, content: str | bytes, why: str
) -> None:
    leave(folder, content)
    leave(folder, HEAD + ad(), "2.1.rec")
    assert [report.state for report in drained(folder)] == [State.EXITED]
    assert why in reason(folder)
    assert reason(folder).count("\n") == 1


@pytest.mark.parametrize("length", [0, 12, 80, -1])
def test_a_record_without_its_last_line_waits_and_is_set_aside_when_nobody_writes_any_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    whole = HEAD.replace("owl-hook 1", "owl-hook 2").replace("1795357694535645564", "-") + ad() + "\nowl-end\n"
    name = "1.1.ended.exit.rec"
    path = leave(folder, whole[:length], name)
    monkeypatch.setattr(spool, "UNFINISHED_FOR", 1e9)
    assert drained(folder) == []
    assert path.exists()
    monkeypatch.setattr(spool, "UNFINISHED_FOR", -1.0)
    assert drained(folder) == []
    assert "cut short" in reason(folder, name)
    path = leave(folder, whole, name)
    os.utime(path, (1795357694, 1795357694))
    [report] = drained(folder)
    assert report.state is State.EXITED
    assert int(report.observed_at.timestamp()) == 1795357694  # the record's time is the file's
    assert "owl-end" not in str(report.classad)


def test_a_record_that_is_too_large_is_not_read(folder: Path) -> None:
    with (folder / "1.1.rec").open("wb") as file:
        file.truncate(spool.LARGEST_RECORD + 1)
    assert drained(folder) == []
    assert "at most" in reason(folder)


def test_a_link_is_never_followed(folder: Path, tmp_path: Path) -> None:
    secret = leave(tmp_path, HEAD + ad(), "secret")
    (folder / "1.1.rec").symlink_to(secret)
    assert drained(folder) == []
    assert "symbolic link" in reason(folder)
    assert secret.exists()


def test_a_pipe_and_a_socket_are_never_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "1.1.rec")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # a socket's name has at most 107 bytes
    try:
        listener.bind("2.1.rec")
    finally:
        os.chdir(here)
        listener.close()
    assert drained(folder) == []
    assert "not a plain file" in reason(folder)
    assert reason(folder, "2.1.rec")


def test_a_directory_named_like_a_record_is_set_aside_and_leaks_no_descriptor(folder: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(20):
        (folder / f"{number}.1.rec").mkdir()
    assert drained(folder) == []
    assert "not a plain file" in reason(folder, "7.1.rec")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_is_no_file_comes_after_every_record(folder: Path) -> None:
    (folder / "0.0.rec").mkdir()
    (folder / "0.1.rec").symlink_to("nowhere")
    leave(folder, HEAD + ad(), "9.9.rec")
    assert [path.name for path in spool.waiting(folder)] == ["9.9.rec", "0.0.rec", "0.1.rec"]


def test_a_name_that_was_set_aside_before_is_set_aside_again(folder: Path) -> None:
    (folder / "bad" / "1.1.rec").mkdir()
    (folder / "bad" / "1.1.rec" / "full").touch()
    leave(folder, "rubbish")
    assert drained(folder) == []
    assert "cut short" in (folder / "bad" / "1.1.rec.1.reason").read_text(encoding="utf-8")


def test_records_come_in_the_order_of_their_times_and_other_files_are_left_alone(folder: Path) -> None:
    leave(folder, HEAD + ad(), "20.1.rec")
    leave(folder, HEAD + ad(), "10.1.rec")
    leave(folder, HEAD, ".10.1.tmp")
    assert [path.name for path in spool.waiting(folder)] == ["10.1.rec", "20.1.rec"]


def test_a_record_that_has_gone_meanwhile_is_no_trouble(folder: Path) -> None:
    assert list(spool.read([folder / "1.1.rec"])) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"NumShadowStarts": 10**40},
        {"NumShadowStarts": -(10**40)},
        {"JobDuration": 10**400},
        {"ExitCode": 10**40},
        {"ClusterId": 2**31, "ProcId": -(2**60), "DAGManJobId": 10**20},
        {"JobStartDate": 10**30, "JobCurrentStartDate": -5},
        {"GlobalJobId": "x" * 5000},
        {"OwlRunId": "r" * 5000, "InputDataset": "d" * 5000, "DAGNodeName": "n" * 5000},
        {"DAGParentNodeNames": "p" * 100_000},
        {"InputDataset": "a\x00b\x1b[2J"},
        {"Nonsense": "\x00" * 50},
    ],
)
def test_no_ad_that_its_owner_may_write_stops_the_database(
    folder: Path, sqlite: Database, attributes: dict[str, object]
) -> None:
    for name in ("1.1.rec", "2.1.rec"):
        leave(folder, HEAD + ad(**attributes), name)
        assert sqlite.write(blackboard.record, drained(folder)) in (0, 1)
        (folder / name).unlink()
    [row] = sqlite.read(blackboard.find)
    assert row.state is State.EXITED
    assert "\0" not in f"{row}"


def test_a_host_name_with_a_nul_is_mended(folder: Path) -> None:
    leave(folder, HEAD.replace("node7", "no\0de") + ad())
    assert [report.host for report in drained(folder)] == ["no\ufffdde"]
