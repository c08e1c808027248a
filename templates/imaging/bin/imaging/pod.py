"""CREATE_POD: take an exposure as it arrived, after checking that all of it arrived and that it can be
processed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from imaging import fits_header
from imaging.errors import InputDamaged
from imaging.fits_header import Header
from imaging.products import Level, MetadataValue, image_name, raw_name, temporary_name, write_product

TEXT_KEYWORDS = ("INSTRUME", "DETECTOR", "FILTER", "DATE-OBS", "CTYPE1", "CTYPE2")
NUMBER_KEYWORDS = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")
POSITIVE_KEYWORDS = ("EXPTIME", "GAIN", "RDNOISE", "SATURATE")
SECTION_KEYWORDS = ("TRIMSEC", "BIASSEC")

_SECTION = re.compile(r"\[(\d{1,6}):(\d{1,6}),(\d{1,6}):(\d{1,6})\]")


def create_pod(dataset: str, raw_dir: Path, work_dir: Path) -> str:
    """Copy `<dataset>_raw.fits` from `raw_dir` to the work directory; return a summary.

    Raises:
        InputMissing: there is no such exposure.
        InputDamaged: it is cut short, its CHECKSUM is wrong, a keyword isn't there, or it is another
        dataset's.
    """
    pod = work_dir / image_name(dataset, Level.POD)
    source = raw_dir / raw_name(dataset)
    header = fits_header.verify_primary(source)
    check_exposure(header, dataset, source)
    temporary = temporary_name(pod)
    shutil.copyfile(source, temporary)
    temporary.rename(pod)
    product = write_product(dataset, Level.POD, [pod], describe_exposure(header), work_dir)
    return f"{pod.name}, {product.files[0].size} bytes, {header['NINTS']} readouts, checksum good"


def check_exposure(header: Header, dataset: str, source: Path) -> None:
    """Raises: InputDamaged where a later step couldn't work with what the header says."""
    for keyword in TEXT_KEYWORDS:
        fits_header.text(header, keyword, source)
    for keyword in NUMBER_KEYWORDS:
        fits_header.number(header, keyword, source)
    for keyword in POSITIVE_KEYWORDS:
        if fits_header.number(header, keyword, source) <= 0:
            raise InputDamaged(f"{source}: {keyword} isn't positive: fetch the exposure again")
    if header.get("DATASET") != dataset:
        raise InputDamaged(f"{source}: its header says dataset {header.get('DATASET')!r}: rename or fetch it again")
    readouts = fits_header.number(header, "NINTS", source)
    if (header.get("BITPIX"), header.get("NAXIS"), header.get("NAXIS3")) != (16, 3, readouts):
        raise InputDamaged(f"{source}: not a cube of NINTS={readouts:g} readouts of 16 bits: fetch it again")
    for keyword in SECTION_KEYWORDS:
        _check_section(header, keyword, source)


def _check_section(header: Header, keyword: str, source: Path) -> None:
    """A FITS section `[x1:x2,y1:y2]`, counted from 1, must lie on the detector."""
    match = _SECTION.fullmatch(fits_header.text(header, keyword, source))
    x1, x2, y1, y2 = (int(part) for part in match.groups()) if match else (0, 0, 0, 0)
    width, height = (int(fits_header.number(header, name, source)) for name in ("NAXIS1", "NAXIS2"))
    if not (1 <= x1 <= x2 <= width and 1 <= y1 <= y2 <= height):
        raise InputDamaged(f"{source}: {keyword} isn't a section of the detector: fetch the exposure again")


def describe_exposure(header: Header) -> dict[str, MetadataValue]:
    """What the archive says about an exposure: units are seconds and degrees (ICRS), times UTC."""
    return {
        "instrument": str(header["INSTRUME"]),
        "detector": str(header["DETECTOR"]),
        "filter": str(header["FILTER"]),
        "date_obs": str(header["DATE-OBS"]),
        "exposure_s": round(float(header["EXPTIME"]) * float(header.get("NINTS", 1)), 6),
        "ra_deg": round(float(header["CRVAL1"]), 9),
        "dec_deg": round(float(header["CRVAL2"]), 9),
    }
