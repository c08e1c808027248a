"""LEVEL_3: the exposures of an association, laid on one grid, combined and measured.

The exposures share the orientation and the scale of their pixels, so that laying one on the other is a shift,
which the world coordinates tell. The grid is the first member's, with room at its sides for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from scipy import ndimage

from imaging import archive
from imaging.errors import InputDamaged, MemberMissing
from imaging.frames import BoolImage, Flag, FloatImage, Frame, mark, read_frame, write_frame
from imaging.measure import write_catalogue_and_preview
from imaging.photometry import PhotometricSystem, measure, photometric_system
from imaging.pod import describe_exposure
from imaging.products import Level, image_name, write_product

REJECT_SIGMA = 6.0
RELATIVE_ERROR = 0.05  # resampling changes a star's core by more than its photons do
LARGEST_SHIFT = 128.0  # pixels
SAME_GRID = 0.05  # pixels by which a rotated or stretched exposure may differ from a shifted one


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One member on the common grid, (y, x): electron/s, variance, where it saw the sky (0 or 1), saturation."""

    science: FloatImage
    variance: FloatImage
    coverage: FloatImage
    saturated: BoolImage


def level_3(dataset: str, members: Sequence[str], archive_dir: Path, work_dir: Path) -> str:
    """Write the product of level 3 into the work directory; return a summary.

    Raises:
        MemberMissing: the archive has no image of level 2B of a member; the text names them all.
        InputDamaged: a member's image can't be read or doesn't fit the others.
        ArchiveFailed: the archive can't be read.
        NothingFound: the combined image shows no star.
    """
    frames = [read_frame(path) for path in find_members(dataset, members, archive_dir)]
    system = _common_system(members, frames)
    combined = combine(members, frames)
    measured = measure(combined, system)
    path = work_dir / image_name(dataset, Level.COMBINED)
    write_frame(path, replace(combined, science=measured.science))
    files = [path, *write_catalogue_and_preview(dataset, measured.catalogue, path, work_dir)]
    metadata = describe_exposure(combined.header) | {
        "members": ",".join(members),
        "sources": len(measured.catalogue),
    }
    metadata["exposure_s"] = float(combined.header["TOTEXP"])
    write_product(dataset, Level.COMBINED, files, metadata, work_dir)
    return f"{len(members)} exposures, {len(measured.catalogue)} stars"


def find_members(dataset: str, members: Sequence[str], archive_dir: Path) -> list[Path]:
    """The archive's images of level 2B of the members. Raises: MemberMissing, ArchiveFailed."""
    found = {member: archive.find_image(member, Level.MEASURED, archive_dir) for member in members}
    missing = [member for member, path in found.items() if path is None]
    if missing or not members:
        raise MemberMissing(
            f"{len(missing)} of {len(members)} members have no level 2b image in {archive_dir}: "
            f"{', '.join(missing) or 'no members given'}: process them, then rescue {dataset}"
        )
    return [path for path in found.values() if path is not None]


def combine(members: Sequence[str], frames: Sequence[Frame]) -> Frame:
    """The weighted mean of the members, (y, x) in electron/s, without what only one of them shows.

    Raises:
        InputDamaged: a member lies elsewhere on the sky, or is rotated or scaled against the first.
    """
    shifts = [_shift_between(name, frame, frames[0]) for name, frame in zip(members, frames, strict=True)]
    padding = int(np.ceil(np.abs(shifts).max()))
    layers = [_lay(frame, shift, padding) for frame, shift in zip(frames, shifts, strict=True)]
    science, variance = _weighted_mean(layers)
    covered = np.sum([layer.coverage for layer in layers], axis=0) > 0
    quality = np.where(covered, 0, Flag.NO_COVERAGE).astype(np.uint8)
    mark(quality, np.any([layer.saturated for layer in layers], axis=0), Flag.SATURATED)
    return Frame(
        science=science,
        error=np.sqrt(variance).astype(np.float32),
        quality=quality,
        header=_header(members, frames, padding),
    )


