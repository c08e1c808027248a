"""Deliveries of reference files: every way in which one can be bad, and that a bad one changes nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from delivery.errors import FileConflict, FileDamaged, FileMissing, NotInPlace
from delivery.manifest import read_manifest
from delivery.place import place_files
from delivery.receipt import confirm_files, write_receipts

PROGRAM = Path(__file__).resolve().parents[3] / "templates" / "crds_delivery" / "bin" / "crds_file_delivery.py"
CONTENT = {"nrs1_dark.fits": b"dark" * 1000, "flats/nrs1_f200w_flat.fits": b"flat" * 2000}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A delivery that is in order, and where it is to go."""

    delivery: Path
    reference: Path

    @property
    def manifest(self) -> Path:
        return self.delivery / "manifest.txt"

    def submit(self) -> list[str]:
        return place_files(read_manifest(self.manifest), self.delivery, self.reference)

    def in_place(self) -> dict[str, bytes]:
        files = [path for path in self.reference.rglob("*") if path.is_file()]
        return {path.relative_to(self.reference).as_posix(): path.read_bytes() for path in files}


def line(name: str, content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content)}"


def manifest_text(*lines: str, count: int | None = None) -> str:
    return "\n".join([f"owl-delivery 1 crds_1 {len(lines) if count is None else count}", *lines, ""])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(delivery=tmp_path / "delivery", reference=tmp_path / "reference")
    (made.delivery / "flats").mkdir(parents=True)
    for name, content in CONTENT.items():
        (made.delivery / name).write_bytes(content)
    made.manifest.write_text(manifest_text(*(line(*item) for item in CONTENT.items())))
    return made


def run_program(place: Place, stage: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), "-r", "crds_delivery", "-p", str(place.delivery)]
    command += ["-d", str(place.reference), "--", "crds_1", stage]
    cwd = place.delivery.parent
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_submit_and_confirm_put_the_files_in_place_and_leave_two_receipts(place: Place) -> None:
    for stage in ("submit", "confirm"):
        assert run_program(place, stage).returncode == 0
    found = place.in_place()
    receipt = found.pop("receipts/crds_1.receipt.json")
    assert found == CONTENT
    assert (place.delivery.parent / "crds_1.receipt.json").read_bytes() == receipt


def test_submitting_again_changes_nothing(place: Place) -> None:
    place.submit()
    before = {path: path.stat().st_ino for path in place.reference.rglob("*")}
    assert all(text.endswith("in place already") for text in place.submit())
    assert {path: path.stat().st_ino for path in place.reference.rglob("*")} == before


def test_a_run_that_was_killed_half_way_goes_on(place: Place) -> None:
    place.reference.mkdir()
    (place.reference / "nrs1_dark.fits").write_bytes(CONTENT["nrs1_dark.fits"])
    (place.reference / ".nrs1_dark.fits.0123456789ab.tmp").write_bytes(b"left behind")
    place.submit()
    confirm_files(read_manifest(place.manifest), place.reference)


GOOD = line("nrs1_dark.fits", CONTENT["nrs1_dark.fits"])
BAD_MANIFESTS = {
    "empty": ("", 4),
    "no header": (GOOD + "\n", 4),
    "another version": ("owl-delivery 2 crds_1 1\n" + GOOD + "\n", 4),
    "a file short": (manifest_text(GOOD, count=2), 4),
    "a file too many": (manifest_text(GOOD, count=0), 4),
    "no file at all": (manifest_text(), 4),
    "listed twice": (manifest_text(GOOD, GOOD), 4),
    "one space": (manifest_text(GOOD.replace("  ", " ")), 4),
    "short checksum": (manifest_text(GOOD[1:]), 4),
    "negative size": (manifest_text(GOOD.replace("  4000", "  -4000")), 4),
    "binary": ("owl-delivery 1 \xff\xfe 1\n", 4),
    "carriage return": (manifest_text(GOOD).replace("\n", "\r\n"), 4),
    "parent directory": (manifest_text(line("../nrs1_dark.fits", b"")), 5),
    "parent inside": (manifest_text(line("flats/../../x.fits", b"")), 5),
    "absolute": (manifest_text(line("/etc/passwd", b"")), 5),
    "double slash": (manifest_text(line("flats//x.fits", b"")), 5),
    "hidden": (manifest_text(line(".profile", b"")), 5),
    "quote": (manifest_text(line("a'b.fits", b"")), 5),
    "not delivered": (manifest_text(GOOD, line("nrs2_dark.fits", b"x")), 6),
    "a directory": (manifest_text(GOOD, line("flats", b"x")), 6),
    "size differs": (manifest_text(GOOD.replace("  4000", "  4001")), 7),
    "larger": (manifest_text(GOOD.replace("  4000", "  3999")), 7),
    "checksum differs": (manifest_text("0" * 64 + GOOD[64:]), 7),
}


