"""The image of a star, and the flux of a star measured with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.frames import BoolImage, FloatImage

OVERSAMPLING = 5
FIT_PIXELS = 15  # side of the stamp that a flux is measured in


@dataclass(frozen=True, kw_only=True)
class PointSpread:
    """The shape of a star's image: a Moffat profile (Moffat 1969, A&A 3, 455), `fwhm` in pixels."""

    fwhm: float
    beta: float


def star_image(
    shape: PointSpread, size: int, x: float, y: float, oversampling: int = OVERSAMPLING
) -> npt.NDArray[np.float64]:
    """A star of flux 1 as the pixels see it, integrated over every pixel: (size, size), `size` odd.

    The star is `x`, `y` pixels off the centre of the middle pixel. Light outside of the stamp is lost.
    """
    alpha = shape.fwhm / (2 * np.sqrt(2 ** (1 / shape.beta) - 1))
    sub = (np.arange(size * oversampling) + 0.5) / oversampling - size / 2
    radius2 = (sub[None, :] - x) ** 2 + (sub[:, None] - y) ** 2
    peak = (shape.beta - 1) / (np.pi * alpha**2) / oversampling**2
    profile = peak * (1 + radius2 / alpha**2) ** -shape.beta
    return np.asarray(profile.reshape(size, oversampling, size, oversampling).sum(axis=(1, 3)))


def weighted_fluxes(
    positions: FloatImage, science: FloatImage, error: FloatImage, unusable: BoolImage, shape: PointSpread
) -> tuple[FloatImage, FloatImage]:
    """The flux of a star at each position, (n, 2) as x, y, and its error: two arrays of n, the unit of `science`.

    Every pixel counts as much as the star's image puts light there, so that the empty part of an aperture adds
    no noise: for faint stars this comes near the smallest error that there can be (King 1983, PASP 95, 163).
    The weights don't follow the pixels' own values, so nothing is biased. 0 and infinity where no pixel is usable.
    """
    half = FIT_PIXELS // 2
    science, error = np.pad(science, half), np.pad(error, half)
    usable = np.pad(~unusable, half)
    fluxes, errors = [], []
    for x, y in positions:
        column, row = round(float(x)), round(float(y))
        window = (slice(row, row + FIT_PIXELS), slice(column, column + FIT_PIXELS))
        weights = star_image(shape, FIT_PIXELS, x - column, y - row) * usable[window]
        norm = float((weights**2).sum())
        fluxes.append(float((weights * science[window]).sum()) / norm if norm > 0 else 0.0)
        errors.append(float(np.sqrt(((weights * error[window]) ** 2).sum())) / norm if norm > 0 else np.inf)
    return np.asarray(fluxes), np.asarray(errors)
