"""The sky over the camera: star fields, pointings, and what a star should give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from astropy.table import Table
from astropy.wcs import WCS

from imaging.frames import FloatImage
from imaging.psf import star_image
from imaging.simulator.camera import (
    APERTURE_RADIUS,
    EXPOSURE_S,
    PIXEL_ARCSEC,
    PSF,
    PSF_STAMP,
    READOUTS,
    SATURATION_DN,
    SIZE,
    SKY_ELECTRONS_PER_S,
    Detector,
    Filter,
    stream,
)

STARS = 90
BRIGHTEST, FAINTEST = 15.8, 23.0
SATURATING, SATURATING_STARS = 14.3, 2  # magnitude and number of stars that are too bright for the detector
SEPARATION = 18.0  # pixels: far enough that no aperture holds two stars
BORDER = 40.0  # pixels of sky around the first pointing, for the dithers
DITHER = 12.0  # pixels, at most, in each direction


@dataclass(frozen=True, kw_only=True)
class Field:
    """A star field: ICRS positions in degrees and AB magnitudes, and the centre."""

    ra_deg: npt.NDArray[np.float64]
    dec_deg: npt.NDArray[np.float64]
    magnitude: npt.NDArray[np.float64]
    centre: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What one pointing sees: star positions in 0-based pixels, fluxes in electron/s."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    flux: npt.NDArray[np.float64]


def star_field(seed: int, label: str, centre: tuple[float, float]) -> Field:
    """Stars around `centre` (ICRS degrees), more faint than bright ones, none closer than 18 pixels to
    another.
    """
    random = stream(seed, f"field {label}")
    places: list[tuple[float, float]] = []
    for x, y in random.uniform(-BORDER, SIZE + BORDER, size=(STARS * 4, 2)):
        if all((x - u) ** 2 + (y - v) ** 2 > SEPARATION**2 for u, v in places):
            places.append((x, y))
    pixels = np.array(places[:STARS])
    ra, dec = pointing_wcs(centre, (0.0, 0.0)).all_pix2world(pixels[:, 0], pixels[:, 1], 0)
    magnitude = BRIGHTEST + (FAINTEST - BRIGHTEST) * np.sqrt(random.random(len(pixels)))
    magnitude[:SATURATING_STARS] = SATURATING
    return Field(ra_deg=ra, dec_deg=dec, magnitude=magnitude, centre=centre)


def pointing_wcs(centre: tuple[float, float], dither: tuple[float, float]) -> WCS:
    """A tangential projection, 0.1 arcsec a pixel, whose image of `centre` is `dither` pixels off the "
    "middle."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = list(centre)
    wcs.wcs.crpix = [(SIZE + 1) / 2 + dither[0], (SIZE + 1) / 2 + dither[1]]
    wcs.wcs.cdelt = [-PIXEL_ARCSEC / 3600, PIXEL_ARCSEC / 3600]
    wcs.wcs.cunit = ["deg", "deg"]
    return wcs


def dither_of(seed: int, label: str) -> tuple[float, float]:
    """How far an exposure is off its field's centre, pixels."""
    x, y = stream(seed, f"dither {label}").uniform(-DITHER, DITHER, size=2)
    return float(x), float(y)


def scene(field: Field, wcs: WCS, band: Filter) -> Scene:
    """The stars of a field as a pointing sees them through a filter."""
    x, y = wcs.all_world2pix(field.ra_deg, field.dec_deg, 0)
    return Scene(x=np.asarray(x), y=np.asarray(y), flux=10 ** (-0.4 * (field.magnitude - band.zero_point)))


def light(view: Scene, flat: FloatImage) -> FloatImage:
    """What reaches the detector, electron/s, (y, x): sky and stars, times the response."""
    margin = PSF_STAMP
    canvas = np.full((SIZE + 2 * margin, SIZE + 2 * margin), SKY_ELECTRONS_PER_S, dtype=np.float64)
    half = PSF_STAMP // 2
    for x, y, flux in zip(view.x, view.y, view.flux, strict=True):
        column, row = round(x), round(y)
        if not (-half <= column < SIZE + half and -half <= row < SIZE + half):
            continue
        top, left = row + margin - half, column + margin - half
        canvas[top : top + PSF_STAMP, left : left + PSF_STAMP] += flux * star_image(
            PSF, PSF_STAMP, x - column, y - row
        )
    return np.asarray(canvas[margin:-margin, margin:-margin] * flat, dtype=np.float32)


def truth_table(field: Field, view: Scene, detector: Detector) -> Table:
    """What should be found: a row for each star on the detector, with the S/N that its aperture photometry
    can have.

    The S/N counts the photons of star and sky, dark current and read noise in the aperture, over all
    readouts.
    """
    on = (view.x > -0.5) & (view.x < SIZE - 0.5) & (view.y > -0.5) & (view.y < SIZE - 0.5)
    electrons = view.flux * EXPOSURE_S * READOUTS
    background = (SKY_ELECTRONS_PER_S + detector.dark_current) * EXPOSURE_S * READOUTS
    area = np.pi * APERTURE_RADIUS**2
    noise = np.sqrt(electrons + area * (background + READOUTS * detector.read_noise**2))
    table = Table()
    table["star"] = np.flatnonzero(on)
    for name, values, digits in (
        ("ra", field.ra_deg, 9),
        ("dec", field.dec_deg, 9),
        ("x", view.x, 4),
        ("y", view.y, 4),
        ("mag", field.magnitude, 5),
        ("flux", view.flux, 4),
        ("snr", electrons / noise, 2),
    ):
        table[name] = np.round(values[on], digits)
    peak = view.flux * EXPOSURE_S * star_image(PSF, PSF_STAMP, 0.0, 0.0).max() / detector.gain + detector.bias_level
    table["saturated"] = peak[on] > SATURATION_DN
    return table
