"""Files as they come in life: damaged, hostile, too many. Each ends with a clear reason, and stops no other."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from owl.db.engine import Database
from owl.errors import DatabaseAway
from owl.intake import EventState
from owl.poller import File
from owl.poller.kinds.pattern import FilePattern
from tests.fixtures.pollers import Arrivals

HEX = hashlib.sha256(b"aaa").hexdigest()


def test_an_empty_file_is_rejected_when_it_stays_empty(arrivals: Arrivals) -> None:
    poller = arrivals.poller(quiet=0.1)
    arrivals.put("ds1.dat", b"")
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "it is rejected")
    assert "it has 0 bytes" in arrivals.reason("ds1.dat")
    arrivals.put("ds2.dat", b"")
    arrivals.look(arrivals.poller(empty=True))
    assert arrivals.datasets() == ["ds2"]


def test_a_huge_file_is_known_by_samples(arrivals: Arrivals) -> None:
    poller = arrivals.poller(hash_bytes=2**20, parameters={"size": "{{ size }}"})
    path = arrivals.put("huge.dat")
    os.truncate(path, 2**40)  # a tebibyte, sparse
    arrivals.look(poller)
    assert arrivals.entries()[0].parameters == {"size": str(2**40)}
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"!")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    arrivals.look(poller)
    assert len({event.digest for event in arrivals.events()}) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_told_and_taken_when_it_can_be(arrivals: Arrivals) -> None:
    poller = arrivals.poller()
    path = arrivals.put("ds1.dat")
    path.chmod(0)
    arrivals.put("ds2.dat")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds2"]
    assert next(poller.pending.first()).why == "it can't be read (Permission denied)"
    path.chmod(0o644)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds2", "ds1"]


@pytest.mark.parametrize(
    "name",
    [
        b"with space.dat",
        b"new\nline.dat",
        b"\xff\xfe.dat",
        b"back\\slash.dat",
        b"esc\x1b[2J.dat",
        b"; rm -rf $HOME.dat",
    ],
    ids=["space", "newline", "not UTF-8", "backslash", "escape", "shell"],
)
def test_any_name_is_told_carried_and_found_again(arrivals: Arrivals, name: bytes) -> None:
    arrivals.put("good.dat")
    (arrivals.inbox / os.fsdecode(name)).write_bytes(b"content")
    arrivals.look(arrivals.poller(afterwards="move", destination="done", match=r"(?s)(?P<dataset>\w+)\.dat"))
    assert arrivals.datasets() == ["good"]
    (event,) = arrivals.events(EventState.QUARANTINED)
    assert event.path.isprintable()
    assert event.path.isascii()
    kept = arrivals.folder / "quarantine" / "p" / os.fsdecode(name)
    assert kept.read_bytes() == b"content"
    # What is wrong is mended: the name no longer matters.
    from owl.ops.pollers import Pollers

    Pollers(database=arrivals.database).retry([event.id], requested_by="mary")
    arrivals.look(arrivals.poller(afterwards="move", destination="done", dataset="any"))
    assert arrivals.datasets() == ["good", "any"]
    assert (arrivals.folder / "done" / os.fsdecode(name)).read_bytes() == b"content"


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.dat", "../../.."])
def test_a_link_that_leaves_the_directory_is_rejected_and_not_followed(arrivals: Arrivals, target: str) -> None:
    (arrivals.folder / "outside.dat").write_bytes(b"secret")
    (arrivals.inbox / "ds1.dat").symlink_to(target)
    arrivals.look(arrivals.poller())
    assert arrivals.datasets() == []
    assert "symbolic link that leaves the directory" in arrivals.reason("ds1.dat")
    assert (arrivals.folder / "outside.dat").read_bytes() == b"secret"


def test_a_link_within_the_directory_is_a_file_and_one_that_leads_nowhere_waits(arrivals: Arrivals) -> None:
    arrivals.put("store/real.bin", b"content")
    (arrivals.inbox / "ds1.dat").symlink_to("store/real.bin")
    (arrivals.inbox / "ds2.dat").symlink_to("store/nothing")
    poller = arrivals.poller()
    arrivals.look(poller)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


def test_links_to_directories_are_not_descended(arrivals: Arrivals) -> None:
    arrivals.put("real/ds1.dat")
    (arrivals.inbox / "loop").symlink_to(arrivals.inbox)
    arrivals.look(arrivals.poller(pattern="**/*.dat"))
    assert arrivals.datasets() == ["ds1"]


def test_pipes_and_sockets_are_rejected_without_being_opened(arrivals: Arrivals) -> None:
    os.mkfifo(arrivals.inbox / "pipe.dat")
    before = Path.cwd()
    os.chdir(arrivals.inbox)  # a socket's path may be short only
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s.dat")
    finally:
        os.chdir(before)
    arrivals.look(arrivals.poller())
    assert arrivals.datasets() == []
    assert "no plain file" in arrivals.reason("pipe.dat")
    assert "no plain file" in arrivals.reason("s.dat")


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (f"{HEX}  /etc/passwd\n", "could lead out of the delivery"),
        (f"{HEX}  ../secret\n", "could lead out of the delivery"),
        (f"{HEX}  a/../../secret\n", "could lead out of the delivery"),
        (f"{HEX}  a\n{HEX}  a\n", "it lists a file more than once"),
        (f"{'0' * 64}  a\n", "a hasn't the checksum that the manifest gives"),
        (f"owl-delivery 1 d 2\n{HEX}  a  3\n", "it lists 1 files of 2"),
        (f"owl-delivery 1 d 1\n{HEX}  a  4\n", "a has 3 bytes of 4"),
        ("no manifest at all\n", "line 1 isn't 'CHECKSUM  NAME'"),
        ("# nothing\n", "it lists no file"),
        (b"\xff\xfe\x00", "it isn't UTF-8"),
        (f"{HEX}  link\n", "link is a symbolic link"),
        (f"{HEX}  folder/a\n", "folder/a is a symbolic link"),
    ],
)
def test_a_manifest_that_is_wrong_is_rejected(arrivals: Arrivals, manifest: str | bytes, reason: str) -> None:
    arrivals.put("d/a", b"aaa")
    (arrivals.inbox / "d" / "link").symlink_to("a")
    (arrivals.inbox / "d" / "folder").symlink_to(".")
    (arrivals.folder / "secret").write_bytes(b"aaa")
    arrivals.put("d/manifest.txt", manifest)
    poller = arrivals.poller(kind="manifest", pattern="*/manifest.txt", complete="manifest", quiet=0.05)
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "it is rejected")
    assert reason in arrivals.reason("d/manifest.txt")
    assert arrivals.datasets() == []
    assert (arrivals.inbox / "d" / "a").exists()


def test_a_manifest_of_a_million_lines_is_refused_by_default_and_read_where_that_is_allowed(
    arrivals: Arrivals,
) -> None:
    lines = [f"{'0' * 64}  file{number}\n" for number in range(1_000_000)]
    arrivals.put("d/manifest.txt", "".join(lines))
    given: dict[str, Any] = {
        "kind": "manifest",
        "pattern": "*/manifest.txt",
        "complete": "manifest",
        "rejects": "leave",
    }
    arrivals.look(arrivals.poller(**given))
    assert [event.reason for event in arrivals.events()] == [
        "it has more than 200000 lines; the option max_files sets how many"
    ]
    arrivals.put("d/manifest.txt", "".join(lines[:300_000]))
    allowed = arrivals.poller(**given, options={"max_files": 1_000_000})
    arrivals.look(allowed)
    assert next(allowed.pending.first()).why == "file0 isn't there (No such file or directory)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b'{"a": ', "it isn't JSON"),
        (b'{"a": 1}\nnonsense\n', "line 2 isn't JSON"),
        (b"[1, 2]", "message 1 isn't a JSON object"),
        (b"\xff", "it isn't UTF-8"),
        (b"[]", "it becomes no request"),
        (b'{"a": "' + b"x" * 5000 + b'"}', "4096 are allowed"),
        (b'{"b": 1}', "there is no 'a'"),
        (b'{"a": "{{ 7 * 7 }}"}', "isn't valid"),
        (b'{"a": "../../x"}', "isn't valid"),
    ],
)
def test_a_message_that_is_wrong_is_rejected(arrivals: Arrivals, content: bytes, reason: str) -> None:
    arrivals.put("m.dat", content)
    poller = arrivals.poller(kind="json", dataset="{{ message.a }}", quiet=0.05)
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "it is rejected")
    assert reason in arrivals.reason("m.dat")


def test_a_kind_that_fails_on_one_file_stops_no_other(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(_kind: object, file: File) -> list[dict[str, object]]:
        return [{}] if file.path.stem == "good" else [{"x": dict[str, object]()["defect"]}]

    monkeypatch.setattr(FilePattern, "read", read)
    arrivals.put("bad.dat")
    arrivals.put("good.dat")
    poller = arrivals.poller()
    arrivals.look(poller)
    arrivals.look(poller)
    assert arrivals.datasets() == ["good"]
    assert next(poller.pending.first()).why == "reading it fails: KeyError: 'defect'"
    assert caplog.text.count("bad.dat: reading it fails") == 1


def test_a_directory_that_disappears_and_comes_back(arrivals: Arrivals) -> None:
    """As where NFS is mounted again: another directory, in which files were put meanwhile."""
    poller = arrivals.poller(file_events=True, scan_period=86_400)
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    arrivals.inbox.rename(arrivals.folder / "away")
    arrivals.look_until(poller, lambda: poller.away, "it is seen to be gone")
    assert "can't be read (No such file or directory)" in poller.away
    poller._controlled = None
    poller.step()
    arrivals.inbox.mkdir()
    arrivals.put("ds2.dat")
    arrivals.look_until(poller, lambda: len(arrivals.datasets()) == 2, "it is there again")
    arrivals.put("ds3.dat")
    arrivals.look_until(poller, lambda: len(arrivals.datasets()) == 3, "its file events come again")
    assert not poller.away


def test_a_database_that_is_away_during_an_event(arrivals: Arrivals) -> None:
    path = Path(str(arrivals.database.url.database))
    database = Database(f"sqlite:///{path}", patience=0.1)
    poller = arrivals.poller(database=database)
    arrivals.look(poller)

    def away(name: str) -> None:
        if name == "translated" and path.exists():
            database.close()
            path.rename(path.with_suffix(".away"))
            path.mkdir()

    poller.intake.fault = away
    arrivals.put("ds1.dat")
    with pytest.raises(DatabaseAway):
        arrivals.look(poller)
    path.rmdir()
    path.with_suffix(".away").rename(path)
    poller.intake.fault = lambda _name: None
    arrivals.look(poller, scan=False)
    assert arrivals.datasets() == ["ds1"]
    database.close()


def test_files_by_the_thousand(arrivals: Arrivals) -> None:
    for number in range(2500):
        (arrivals.inbox / f"ds{number}.dat").write_bytes(b"x")
    poller = arrivals.poller(afterwards="move", destination="done")
    arrivals.look(poller)
    assert len(set(arrivals.datasets())) == 2500
    assert len(list((arrivals.folder / "done").iterdir())) == 2500
    assert {event.state for event in arrivals.events()} == {EventState.SETTLED}
