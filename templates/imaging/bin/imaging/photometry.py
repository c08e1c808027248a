"""Find the stars of a calibrated image and measure them.

Positions are 0-based pixels (the centre of the first pixel is 0, 0) and ICRS degrees, fluxes electron/s
corrected to an infinite aperture, magnitudes AB on the zero point of the photom reference.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.stats import SigmaClip
from astropy.table import Table
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS
from photutils.aperture import CircularAperture, aperture_photometry
from photutils.background import Background2D, SExtractorBackground
from photutils.centroids import centroid_2dg, centroid_sources
from photutils.detection import DAOStarFinder

from imaging.errors import NothingFound
from imaging.frames import BoolImage, Flag, FlagImage, FloatImage, Frame
from imaging.psf import PointSpread, weighted_fluxes

BOX_PIXELS = 64
DETECTION_SIGMA = 5.0
MINIMUM_SNR = 5.0
BRIGHT_SNR = 100.0
BRIGHT_STARS = 5
CENTROID_BOX_PIXELS = 9
MAGNITUDE_PER_RELATIVE_ERROR = 2.5 / np.log(10)


@dataclass(frozen=True, kw_only=True)
class PhotometricSystem:
    """What turns counts into magnitudes: from the photom reference of a detector and filter.

    `zero_point` is the AB magnitude of 1 electron/s, `aperture_radius` is in pixels, `enclosed` is the part of a
    star's light that falls into the aperture.
    """

    zero_point: float
    aperture_radius: float
    enclosed: float
    psf: PointSpread


@dataclass(frozen=True, kw_only=True)
class Fluxes:
    """What was measured of every star, electron/s: with the star's image as weight, and in the aperture."""

    flux: FloatImage
    error: FloatImage
    aperture: FloatImage


@dataclass(frozen=True, kw_only=True)
class Measured:
    """An image without its background, and the catalogue of its stars."""

    science: FloatImage
    background: float
    catalogue: Table


def photometric_system(header: fits.Header) -> PhotometricSystem:
    """Read a photom reference's (or a measured image's) keywords.

    Raises:
        KeyError: a keyword isn't there.
        ValueError, TypeError: a value isn't a number, or can't be right.
    """
    system = PhotometricSystem(
        zero_point=float(header["PHOTZP"]),
        aperture_radius=float(header["APRADIUS"]),
        enclosed=float(header["APENCL"]),
        psf=PointSpread(fwhm=float(header["PSFFWHM"]), beta=float(header["PSFBETA"])),
    )
    if not (
        0 < system.enclosed <= 1 and system.aperture_radius > 0 and system.psf.fwhm > 0 and system.psf.beta > 1
    ):
        raise ValueError("APENCL, APRADIUS, PSFFWHM or PSFBETA isn't a value that a camera can have")
    return system


def measure(frame: Frame, system: PhotometricSystem) -> Measured:
    """Subtract the background of a frame (electron/s, with error), find the stars, measure them.

    Raises:
        NothingFound: not one star stands out.
    """
    unusable = (frame.quality & Flag.NO_COVERAGE) != 0
    background = estimate_background(frame.science, unusable)
    science = (frame.science - background).astype(np.float32)
    science[unusable] = 0.0
    catalogue = make_catalogue(science, frame, system, unusable)
    level = float(np.median(background[~unusable]))
    return Measured(science=science, background=level, catalogue=catalogue)


def estimate_background(science: FloatImage, unusable: BoolImage) -> FloatImage:
    """The sky, smooth on the scale of 64 pixels, stars clipped away."""
    background = Background2D(
        science,
        BOX_PIXELS,
        mask=unusable,
        filter_size=3,
        sigma_clip=SigmaClip(sigma=3.0, maxiters=5),
        bkg_estimator=SExtractorBackground(),
    )
    return np.asarray(background.background, dtype=np.float32)


