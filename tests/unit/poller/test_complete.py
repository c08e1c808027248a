"""When a file counts as complete: never before."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from owl.intake import EventState
from owl.poller.service import Poller
from tests.fixtures.pollers import Arrivals


def sums(**files: bytes) -> str:
    """A manifest as sha256sum writes it."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())


def waits(poller: Poller) -> str:
    """Why the one file that waits does."""
    (one,) = poller.pending.first()
    return one.why


def test_a_file_that_is_being_written_is_not_taken_until_it_is_quiet(arrivals: Arrivals) -> None:
    poller = arrivals.poller(complete="quiet", quiet=0.3, parameters={"size": "{{ size }}"})
    path = arrivals.inbox / "ds1.dat"
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        with path.open("ab") as stream:
            stream.write(b"some ")
        poller._scan_at = 0.0
        poller.step()
        assert arrivals.datasets() == []
    arrivals.look_until(poller, arrivals.datasets, "it is quiet")
    assert arrivals.entries()[0].parameters["size"] == str(path.stat().st_size)


def test_quiet_counts_from_the_first_look_not_from_the_files_time(arrivals: Arrivals) -> None:
    path = arrivals.put("ds1.dat")
    os.utime(path, (0, 0))
    poller = arrivals.poller(complete="quiet", quiet=60)
    arrivals.look(poller)
    assert arrivals.datasets() == []
    assert "changed within 60 s" in waits(poller)


def test_a_file_is_complete_when_its_marker_is_there(arrivals: Arrivals) -> None:
    poller = arrivals.poller(complete="marker", marker="{stem}.ready", afterwards="move", destination="done")
    arrivals.put("ds1.dat")
    arrivals.look(poller)
    assert arrivals.datasets() == []
    assert "ds1.ready isn't there" in waits(poller)
    arrivals.put("ds1.ready", b"")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]
    assert not list(arrivals.inbox.iterdir()), "a marker that stays would make the next file of that name complete"


def test_a_marker_that_an_earlier_file_has_left_says_nothing_of_a_new_one(arrivals: Arrivals) -> None:
    poller = arrivals.poller(complete="marker")
    arrivals.put("ds1.dat", b"one")
    time.sleep(0.02)  # change times are counted in ticks of the kernel's clock, some milliseconds each
    arrivals.put("ds1.dat.done", b"")
    arrivals.look(poller)
    time.sleep(0.02)
    arrivals.put("ds1.dat", b"half of another")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]
    assert "ds1.dat.done is older than it" in waits(poller)
    time.sleep(0.02)
    arrivals.put("ds1.dat.done", b"")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1", "ds1"]


def test_a_renamed_file_is_complete_at_once_and_its_temporary_name_is_none(arrivals: Arrivals) -> None:
    poller = arrivals.poller(pattern="*")
    (arrivals.inbox / ".ds1.dat.Xa83d").write_bytes(b"half")
    arrivals.look(poller)
    assert arrivals.datasets() == []
    (arrivals.inbox / ".ds1.dat.Xa83d").rename(arrivals.inbox / "ds1.dat")
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


@pytest.mark.parametrize("form", ["sums", "owl-delivery"])
def test_a_delivery_is_complete_when_all_that_its_manifest_lists_is_there(arrivals: Arrivals, form: str) -> None:
    content = {"a.fits": b"aaa", "b.fits": b"bbb"}
    text = sums(**content)
    if form == "owl-delivery":
        lines = [f"{hashlib.sha256(data).hexdigest()}  {name}  3\n" for name, data in content.items()]
        text = "owl-delivery 1 crds_1 2\n# a comment\n" + "".join(lines)
    poller = arrivals.poller(
        kind="manifest", pattern="*/manifest.txt", complete="manifest", dataset="{{ delivery }}", quiet=60
    )
    arrivals.put("crds_1/manifest.txt", text)
    arrivals.put("crds_1/a.fits", b"aaa")
    arrivals.look(poller)
    assert arrivals.datasets() == []
    assert "b.fits isn't there" in waits(poller)
    arrivals.put("crds_1/b.fits", b"bb")
    arrivals.look(poller)
    assert ("b.fits has 2 bytes of 3" if form != "sums" else "b.fits hasn't the checksum") in waits(poller)
    arrivals.put("crds_1/b.fits", b"bbb")
    arrivals.look(poller)
    assert arrivals.datasets() == ["crds_1"]


def test_each_file_of_a_manifest_may_become_a_request(arrivals: Arrivals) -> None:
    poller = arrivals.poller(
        kind="manifest",
        pattern="*/MD5SUMS",
        complete="manifest",
        dataset="{{ listed.stem }}",
        options={"request_for": "file"},
        parameters={"path": "{{ listed.path }}"},
        afterwards="move",
        destination="done",
    )
    arrivals.put("night/a.fits", b"aaa")
    digest = hashlib.md5(b"aaa", usedforsecurity=False).hexdigest()
    arrivals.put("night/MD5SUMS", f"{digest} *a.fits\n")
    arrivals.look(poller)
    assert arrivals.datasets() == ["a"]
    assert (arrivals.folder / "done" / "night" / "a.fits").read_bytes() == b"aaa"
    assert (arrivals.folder / "done" / "night" / "MD5SUMS").exists()
    assert not list(arrivals.inbox.glob("night/*"))


def test_what_is_never_complete_is_rejected_in_the_end(arrivals: Arrivals) -> None:
    poller = arrivals.poller(complete="marker", patience=1)
    arrivals.put("ds1.dat")
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "its patience has ended")
    assert "not complete after 1 s: its marker ds1.dat.done isn't there" in arrivals.reason("ds1.dat")


def test_file_events_are_seen_without_a_scan(arrivals: Arrivals) -> None:
    poller = arrivals.poller(file_events=True, scan_period=86_400, complete="marker", pattern="**/*.dat")
    arrivals.look(poller)
    arrivals.put("ds1.dat")
    arrivals.put("ds1.dat.done", b"")
    arrivals.put("new/folder/ds2.dat")
    arrivals.put("new/folder/ds2.dat.done", b"")
    arrivals.look_until(poller, lambda: len(arrivals.datasets()) == 2, "both are seen")


def test_a_manifests_files_are_seen_without_a_scan(arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("owl.poller.pending.RECHECK", 86_400.0)
    poller = arrivals.poller(
        kind="manifest", pattern="*/manifest.txt", complete="manifest", file_events=True, scan_period=86_400
    )
    arrivals.look(poller)
    arrivals.put("d1/manifest.txt", sums(a=b"aaa"))
    arrivals.look_until(poller, lambda: len(poller.pending), "it waits")
    arrivals.put("d1/a", b"aaa")
    arrivals.look_until(poller, arrivals.datasets, "it is complete")
