"""What the detector makes of light: dark current, cosmic rays, gain, bias, read noise, saturation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imaging.frames import BoolImage, FloatImage
from imaging.simulator.camera import (
    OVERSCAN,
    SATURATION_DN,
    SIZE,
    Detector,
    bias_structure,
    dark_structure,
    stream,
)

RAYS_PER_READOUT = 40
DRIFT_DN = 4.0


@dataclass(frozen=True, kw_only=True)
class Readout:
    """One readout, (y, x) with the overscan in DN, and the pixels, (y, x) without it, that a cosmic ray "
    "hit."""

    counts: npt.NDArray[np.uint16]
    rays: BoolImage


@dataclass(frozen=True, kw_only=True)
class DetectorModel:
    """The fixed structure of one detector, made once: bias (with overscan) in DN, dark current in "
    "electron/s."""

    seed: int
    detector: Detector
    bias: FloatImage
    dark: FloatImage


def detector_model(seed: int, detector: Detector) -> DetectorModel:
    """Everything about a detector that is the same in all its readouts."""
    return DetectorModel(
        seed=seed, detector=detector, bias=bias_structure(seed, detector), dark=dark_structure(seed, detector)
    )


def read_out(
    model: DetectorModel, label: str, light: FloatImage | None, seconds: float, *, rays: bool = True
) -> Readout:
    """Expose for `seconds` to `light` (electron/s, (y, x); None is darkness) and read out.

    `label` names the random numbers: the same label gives the same readout. Electrons below the overscan
    don't exist.
    """
    random = stream(model.seed, f"readout {label}")
    rate = model.dark if light is None else model.dark + light
    electrons = random.poisson(np.maximum(rate, 0) * seconds).astype(np.float32)
    tracks = cosmic_rays(stream(model.seed, f"rays {label}")) if rays else np.zeros_like(electrons)
    counts = model.bias + _drift(random)
    counts[:, :SIZE] += (electrons + tracks) / model.detector.gain
    counts += random.standard_normal(counts.shape, dtype=np.float32) * (
        model.detector.read_noise / model.detector.gain
    )
    digital = np.clip(np.rint(counts), 0, SATURATION_DN).astype(np.uint16)
    return Readout(counts=digital, rays=tracks > 0)


def cosmic_rays(random: np.random.Generator) -> FloatImage:
    """The electrons that cosmic rays leave in a readout, (y, x): straight tracks of one to some tens of
    pixels.
    """
    image = np.zeros((SIZE, SIZE), dtype=np.float32)
    for _ in range(random.poisson(RAYS_PER_READOUT)):
        length = 1 + min(random.exponential(8.0), 60.0)
        angle = random.uniform(0, 2 * np.pi)
        steps = np.arange(0, length, 0.5)
        x = np.rint(random.uniform(0, SIZE) + steps * np.cos(angle)).astype(int)
        y = np.rint(random.uniform(0, SIZE) + steps * np.sin(angle)).astype(int)
        inside = (x >= 0) & (x < SIZE) & (y >= 0) & (y < SIZE)
        deposit = random.lognormal(np.log(1200.0), 0.8) * random.gamma(4.0, 0.25, size=len(steps))
        np.add.at(image, (y[inside], x[inside]), deposit[inside].astype(np.float32))
    return image


def _drift(random: np.random.Generator) -> FloatImage:
    """How far the bias level moved since the reference was taken, DN, (y, 1): what the overscan is there "
    "for."""
    start, end = random.normal(0.0, DRIFT_DN, size=2)
    return np.linspace(start, end, SIZE, dtype=np.float32)[:, None]


def overscan_section() -> str:
    """BIASSEC of a readout (FITS section, 1-based)."""
    return f"[{SIZE + 1}:{SIZE + OVERSCAN},1:{SIZE}]"


def image_section() -> str:
    """TRIMSEC of a readout (FITS section, 1-based)."""
    return f"[1:{SIZE},1:{SIZE}]"
