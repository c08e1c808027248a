"""LEVEL_2A: flat field, cosmic rays, and the combination of an exposure's readouts.

A cosmic ray hits one readout and not the others; a star's core is in all of them. So what astroscrappy's
L.A.Cosmic (van Dokkum 2001, PASP 113, 1420) finds in a single readout is believed where that readout also
stands out against the others, and what stands out very far is a cosmic ray even if its shape alone didn't
tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import astroscrappy
import ccdproc
import numpy as np
from astropy import units
from astropy.io import fits
from astropy.nddata import CCDData

from imaging import references
from imaging.errors import InputDamaged
from imaging.frames import (
    BoolImage,
    Flag,
    FlagImage,
    FloatImage,
    Frame,
    mark,
    read_frame,
    read_reference,
    write_frame,
)
from imaging.pod import describe_exposure
from imaging.products import Level, image_name, write_product
from imaging.references import ReferenceType

SHAPE_SIGMA = 4.5  # L.A.Cosmic's own threshold
CONFIRM_SIGMA = 3.0  # against the other readouts, where the shape is that of a cosmic ray
ALONE_SIGMA = 5.5  # against the other readouts, whatever the shape
TWICE_SIGMA = 8.0  # of the middle readout against the lowest: then rays hit two of them
PSF_FWHM_PIXELS = 2.8
LOWEST_RESPONSE = 0.2
# Jitter and the PSF's undersampling make readouts of a bright star differ by more than their photons do.
RELATIVE_ERROR = 0.05


@dataclass(frozen=True, kw_only=True)
class Combination:
    """A combined exposure, (y, x) in electron/s, and how many pixels of all readouts were rejected as cosmic
    rays.
    """

    frame: Frame
    rejected: int


def level_2a(dataset: str, reference_dir: Path, work_dir: Path) -> str:
    """Write the product of level 2A into the work directory; return a summary.

    Raises:
        InputMissing, InputDamaged: the product of level 1B isn't there or can't be read.
        NoReference: no flat fits.
    """
    detrended = read_frame(work_dir / image_name(dataset, Level.DETRENDED))
    flat_path = references.choose(ReferenceType.FLAT, detrended.header, reference_dir)
    flat, _ = read_reference(flat_path)
    if flat.shape != detrended.science.shape[1:]:
        raise InputDamaged(f"{flat_path}: its shape is {flat.shape}, not the detector's: deliver a right one")
    combination = calibrate(detrended, flat, flat_path.name)
    path = work_dir / image_name(dataset, Level.CALIBRATED)
    write_frame(path, combination.frame)
    metadata = describe_exposure(detrended.header) | {"cosmic_ray_pixels": combination.rejected}
    write_product(dataset, Level.CALIBRATED, [path], metadata, work_dir)
    return f"flat {flat_path.name}, {combination.rejected} pixels rejected as cosmic rays"


def calibrate(detrended: Frame, flat: FloatImage, flat_name: str) -> Combination:
    """Divide by the flat (mean 1), find the cosmic rays, combine the readouts.

    `detrended` holds electrons, (readout, y, x). The result's error is that of the photons, the dark current
    and the read noise, for as many readouts as went into each pixel.
    """
    header = detrended.header
    response = np.where(flat > LOWEST_RESPONSE, flat, 1.0).astype(np.float32)
    variance = _error(detrended) ** 2 / response**2
    corrected = [_divide(readout, response) for readout in detrended.science]
    rays = find_cosmic_rays(np.stack(corrected), variance, header)
    combined = _average(corrected, rays)
    good = np.count_nonzero(~rays, axis=0)
    used = ~rays | rays.all(axis=0)
    seconds = float(header["EXPTIME"])
    error = np.sqrt((variance * used).sum(axis=0)) / used.sum(axis=0) / seconds
    out = header.copy()
    out["BUNIT"] = "electron/s"
    out["R_FLAT"] = (flat_name, "flat reference file")
    out["NCRPIX"] = (int(np.count_nonzero(rays)), "pixels rejected as cosmic rays, all readouts")
    frame = Frame(
        science=(combined / seconds).astype(np.float32),
        error=error.astype(np.float32),
        quality=_quality(detrended.quality, good, flat),
        header=out,
    )
    return Combination(frame=frame, rejected=int(np.count_nonzero(rays)))


def find_cosmic_rays(readouts: FloatImage, variance: FloatImage, header: fits.Header) -> BoolImage:
    """Which pixels of which readout a cosmic ray hit; `readouts` and `variance` are (readout, y, x),
    electrons.
    """
    typical, noise = _without_rays(readouts, variance)
    excess = (readouts - typical) / noise
    rays = excess > ALONE_SIGMA
    for index, readout in enumerate(readouts):
        shaped, _ = astroscrappy.detect_cosmics(
            readout,
            gain=1.0,
            readnoise=float(header["RDNOISE"]),
            satlevel=np.inf,
            sigclip=SHAPE_SIGMA,
            psffwhm=PSF_FWHM_PIXELS,
            fsmode="convolve",
            cleantype="medmask",
            niter=2,
        )
        rays[index] |= shaped & (excess[index] > CONFIRM_SIGMA)
        rays[index] |= _beside(rays[index]) & (excess[index] > CONFIRM_SIGMA)
    return np.asarray(rays, dtype=np.bool_)


def _without_rays(readouts: FloatImage, variance: FloatImage) -> tuple[FloatImage, FloatImage]:
    """What a pixel holds where no ray hits, and the noise that goes with it: two images, (y, x), electrons.

    That is the median of the readouts. But in some pixels of every exposure rays hit two of three readouts, and
    then it is the lowest: rays only add.
    """
    lowest, low_variance = readouts.min(axis=0), variance.min(axis=0)
    median = np.median(readouts, axis=0)
    twice = (median - lowest) > TWICE_SIGMA * _noise(lowest, low_variance)
    typical = np.where(twice, lowest, median)
    return typical, _noise(typical, np.where(twice, low_variance, np.median(variance, axis=0)))


def _noise(electrons: FloatImage, variance: FloatImage) -> FloatImage:
    return np.asarray(np.sqrt(variance + (RELATIVE_ERROR * np.maximum(electrons, 0)) ** 2), dtype=np.float32)


def _divide(readout: FloatImage, response: FloatImage) -> FloatImage:
    ccd = CCDData(readout, unit=units.electron)
    flat = CCDData(response, unit=units.dimensionless_unscaled)
    corrected = ccdproc.flat_correct(ccd, flat, norm_value=1.0, add_keyword=False)
    return np.asarray(corrected.data, dtype=np.float32)


def _average(readouts: list[FloatImage], rays: BoolImage) -> FloatImage:
    """The mean of what is good; the faintest readout where a ray hit all of them."""
    mask = rays & ~rays.all(axis=0)
    ccds = [CCDData(readout, unit=units.electron, mask=mask[index]) for index, readout in enumerate(readouts)]
    average = np.asarray(ccdproc.Combiner(ccds, dtype=np.float32).average_combine().data)
    return np.where(rays.all(axis=0), np.min(readouts, axis=0), average).astype(np.float32)


def _quality(readouts: FlagImage, good: FloatImage, flat: FloatImage) -> FlagImage:
    quality: FlagImage = np.bitwise_or.reduce(readouts, axis=0)
    mark(quality, good == 0, Flag.COSMIC_RAY)
    mark(quality, flat <= LOWEST_RESPONSE, Flag.NO_RESPONSE)
    return quality


def _beside(mask: BoolImage) -> BoolImage:
    """The pixels of a mask and their four neighbours."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _error(frame: Frame) -> FloatImage:
    if frame.error is None:
        raise InputDamaged("the image of level 1B has no ERR extension: run LEVEL_1 again")
    return frame.error