def _shift_between(name: str, frame: Frame, first: Frame) -> tuple[float, float]:
    """How far, (y, x) in pixels, a member has to be moved to lie on the first. Raises: InputDamaged."""
    height, width = frame.science.shape
    x = np.array([0, width - 1, 0, width - 1], dtype=float)
    y = np.array([0, 0, height - 1, height - 1], dtype=float)
    sky = WCS(frame.header).celestial.all_pix2world(x, y, 0)
    x_first, y_first = WCS(first.header).celestial.all_world2pix(*sky, 0)
    shift = (float(np.mean(y_first - y)), float(np.mean(x_first - x)))
    stretch = max(np.ptp(x_first - x), np.ptp(y_first - y))
    if frame.science.shape != first.science.shape or max(map(abs, shift)) > LARGEST_SHIFT or stretch > SAME_GRID:
        raise InputDamaged(
            f"{name}: its pixels don't lie on the first member's by a shift of at most {LARGEST_SHIFT:.0f} "
            "pixels: "
            "take it out of the association"
        )
    return shift


def _lay(frame: Frame, shift: tuple[float, float], padding: int) -> Layer:
    """Move a member on the padded grid; a pixel counts as covered where all that it was made of was good."""
    bad = (frame.quality & (Flag.COSMIC_RAY | Flag.NO_RESPONSE)) != 0
    full = np.pad(((frame.quality & Flag.SATURATED) != 0).astype(np.float32), padding)
    error = frame.error if frame.error is not None else np.ones_like(frame.science)
    science = ndimage.shift(np.pad(frame.science, padding), shift, order=3)
    variance = ndimage.shift(np.pad(error**2, padding, mode="edge"), shift, order=1, mode="nearest")
    covered = ndimage.shift(np.pad((~bad).astype(np.float32), padding), shift, order=1)
    return Layer(
        science=science.astype(np.float32),
        variance=variance.astype(np.float32),
        coverage=(covered > 1 - 1e-3).astype(np.float32),
        saturated=ndimage.shift(full, shift, order=1) > 1e-3,
    )


def _weighted_mean(layers: Sequence[Layer]) -> tuple[FloatImage, FloatImage]:
    """The mean, each member by the inverse of its typical variance, and its variance.

    One weight for a member, not one for a pixel: a weight that follows the photons of the pixel itself makes
    stars faint.
    """
    science = np.stack([layer.science for layer in layers])
    variance = np.stack([layer.variance for layer in layers])
    coverage = np.stack([layer.coverage for layer in layers])
    typical = _median_of_covered(science, coverage)
    noise = np.sqrt(variance + (RELATIVE_ERROR * np.maximum(typical, 0)) ** 2)
    if len(layers) > 2:
        coverage = coverage * (np.abs(science - typical) < REJECT_SIGMA * noise)
    weights = coverage / np.median(variance, axis=(1, 2))[:, None, None]
    total = weights.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    mean = (weights * science).sum(axis=0) / safe
    mean_variance = (weights**2 * variance).sum(axis=0) / safe**2
    return mean.astype(np.float32), mean_variance.astype(np.float32)


def _median_of_covered(science: FloatImage, coverage: FloatImage) -> FloatImage:
    """The median over the members that saw the pixel, 0 where none did: (member, y, x) to (y, x)."""
    # Sorted to the end by the infinity, what wasn't covered stays out of the middle; faster than a masked median.
    ordered = np.sort(np.where(coverage > 0, science, np.inf), axis=0)
    count = np.count_nonzero(coverage, axis=0)
    middle = [
        np.take_along_axis(ordered, index[None], axis=0)[0] for index in (np.maximum(count - 1, 0) // 2, count // 2)
    ]
    return np.where(count > 0, (middle[0] + middle[1]) / 2, 0.0).astype(np.float32)


def _common_system(members: Sequence[str], frames: Sequence[Frame]) -> PhotometricSystem:
    systems = [photometric_system(frame.header) for frame in frames]
    for name, system in zip(members, systems, strict=True):
        if system != systems[0]:
            raise InputDamaged(
                f"{name}: another filter or zero point than {members[0]}'s: take it out of the association"
            )
    return systems[0]


def _header(members: Sequence[str], frames: Sequence[Frame], padding: int) -> fits.Header:
    out = frames[0].header.copy()
    for keyword in ("NCRPIX", "BKGLEVEL", "R_BIAS", "R_DARK", "R_FLAT", "GAIN", "RDNOISE"):
        out.remove(keyword, ignore_missing=True)
    out["CRPIX1"] += padding
    out["CRPIX2"] += padding
    out["DATASET"] = out["ASNNAME"]
    out["NMEMBERS"] = (len(members), "exposures combined")
    total = sum(float(frame.header["EXPTIME"]) * float(frame.header["NINTS"]) for frame in frames)
    out["TOTEXP"] = (total, "[s] exposure time of all members")
    for number, member in enumerate(members, start=1):
        out[f"MEMB{number:04d}"] = member
    return out
