"""The programs of the workflows as their jobs run them: products, failures, exit codes, determinism."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from imaging.simulator.exposures import plan_exposures
from PIL import Image

from .conftest import IMAGING, ORDER, SEED, Night, Outcome, run_program, simulate


def assert_fails(outcome: Outcome, code: int, *texts: str) -> None:
    """One line on standard error, no traceback, the exit code of its cause."""
    assert outcome.code == code, outcome.err
    assert outcome.err.count("\n") == 1
    assert all(text in outcome.err for text in texts), outcome.err


def hashes(directory: Path) -> dict[str, str]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_missing_flat_fails_level_2a_alone_and_the_workflow_goes_on_once_it_is_delivered(night: Night) -> None:
    reference = night.root / "reference"
    wanted = "no flat for instrument=OWLCAM detector=NRS2 filter=F115W"
    failed = night.said["without flat", "level_2a"]
    assert_fails(failed, 5, f"{wanted} in {reference}: deliver it and rescue the workflow")
    assert night.said[night.late_exposure, "ingest_1b"].code == 0
    assert night.said[night.late_exposure, "level_2a"].code == 0
    assert (reference / night.late_file).is_file()


def test_an_association_without_a_member_names_it(night: Night) -> None:
    failed = night.said["without member", "level_3"]
    assert_fails(failed, 6, night.late_exposure, "1 of 4 members", f"rescue {night.association}")


def test_the_archive_holds_every_product_of_every_level(night: Night) -> None:
    archive = night.root / "archive"
    connection = sqlite3.connect(archive / "archive.sqlite")
    rows = connection.execute("SELECT dataset, level, path, sha256, sources, exposure_s FROM product").fetchall()
    connection.close()
    levels = {(dataset, level) for dataset, level, *_ in rows}
    exposures = {(dataset, level) for dataset in night.exposures for level in ("05", "1a", "1b", "2a", "2b")}
    assert levels == exposures | {(night.association, "3")}
    for _, _, path, sha256, _, _ in rows:
        assert hashlib.sha256((archive / path).read_bytes()).hexdigest() == sha256
    combined = {(sources > 30, exposure) for _, level, _, _, sources, exposure in rows if level == "3"}
    assert combined == {(True, 1200.0)}


@pytest.mark.parametrize("suffix", ["_pod.fits", "_l1a.fits", "_l1b.fits", "_l2a.fits", "_l2b.fits"])
def test_products_are_whole_fits_files_with_good_checksums(suffix: str, night: Night) -> None:
    with fits.open(night.product(night.exposures[0], suffix), checksum=True) as hdus:
        hdus.verify("exception")
        assert all("CHECKSUM" in hdu.header for hdu in hdus)


def test_a_product_says_what_it_was_made_with(night: Night) -> None:
    header = fits.getheader(night.product(night.exposures[0], "_l2b.fits"), "SCI")
    used = {name: header[name] for name in ("R_BIAS", "R_DARK", "R_FLAT", "R_PHOTOM")}
    assert used == {
        "R_BIAS": "owlcam_nrs1_bias.fits",
        "R_DARK": "owlcam_nrs1_dark.fits",
        "R_FLAT": "owlcam_nrs1_f115w_flat.fits",
        "R_PHOTOM": "owlcam_nrs1_f115w_photom.fits",
    }


def test_the_preview_shows_the_stars(night: Night) -> None:
    dataset = night.exposures[0]
    with Image.open(night.product(dataset, "_preview.png")) as image:
        grey = np.asarray(image)[::-1]
    catalogue = Table.read(night.product(dataset, "_cat.ecsv"))
    brightest = catalogue[np.argmax(catalogue["flux"])]
    assert grey.shape == (512, 512)
    assert grey[round(brightest["y"]), round(brightest["x"])] > 250
    assert np.median(grey) < 128


def test_a_step_that_runs_again_makes_the_same_bytes(night: Night) -> None:
    dataset = night.exposures[0]
    before = hashes(night.work(dataset))
    for step in ("create_pod", "level_1", "level_2a", "level_2b"):
        assert night.run(dataset, step).code == 0
    assert hashes(night.work(dataset)) == before


def test_the_same_seed_gives_the_same_night_and_another_seed_another(simulated: Night, tmp_path: Path) -> None:
    assert simulate(tmp_path / "again", *ORDER).code == 0
    assert (
        simulate(tmp_path / "other", "--seed", str(SEED + 1), "--exposures", "1", "--associations", "1").code == 0
    )
    for part in ("raw", "truth", "deliveries"):
        assert hashes(tmp_path / "again" / part) == hashes(simulated.root / part)
    first = plan_exposures(1, 1)[0].dataset
    name = f"{first}_raw.fits"
    assert (tmp_path / "other" / "raw" / name).read_bytes() != (simulated.root / "raw" / name).read_bytes()


def test_the_plan_names_what_is_there(simulated: Night) -> None:
    plan = json.loads((simulated.root / "plan.json").read_text(encoding="utf-8"))
    for exposure in plan["exposures"]:
        assert (Path(exposure["parameters"]["raw_dir"]) / f"{exposure['dataset']}_raw.fits").is_file()
        assert exposure["association"] == simulated.association
    for delivery in [*plan["deliveries"], plan["missing"]["delivery"]]:
        assert (Path(delivery["parameters"]["pathname"]) / "manifest.txt").is_file()
    assert plan["associations"][0]["members"] == list(simulated.exposures)
    late = Path(plan["missing"]["delivery"]["pathname"])
    assert sorted(path.name for path in late.iterdir()) == sorted(["manifest.txt", plan["missing"]["file"]])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--leave-out-flat", "F999W"), "filters in use: F115W, F200W"),
        (("--associations", "9"), "1 to 4"),
        (("--exposures", "1"), "give 2 to 255"),
    ],
)
def test_an_order_that_cannot_be_met(arguments: tuple[str, str], text: str, tmp_path: Path) -> None:
    assert_fails(simulate(tmp_path / "out", *arguments), 3, text)


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5000] ^= 0x40
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2880])


def set_keyword(keyword: str, value: object) -> Callable[[Path], None]:
    """A header that is whole, its checksum too, but says what can't be."""

    def change(path: Path) -> None:
        with fits.open(path, mode="update") as hdus:
            if value is None:
                del hdus[0].header[keyword]
            else:
                hdus[0].header[keyword] = value
            hdus[0].add_checksum()

    return change


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (corrupt, "CHECKSUM"),
        (cut_short, "its header asks for"),
        (set_keyword("DATASET", "another"), "'another'"),
        (set_keyword("GAIN", None), "GAIN"),
        (set_keyword("GAIN", 0.0), "GAIN isn't positive"),
        (set_keyword("EXPTIME", "long"), "EXPTIME"),
        (set_keyword("NINTS", 4), "NINTS=4"),
        (set_keyword("FILTER", None), "FILTER"),
        (set_keyword("TRIMSEC", "[1:9999,1:512]"), "TRIMSEC"),
        (set_keyword("BIASSEC", "[__import__('os'):2,1:2]"), "BIASSEC"),
    ],
)
def test_a_damaged_exposure_gets_no_further_than_create_pod(
    damage: Callable[[Path], None], text: str, simulated: Night, tmp_path: Path
) -> None:
    dataset = simulated.exposures[0]
    raw = tmp_path / f"{dataset}_raw.fits"
    shutil.copyfile(simulated.root / "raw" / raw.name, raw)
    damage(raw)
    outcome = run_program(IMAGING / "create_pod.py", "-i", str(tmp_path), "--", dataset, cwd=tmp_path / "work")
    assert_fails(outcome, 4, str(raw), text)
    assert list((tmp_path / "work").iterdir()) == []


