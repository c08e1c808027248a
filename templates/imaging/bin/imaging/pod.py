"""CREATE_POD: take an exposure as it arrived, after checking that all of it arrived and that it can be
processed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from imaging import fits_header
from imaging.errors import InputDamaged
from imaging.fits_header import Header
from imaging.products import Level, MetadataValue, image_name, raw_name, temporary_name, write_product

TEXT_KEYWORDS = ("INSTRUME", "DETECTOR", "FILTER", "DATE-OBS", "TRIMSEC", "BIASSEC", "CTYPE1", "CTYPE2")
NUMBER_KEYWORDS = ("EXPTIME", "NINTS", "GAIN", "RDNOISE", "SATURATE", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")


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
    for keyword in TEXT_KEYWORDS:
        fits_header.text(header, keyword, source)
    for keyword in NUMBER_KEYWORDS:
        fits_header.number(header, keyword, source)
    if header.get("DATASET") != dataset:
        raise InputDamaged(f"{source}: its header says dataset {header.get('DATASET')!r}: rename or fetch it again")
    if header.get("NAXIS") != 3 or header.get("NAXIS3") != header["NINTS"]:
        raise InputDamaged(f"{source}: not a cube of NINTS={header['NINTS']} readouts: fetch the exposure again")
    temporary = temporary_name(pod)
    shutil.copyfile(source, temporary)
    temporary.rename(pod)
    product = write_product(dataset, Level.POD, [pod], describe_exposure(header), work_dir)
    return f"{pod.name}, {product.files[0].size} bytes, {header['NINTS']} readouts, checksum good"


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