def make_catalogue(science: FloatImage, frame: Frame, system: PhotometricSystem, unusable: BoolImage) -> Table:
    """The catalogue of an image whose background is 0. Raises: NothingFound."""
    noise = float(np.median(_error(frame)[~unusable]))
    finder = DAOStarFinder(threshold=DETECTION_SIGMA * noise, fwhm=system.psf.fwhm, exclude_border=True)
    found = finder(science, mask=unusable)
    if found is None or len(found) == 0:
        raise NothingFound("no star stands out 5 sigma: look at the preview and the references of this exposure")
    x_rough, y_rough = np.asarray(found["x_centroid"]), np.asarray(found["y_centroid"])
    with warnings.catch_warnings():
        # A fit of a faint star that doesn't converge is a matter of course, and is looked at right below.
        warnings.simplefilter("ignore", AstropyUserWarning)
        x, y = centroid_sources(science, x_rough, y_rough, box_size=CENTROID_BOX_PIXELS, centroid_func=centroid_2dg)
    # A fit that ran away is no better than the detection's own centroid.
    astray = ~(np.hypot(x - x_rough, y - y_rough) < 1.0)
    x, y = np.where(astray, x_rough, x), np.where(astray, y_rough, y)
    return _table(np.column_stack([x, y]), science, frame, system)


def measure_fluxes(
    apertures: CircularAperture, science: FloatImage, frame: Frame, system: PhotometricSystem
) -> Fluxes:
    """The fluxes of stars at the apertures' places, corrected for the light that the apertures don't catch.

    The weighted flux hangs on the width of the star's image, which resampling changes a little; the aperture's
    doesn't. So the weighted fluxes are scaled as the bright stars of the same image ask for.
    """
    unusable = (frame.quality & (Flag.NO_COVERAGE | Flag.COSMIC_RAY)) != 0
    sums = aperture_photometry(science, apertures)
    in_aperture = np.asarray(sums["aperture_sum"] / system.enclosed, dtype=np.float32)
    flux, error = weighted_fluxes(apertures.positions, science, _error(frame), unusable, system.psf)
    bad = flags_inside(apertures, frame) & ~np.uint8(Flag.HOT) != 0
    bright = (flux > BRIGHT_SNR * error) & ~bad
    scale = float(np.median(in_aperture[bright] / flux[bright])) if bright.sum() >= BRIGHT_STARS else 1.0
    return Fluxes(flux=flux * scale, error=error * scale, aperture=in_aperture)


def _table(positions: FloatImage, science: FloatImage, frame: Frame, system: PhotometricSystem) -> Table:
    apertures = CircularAperture(positions, r=system.aperture_radius)
    fluxes = measure_fluxes(apertures, science, frame, system)
    keep = fluxes.flux > MINIMUM_SNR * fluxes.error
    if not keep.any():
        raise NothingFound("no star of S/N 5 or more: look at the preview and the references of this exposure")
    flux, error, (x, y) = fluxes.flux[keep], fluxes.error[keep], positions[keep].T
    ra, dec = WCS(frame.header).celestial.all_pix2world(x, y, 0)
    table = Table()
    table["id"] = np.arange(1, len(x) + 1)
    for name, values, unit, digits in (
        ("x", x, "pix", 4),
        ("y", y, "pix", 4),
        ("ra", ra, "deg", 9),
        ("dec", dec, "deg", 9),
        ("flux", flux, "electron / s", 4),
        ("flux_err", error, "electron / s", 4),
        ("mag", system.zero_point - 2.5 * np.log10(flux), "mag", 5),
        ("mag_err", MAGNITUDE_PER_RELATIVE_ERROR * error / flux, "mag", 5),
        ("flux_aper", fluxes.aperture[keep], "electron / s", 4),
        ("snr", flux / error, "", 2),
    ):
        table[name] = np.round(np.asarray(values, dtype=np.float64), digits)
        table[name].unit = unit or None
    table["flags"] = flags_inside(apertures, frame)[keep]
    return table


def flags_inside(apertures: CircularAperture, frame: Frame) -> FlagImage:
    """The Flag bits of all pixels whose centre is in each aperture.

    NO_COVERAGE also where the aperture isn't all on the image.
    """
    flags = []
    height, width = frame.quality.shape
    for mask in apertures.to_mask(method="center"):
        values = mask.get_values(frame.quality)
        outside = mask.bbox.ixmin < 0 or mask.bbox.iymin < 0 or mask.bbox.ixmax > width or mask.bbox.iymax > height
        bits = int(np.bitwise_or.reduce(values.astype(np.uint8), initial=0))
        flags.append(bits | (Flag.NO_COVERAGE if outside else 0))
    return np.asarray(flags, dtype=np.uint8)


def _error(frame: Frame) -> FloatImage:
    return frame.error if frame.error is not None else np.ones_like(frame.science)