@pytest.mark.parametrize("case", BAD_MANIFESTS)
def test_a_bad_manifest_is_one_line_with_its_own_exit_code_and_nothing_in_place(case: str, place: Place) -> None:
    text, exit_code = BAD_MANIFESTS[case]
    place.manifest.write_bytes(text.encode("latin-1"))
    done = run_program(place, "submit")
    assert done.returncode == exit_code
    assert done.stderr.count("\n") == 1
    assert str(place.delivery) in done.stderr
    assert "Traceback" not in done.stderr
    assert place.in_place() == {}


def test_no_delivery_at_all(place: Place) -> None:
    done = run_program(Place(delivery=place.delivery / "nowhere", reference=place.reference), "submit")
    assert done.returncode == 3
    assert "check the pathname" in done.stderr


@pytest.mark.parametrize("name", ["nrs1_dark.fits", "flats"])
def test_a_link_that_leads_out_of_the_delivery_is_never_followed(name: str, place: Place) -> None:
    outside = place.delivery.parent / "outside"
    (place.delivery / name).rename(outside)
    (place.delivery / name).symlink_to(outside)
    with pytest.raises(FileMissing, match=name):
        place.submit()
    assert place.in_place() == {}


def test_a_named_pipe_is_refused_at_once(place: Place) -> None:
    (place.delivery / "nrs1_dark.fits").unlink()
    os.mkfifo(place.delivery / "nrs1_dark.fits")
    with pytest.raises(FileMissing, match="not a plain file"):
        place.submit()


def test_a_reference_that_is_in_use_is_never_replaced(place: Place) -> None:
    place.reference.mkdir()
    (place.reference / "nrs1_dark.fits").write_bytes(b"another")
    with pytest.raises(FileConflict, match="under a new name"):
        place.submit()
    assert place.in_place() == {"nrs1_dark.fits": b"another"}
    assert run_program(place, "submit").returncode == 8


def test_the_last_file_being_damaged_leaves_the_first_out_too(place: Place) -> None:
    (place.delivery / "flats" / "nrs1_f200w_flat.fits").write_bytes(b"flot" * 2000)
    with pytest.raises(FileDamaged, match="sha256"):
        place.submit()
    assert place.in_place() == {}


def test_a_reference_directory_that_cannot_be_made(place: Place) -> None:
    place.reference.write_text("a file")
    done = run_program(place, "submit")
    assert done.returncode == 9
    assert done.stderr.count("\n") == 1


def test_confirm_says_which_file_is_not_in_place(place: Place) -> None:
    place.submit()
    (place.reference / "nrs1_dark.fits").write_bytes(b"changed")
    with pytest.raises(NotInPlace, match=r"nrs1_dark\.fits"):
        confirm_files(read_manifest(place.manifest), place.reference)
    assert run_program(place, "confirm").returncode == 10
    assert not (place.reference / "receipts").exists()


def test_confirming_twice_writes_the_same_receipt(place: Place) -> None:
    place.submit()
    manifest = read_manifest(place.manifest)
    first = [path.read_bytes() for path in write_receipts(manifest, "crds_1", place.reference, place.delivery)]
    again = [path.read_bytes() for path in write_receipts(manifest, "crds_1", place.reference, place.delivery)]
    assert first == again
