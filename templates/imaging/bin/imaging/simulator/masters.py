"""The reference files, made as an instrument team makes them: many simulated calibration frames, averaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from imaging.frames import FloatImage, write_hdus
from imaging.references import ReferenceType
from imaging.simulator.camera import (
    APERTURE_RADIUS,
    EXPOSURE_S,
    INSTRUMENT,
    PSF,
    SIZE,
    Detector,
    Filter,
    enclosed_light,
    response,
)
from imaging.simulator.readout import DetectorModel, read_out

BIAS_FRAMES = 16
DARK_FRAMES = 12
FLAT_FRAMES = 8
FLAT_ELECTRONS_PER_S = 6000.0
FLAT_SECONDS = 10.0
USEAFTER = "2026-01-01T00:00:00"


def reference_name(kind: ReferenceType, detector: Detector, band: Filter | None = None) -> str:
    """File name of a reference file."""
    parts = [INSTRUMENT, detector.name, *([band.name] if band else []), kind.value]
    return "_".join(parts).lower() + ".fits"


def write_bias_and_dark(model: DetectorModel, directory: Path) -> list[Path]:
    """Write the bias and the dark of a detector, both in DN; return their paths."""
    name = model.detector.name
    bias = master_bias(model)
    dark = _mean(
        _without_overscan(read_out(model, f"dark {name} {n}", None, EXPOSURE_S, rays=False).counts) - bias
        for n in range(DARK_FRAMES)
    )
    paths = []
    for kind, image, seconds in ((ReferenceType.BIAS, bias, 0.0), (ReferenceType.DARK, dark, EXPOSURE_S)):
        header = _header(kind, model.detector)
        header["EXPTIME"] = (seconds, "[s] exposure time")
        header["BUNIT"] = "adu"
        paths.append(_write(directory / reference_name(kind, model.detector), image, header))
    return paths


def write_flat_and_photom(model: DetectorModel, bias: FloatImage, band: Filter, directory: Path) -> list[Path]:
    """Write the flat (mean 1) and the photometric reference of a detector and filter; return their paths."""
    lamp = response(model.seed, model.detector, band) * np.float32(FLAT_ELECTRONS_PER_S)
    label = f"flat {model.detector.name} {band.name}"
    flat = _mean(
        _without_overscan(read_out(model, f"{label} {n}", lamp, FLAT_SECONDS, rays=False).counts) - bias
        for n in range(FLAT_FRAMES)
    )
    header = _header(ReferenceType.FLAT, model.detector, band)
    flat_path = directory / reference_name(ReferenceType.FLAT, model.detector, band)
    _write(flat_path, np.asarray(flat / flat.mean(), dtype=np.float32), header)
    header = _header(ReferenceType.PHOTOM, model.detector, band)
    header["PHOTZP"] = (band.zero_point, "[mag] AB magnitude of 1 electron/s")
    header["APRADIUS"] = (APERTURE_RADIUS, "[pix] radius of the aperture")
    header["APENCL"] = (enclosed_light(), "part of a star's light in the aperture")
    header["PSFFWHM"] = (PSF.fwhm, "[pix] width of a star's image")
    header["PSFBETA"] = (PSF.beta, "exponent of a star's image (Moffat)")
    photom_path = directory / reference_name(ReferenceType.PHOTOM, model.detector, band)
    return [flat_path, _write(photom_path, None, header)]


def master_bias(model: DetectorModel) -> FloatImage:
    """The mean of bias frames, each without its overscan level, DN, (y, x)."""
    label = f"bias {model.detector.name}"
    return _mean(
        _without_overscan(read_out(model, f"{label} {n}", None, 0.0, rays=False).counts) for n in range(BIAS_FRAMES)
    )


def _without_overscan(counts: npt.NDArray[np.uint16]) -> FloatImage:
    rows = np.arange(SIZE)
    level = np.polynomial.Chebyshev.fit(rows, np.median(counts[:, SIZE:], axis=1), 2)(rows)
    return np.asarray(counts[:, :SIZE] - level[:, None], dtype=np.float32)


def _mean(frames: Iterator[FloatImage]) -> FloatImage:
    total = np.zeros((SIZE, SIZE), dtype=np.float64)
    count = 0
    for frame in frames:
        total += frame
        count += 1
    return np.asarray(total / count, dtype=np.float32)


def _header(kind: ReferenceType, detector: Detector, band: Filter | None = None) -> fits.Header:
    header = fits.Header()
    header["TELESCOP"] = "OWLSIM"
    header["INSTRUME"] = INSTRUMENT
    header["DETECTOR"] = detector.name
    if band is not None:
        header["FILTER"] = band.name
    header["REFTYPE"] = (kind.value, "type of reference file")
    header["USEAFTER"] = (USEAFTER, "for exposures from this time on, UTC")
    return header


def _write(path: Path, image: FloatImage | None, header: fits.Header) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_hdus(path, fits.HDUList([fits.PrimaryHDU(image, header=header)]))
    return path
