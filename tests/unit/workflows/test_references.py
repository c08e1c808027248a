"""Reading FITS headers without a FITS library, and choosing reference files by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from imaging import fits_header
from imaging.errors import InputDamaged, InputMissing, NoReference
from imaging.references import ReferenceType, choose

EXPOSURE: fits_header.Header = {
    "INSTRUME": "OWLCAM",
    "DETECTOR": "NRS1",
    "FILTER": "F200W",
    "EXPTIME": 100.0,
    "DATE-OBS": "2026-03-01T00:29:44",
}


def card(keyword: str, value: str) -> str:
    return f"{keyword:8}= {value:>20}".ljust(80)


def write_header(path: Path, **keywords: str) -> Path:
    """A FITS file without data; a value is given as its card holds it."""
    cards = [card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "0")]
    cards += [card(name.upper(), value) for name, value in keywords.items()]
    text = "".join([*cards, "END".ljust(80)])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.ljust(-(-len(text) // 2880) * 2880).encode("ascii"))
    return path


def write_flat(path: Path, *, detector: str = "'NRS1'", after: str = "'2026-01-01T00:00:00'") -> Path:
    return write_header(
        path, reftype="'flat'", instrume="'OWLCAM'", detector=detector, filter="'F200W   '", useafter=after
    )


def test_a_header_is_read_as_the_standard_writes_it(tmp_path: Path) -> None:
    values = {"a": "'it''s  '", "b": "-17 / comment", "c": "1.5D2", "d": "F", "e": "'a / b' / comment"}
    header = fits_header.read_header(write_header(tmp_path / "x.fits", **values))
    assert {name: header[name.upper()] for name in values} == {
        "a": "it's",
        "b": -17,
        "c": 150.0,
        "d": False,
        "e": "a / b",
    }


@pytest.mark.parametrize("content", [b"", b"SIMPLE  =", b"P5 512 512", b"SIMPLE  = " + b" " * 2870])
def test_what_is_no_fits_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.fits").write_bytes(content)
    with pytest.raises(InputDamaged, match="not a FITS file"):
        fits_header.read_header(tmp_path / "x.fits")


def test_an_exposure_without_a_checksum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputDamaged, match="no CHECKSUM"):
        fits_header.verify_primary(write_header(tmp_path / "x.fits"))


def test_the_newest_fitting_reference_is_chosen(tmp_path: Path) -> None:
    write_flat(tmp_path / "a_flat.fits", after="'2026-02-01T00:00:00'")
    newest = write_flat(tmp_path / "below" / "b_flat.fits", after="'2026-02-02T00:00:00'")
    write_flat(tmp_path / "c_flat.fits", after="'2026-01-01T00:00:00'")
    write_flat(tmp_path / "d_flat.fits", after="'2026-03-01T00:29:45'")
    write_flat(tmp_path / "e_flat.fits", detector="'NRS2'")
    assert choose(ReferenceType.FLAT, EXPOSURE, tmp_path) == newest


def test_a_dark_must_have_the_exposure_time(tmp_path: Path) -> None:
    keywords = {"reftype": "'dark'", "instrume": "'OWLCAM'", "detector": "'NRS1'"}
    write_header(tmp_path / "a.fits", exptime="200.0", **keywords)
    right = write_header(tmp_path / "b.fits", exptime="100", **keywords)
    assert choose(ReferenceType.DARK, EXPOSURE, tmp_path) == right


def test_a_missing_reference_is_named_with_what_to_do(tmp_path: Path) -> None:
    write_flat(tmp_path / "flat.fits", detector="'NRS2'")
    with pytest.raises(NoReference) as caught:
        choose(ReferenceType.FLAT, EXPOSURE, tmp_path)
    assert str(caught.value) == (
        f"no flat for instrument=OWLCAM detector=NRS1 filter=F200W in {tmp_path}: "
        "deliver it and rescue the workflow"
    )


def test_a_damaged_reference_is_passed_over_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.fits").write_bytes(b"not FITS")
    right = write_flat(tmp_path / "b.fits")
    assert choose(ReferenceType.FLAT, EXPOSURE, tmp_path) == right
    assert "a.fits" in capsys.readouterr().err


def test_a_reference_that_is_still_being_copied_is_not_seen(tmp_path: Path) -> None:
    write_flat(tmp_path / ".flat.fits.0123456789ab.tmp")
    write_flat(tmp_path / ".staging" / "flat.fits")
    with pytest.raises(NoReference):
        choose(ReferenceType.FLAT, EXPOSURE, tmp_path)


def test_no_reference_directory(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="reference_dir"):
        choose(ReferenceType.FLAT, EXPOSURE, tmp_path / "nowhere")
