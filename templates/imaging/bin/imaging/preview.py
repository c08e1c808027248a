"""A preview of an image for people: PNG, north up as far as the WCS has it so, logarithm-like stretch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.visualization import AsinhStretch, ZScaleInterval
from PIL import Image

from imaging.frames import FloatImage
from imaging.products import temporary_name

ASINH_SOFTENING = 0.05
# Far above what zscale takes for white: stars keep their shapes.
WHITE_FACTOR = 12.0


def write_preview(path: Path, science: FloatImage) -> None:
    """Write an 8-bit greyscale PNG of `science`, (y, x); the first row of the image is at the bottom."""
    low, high = ZScaleInterval().get_limits(science)
    scaled = np.clip((science - low) / max((high - low) * WHITE_FACTOR, 1e-12), 0.0, 1.0)
    grey = np.round(255 * AsinhStretch(ASINH_SOFTENING)(scaled)).astype(np.uint8)
    temporary = temporary_name(path)
    Image.fromarray(grey[::-1]).save(temporary, format="PNG")
    temporary.rename(path)