def test_an_exposure_that_did_not_arrive(tmp_path: Path) -> None:
    outcome = run_program(IMAGING / "create_pod.py", "-i", str(tmp_path), "--", "nothing", cwd=tmp_path)
    assert_fails(outcome, 3, "nothing_raw.fits")


@pytest.mark.parametrize("step", ["level_1", "level_2a", "level_2b"])
def test_a_step_without_the_step_before(step: str, simulated: Night, tmp_path: Path) -> None:
    reference = str(simulated.root / "reference")
    outcome = run_program(IMAGING / f"{step}.py", "-d", reference, "--", "nothing", cwd=tmp_path)
    assert_fails(outcome, 3, "nothing_")


def test_a_reference_of_another_shape_is_refused(night: Night, tmp_path: Path) -> None:
    dataset = night.exposures[0]
    work, reference = tmp_path / "work", tmp_path / "reference"
    shutil.copytree(night.work(dataset), work)
    shutil.copytree(night.root / "reference", reference)
    flat = reference / "owlcam_nrs1_f115w_flat.fits"
    with fits.open(flat) as hdus:
        small = fits.PrimaryHDU(hdus[0].data[:100, :100].copy(), header=hdus[0].header)
    small.writeto(flat, overwrite=True)
    outcome = run_program(IMAGING / "level_2a.py", "-d", str(reference), "--", dataset, cwd=work)
    assert_fails(outcome, 4, flat.name, "(100, 100)")


def test_a_truncated_product_is_refused(night: Night, tmp_path: Path) -> None:
    dataset = night.exposures[0]
    work = tmp_path / "work"
    shutil.copytree(night.work(dataset), work)
    frame = work / f"{dataset}_l2a.fits"
    frame.write_bytes(frame.read_bytes()[:300000])
    outcome = run_program(IMAGING / "level_2b.py", "-d", str(night.root / "reference"), "--", dataset, cwd=work)
    assert outcome.code == 4, outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(("keyword", "value"), [("PHOTZP", None), ("APENCL", 0.0), ("PSFFWHM", "wide")])
def test_a_photom_reference_that_cannot_be_right_is_refused(
    keyword: str, value: object, night: Night, tmp_path: Path
) -> None:
    dataset = night.exposures[0]
    work, reference = tmp_path / "work", tmp_path / "reference"
    shutil.copytree(night.work(dataset), work)
    shutil.copytree(night.root / "reference", reference)
    photom = reference / "owlcam_nrs1_f115w_photom.fits"
    set_keyword(keyword, value)(photom)
    outcome = run_program(IMAGING / "level_2b.py", "-d", str(reference), "--", dataset, cwd=work)
    assert_fails(outcome, 4, photom.name, "deliver a complete photom reference")
