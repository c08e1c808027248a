"""The archive: twice is once, many at a time lose nothing, and what isn't whole doesn't get in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from imaging.archive import DATABASE_FILE, find_image, ingest
from imaging.errors import InputDamaged, InputMissing
from imaging.products import Level, MetadataValue, Product, image_name, read_product, sidecar_name, write_product

PROGRAMS = Path(__file__).resolve().parents[3] / "templates" / "imaging" / "bin"


def make_product(directory: Path, dataset: str, content: bytes = b"image") -> Product:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / image_name(dataset, Level.CALIBRATED)
    path.write_bytes(content)
    metadata: dict[str, MetadataValue] = {"instrument": "OWLCAM", "exposure_s": 300.0, "sources": None}
    return write_product(dataset, Level.CALIBRATED, [path], metadata, directory)


def rows(archive: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(archive / DATABASE_FILE) as connection:
        query = "SELECT dataset, level, version, run_id, bytes, instrument FROM product ORDER BY dataset"
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def start_ingest(work: Path, archive: Path, dataset: str, run_id: str = "r1") -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAMS / "ingest.py"), "-a", str(archive), "-l", "2a"]
    command += ["-r", run_id, "--", dataset]
    return subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ingesting_twice_changes_nothing_and_new_bytes_make_a_new_version(tmp_path: Path) -> None:
    work, archive = tmp_path / "work", tmp_path / "archive"
    for run_id in ("r1", "r2"):
        ingest(make_product(work, "a"), work, archive, run_id)
    assert rows(archive) == [("a", "2a", 1, "r1", 5, "OWLCAM")]
    ingest(make_product(work, "a", b"better"), work, archive, "r3")
    assert rows(archive) == [("a", "2a", 2, "r3", 6, "OWLCAM")]
    image = find_image("a", Level.CALIBRATED, archive)
    assert image is not None
    assert image.read_bytes() == b"better"
    assert [path.name for path in image.parent.iterdir()] == [image.name]


def test_many_at_a_time_into_an_archive_that_is_not_there_yet(tmp_path: Path) -> None:
    work, archive = tmp_path / "work", tmp_path / "archive"
    names = [f"exposure_{number}" for number in range(12)]
    for name in names:
        make_product(work, name)
    running = [start_ingest(work, archive, name) for name in [*names, *names[:4]]]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert (process.returncode, errors) == (0, "")
    assert [row[0] for row in rows(archive)] == sorted(names)


def test_a_file_that_changed_after_its_step_does_not_get_in(tmp_path: Path) -> None:
    work, archive = tmp_path / "work", tmp_path / "archive"
    product = make_product(work, "a")
    (work / product.files[0].name).write_bytes(b"other")
    with pytest.raises(InputDamaged, match="run that step again"):
        ingest(product, work, archive, "r1")
    assert [path for path in archive.rglob("*") if path.is_file()] == []


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    product = make_product(tmp_path, "a")
    (tmp_path / product.files[0].name).unlink()
    with pytest.raises(InputMissing):
        ingest(product, tmp_path, tmp_path / "archive", "r1")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"dataset": "b", "level": "2a", "files": [], "metadata": {}}',
        '{"dataset": "a", "level": "9", "files": [], "metadata": {}}',
        '{"dataset": "a", "level": "2a", "files": [{"name": "../x", "bytes": 1, "sha256": "0"}], "metadata": {}}',
    ],
)
def test_a_sidecar_that_is_not_right_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / sidecar_name("a", Level.CALIBRATED)).write_text(content)
    with pytest.raises(InputDamaged):
        read_product("a", Level.CALIBRATED, tmp_path)


def test_the_exit_codes_of_the_ingest_program(tmp_path: Path) -> None:
    missing = start_ingest(tmp_path, tmp_path / "archive", "a")
    assert "run the step that makes it first" in missing.communicate(timeout=300)[1]
    assert missing.returncode == 3
    make_product(tmp_path, "a")
    (tmp_path / "archive").write_text("a file where the archive should be")
    blocked = start_ingest(tmp_path, tmp_path / "archive", "a")
    assert "mend the archive" in blocked.communicate(timeout=300)[1]
    assert blocked.returncode == 7


def test_the_ingest_program_imports_no_numerical_library() -> None:
    modules = "imaging.archive, imaging.products, imaging.runner, imaging.pod, imaging.references"
    heavy = "{'numpy', 'scipy', 'astropy', 'ccdproc', 'photutils', 'PIL'}"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROGRAMS, capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "[]"
