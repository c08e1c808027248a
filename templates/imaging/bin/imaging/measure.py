"""LEVEL_2B: background, source catalogue and preview of one calibrated exposure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from astropy.table import Table

from imaging import references
from imaging.errors import InputDamaged
from imaging.frames import read_frame, read_reference_header, write_frame
from imaging.photometry import PhotometricSystem, measure, photometric_system
from imaging.pod import describe_exposure
from imaging.preview import write_preview
from imaging.products import Level, catalogue_name, image_name, preview_name, temporary_name, write_product
from imaging.references import ReferenceType


def level_2b(dataset: str, reference_dir: Path, work_dir: Path) -> str:
    """Write the product of level 2B (image, catalogue, preview) into the work directory; return a summary.

    Raises:
        InputMissing, InputDamaged: the product of level 2A isn't there or can't be read.
        NoReference: no photom reference fits.
        NothingFound: the image shows no star.
    """
    frame = read_frame(work_dir / image_name(dataset, Level.CALIBRATED))
    reference = references.choose(ReferenceType.PHOTOM, frame.header, reference_dir)
    system = read_system(reference)
    measured = measure(frame, system)
    header = frame.header.copy()
    header["R_PHOTOM"] = (reference.name, "photom reference file")
    header["PHOTZP"] = (system.zero_point, "[mag] AB magnitude of 1 electron/s")
    header["APRADIUS"] = (system.aperture_radius, "[pix] radius of the aperture")
    header["APENCL"] = (system.enclosed, "part of a star's light in the aperture")
    header["PSFFWHM"] = (system.psf.fwhm, "[pix] width of a star's image")
    header["PSFBETA"] = (system.psf.beta, "exponent of a star's image (Moffat)")
    header["BKGLEVEL"] = (round(measured.background, 6), "[electron/s] median background subtracted")
    image = work_dir / image_name(dataset, Level.MEASURED)
    write_frame(image, replace(frame, science=measured.science, header=header))
    files = [image, *write_catalogue_and_preview(dataset, measured.catalogue, image, work_dir)]
    metadata = describe_exposure(header) | {
        "sources": len(measured.catalogue),
        "background": header["BKGLEVEL"],
    }
    write_product(dataset, Level.MEASURED, files, metadata, work_dir)
    stars = len(measured.catalogue)
    return f"photom {reference.name}, {stars} stars, background {measured.background:.3f} electron/s"


def read_system(path: Path) -> PhotometricSystem:
    """Read a photom reference, or the image of level 2B that carries its values. Raises: InputDamaged."""
    try:
        return photometric_system(read_reference_header(path))
    except (KeyError, ValueError, TypeError) as error:
        raise InputDamaged(f"{path}: {error}: deliver a complete photom reference") from error


def write_catalogue_and_preview(dataset: str, catalogue: Table, image: Path, work_dir: Path) -> list[Path]:
    """Write the two files that go with a measured image; return their paths."""
    table_path, png_path = work_dir / catalogue_name(dataset), work_dir / preview_name(dataset)
    temporary = temporary_name(table_path)
    catalogue.write(temporary, format="ascii.ecsv")
    temporary.rename(table_path)
    write_preview(png_path, read_frame(image).science)
    return [table_path, png_path]
