"""The camera that is simulated: its detectors, filters and optics, and what belongs to a seed."""

from __future__ import annotations

import itertools
import zlib
from dataclasses import dataclass

import numpy as np
from photutils.aperture import CircularAperture, aperture_photometry

from imaging.frames import FloatImage
from imaging.psf import PointSpread, star_image

INSTRUMENT = "OWLCAM"
SIZE = 512  # pixels of a side that see the sky
OVERSCAN = 32  # columns to the right of them
READOUTS = 3
EXPOSURE_S = 100.0  # of one readout
PIXEL_ARCSEC = 0.1
SATURATION_DN = 65535
SKY_ELECTRONS_PER_S = 1.0

PSF = PointSpread(fwhm=2.8, beta=4.765)
PSF_STAMP = 61  # pixels of a side; less than 1/10,000 of a star's light falls outside
APERTURE_RADIUS = 4.0  # pixels


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A detector: gain in electron/DN, read noise in electron, bias level in DN, dark current in
    electron/s/pixel.
    """

    name: str
    gain: float
    read_noise: float
    bias_level: float
    dark_current: float


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter and the AB magnitude that gives 1 electron/s."""

    name: str
    zero_point: float


DETECTORS = (
    Detector(name="NRS1", gain=1.8, read_noise=6.0, bias_level=1000.0, dark_current=0.02),
    Detector(name="NRS2", gain=2.1, read_noise=7.0, bias_level=1200.0, dark_current=0.03),
)
FILTERS = (
    Filter(name="F115W", zero_point=25.10),
    Filter(name="F200W", zero_point=25.40),
    Filter(name="F277W", zero_point=25.25),
    Filter(name="F356W", zero_point=25.00),
)


def stream(seed: int, label: str) -> np.random.Generator:
    """The random numbers of one purpose: they don't change when another purpose takes more of its own."""
    return np.random.default_rng([seed, zlib.crc32(label.encode())])


def enclosed_light() -> float:
    """The part of a star's light that the photometric aperture catches, the mean over places within a "
    "pixel."""
    middle = PSF_STAMP // 2
    parts = []
    for x, y in itertools.product((-0.375, -0.125, 0.125, 0.375), repeat=2):
        aperture = CircularAperture((middle + x, middle + y), r=APERTURE_RADIUS)
        parts.append(float(aperture_photometry(star_image(PSF, PSF_STAMP, x, y), aperture)["aperture_sum"][0]))
    return round(float(np.mean(parts)), 5)


def response(seed: int, detector: Detector, band: Filter) -> FloatImage:
    """The true flat, (y, x), mean 1: vignetting, pixel response of 1 %, shadows of dust that differ by
    filter.
    """
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    flat = 1.0 - 0.35 * (x**2 + y**2)
    flat *= stream(seed, f"pixels {detector.name}").normal(1.0, 0.01, size=(SIZE, SIZE))
    dust = stream(seed, f"dust {detector.name} {band.name}")
    for x_dust, y_dust, depth, radius in zip(
        dust.uniform(-0.45, 0.45, 6),
        dust.uniform(-0.45, 0.45, 6),
        dust.uniform(0.03, 0.12, 6),
        dust.uniform(0.015, 0.05, 6),
        strict=True,
    ):
        ring = np.hypot(x - x_dust, y - y_dust) / radius
        flat *= 1.0 - depth * np.exp(-(ring**4))
    return np.asarray(flat / flat.mean(), dtype=np.float32)


def bias_structure(seed: int, detector: Detector) -> FloatImage:
    """The bias in DN, (y, x) with the overscan: level, a slope, and a pattern of columns."""
    columns = stream(seed, f"bias {detector.name}").normal(0.0, 3.0, size=SIZE + OVERSCAN)
    columns[SIZE:] = 0.0
    slope = np.linspace(0.0, 12.0, SIZE)[:, None]
    return np.asarray(detector.bias_level + columns[None, :] + slope, dtype=np.float32)


def dark_structure(seed: int, detector: Detector) -> FloatImage:
    """The dark current in electron/s, (y, x): a level that varies from pixel to pixel, and 0.2 % hot "
    "pixels."""
    random = stream(seed, f"dark {detector.name}")
    dark = detector.dark_current * random.gamma(4.0, 0.25, size=(SIZE, SIZE))
    hot = random.random((SIZE, SIZE)) < 0.002
    dark[hot] += random.exponential(8.0, size=int(hot.sum()))
    return np.asarray(dark, dtype=np.float32)
