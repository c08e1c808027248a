"""LEVEL_1: from the raw readouts to electrons, without bias and dark current.

The order of the steps is that of every CCD reduction (e.g. the astropy CCD Data Reduction Guide): overscan,
trim, bias, dark, gain; ccdproc does each. The flat comes in LEVEL_2A.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ccdproc
import numpy as np
import numpy.typing as npt
from astropy import units
from astropy.io import fits
from astropy.modeling.models import Chebyshev1D
from astropy.nddata import CCDData

from imaging import fits_header, references
from imaging.errors import InputDamaged
from imaging.frames import Flag, FloatImage, Frame, mark, read_raw, read_reference, write_frame, write_hdus
from imaging.pod import describe_exposure
from imaging.products import Level, image_name, write_product
from imaging.references import ReferenceType

HOT_ELECTRONS_PER_S = 2.0
OVERSCAN_DEGREE = 2


@dataclass(frozen=True, kw_only=True)
class Detrending:
    """The references of one exposure: bias (y, x) in DN, dark (y, x) in DN for one readout's exposure "
    "time."""

    bias: CCDData
    dark: CCDData
    bias_name: str
    dark_name: str


def level_1(dataset: str, reference_dir: Path, work_dir: Path) -> str:
    """Write the products of the levels 1A and 1B into the work directory; return a summary.

    Raises:
        InputMissing, InputDamaged: the exposure's POD isn't there or can't be read.
        NoReference: no bias or dark fits.
    """
    pod = work_dir / image_name(dataset, Level.POD)
    header = fits_header.read_header(pod)
    paths = [references.choose(kind, header, reference_dir) for kind in (ReferenceType.BIAS, ReferenceType.DARK)]
    raw, raw_header = read_raw(pod)
    trimmed = np.stack([_trim(readout, raw_header) for readout in raw])
    _write_level_1a(dataset, trimmed, raw_header, work_dir)
    detrending = _load(paths[0], paths[1], trimmed.shape[1:])
    frame = detrend(raw, raw_header, detrending)
    path = work_dir / image_name(dataset, Level.DETRENDED)
    write_frame(path, frame)
    write_product(dataset, Level.DETRENDED, [path], describe_exposure(header), work_dir)
    hot = int(np.count_nonzero(frame.quality[0] & Flag.HOT))
    return f"bias {detrending.bias_name}, dark {detrending.dark_name}, {len(raw)} readouts, {hot} hot pixels"


def detrend(raw: npt.NDArray[np.uint16], header: fits.Header, detrending: Detrending) -> Frame:
    """Take overscan, bias and dark from every readout; return electrons, (readout, y, x), with flags."""
    gain = float(header["GAIN"])
    science = np.stack([_detrend_readout(readout, header, detrending) for readout in raw])
    quality = np.zeros(science.shape, dtype=np.uint8)
    mark(quality, np.stack([_trim(readout, header) for readout in raw]) >= header["SATURATE"], Flag.SATURATED)
    hot = np.asarray(detrending.dark.data) * gain / float(header["EXPTIME"]) > HOT_ELECTRONS_PER_S
    mark(quality, np.broadcast_to(hot, quality.shape), Flag.HOT)
    out = _level_header(header, "electron")
    out["R_BIAS"] = (detrending.bias_name, "bias reference file")
    out["R_DARK"] = (detrending.dark_name, "dark reference file")
    return Frame(science=science, quality=quality, error=_error(science, header, detrending), header=out)


def _error(science: FloatImage, header: fits.Header, detrending: Detrending) -> FloatImage:
    """One standard deviation in electrons, (readout, y, x): photons, dark current and read noise."""
    dark = np.maximum(np.asarray(detrending.dark.data) * float(header["GAIN"]), 0)
    return np.sqrt(np.maximum(science, 0) + dark + float(header["RDNOISE"]) ** 2).astype(np.float32)


def _detrend_readout(readout: npt.NDArray[np.uint16], header: fits.Header, detrending: Detrending) -> FloatImage:
    ccd = CCDData(readout.astype(np.float32), unit=units.adu)
    ccd = ccdproc.subtract_overscan(
        ccd,
        fits_section=header["BIASSEC"],
        overscan_axis=1,
        median=True,
        # A smooth fit along the rows: the median of one row alone would add its own noise to the row.
        model=Chebyshev1D(OVERSCAN_DEGREE),
        add_keyword=False,
    )
    ccd = ccdproc.trim_image(ccd, fits_section=header["TRIMSEC"], add_keyword=False)
    ccd = ccdproc.subtract_bias(ccd, detrending.bias, add_keyword=False)
    seconds = float(header["EXPTIME"]) * units.s
    ccd = ccdproc.subtract_dark(
        ccd, detrending.dark, dark_exposure=seconds, data_exposure=seconds, add_keyword=False
    )
    ccd = ccdproc.gain_correct(ccd, float(header["GAIN"]) * units.electron / units.adu, add_keyword=False)
    return np.asarray(ccd.data, dtype=np.float32)


def _load(bias: Path, dark: Path, shape: tuple[int, ...]) -> Detrending:
    images = []
    for path in (bias, dark):
        image, _ = read_reference(path)
        if image.shape != shape:
            raise InputDamaged(f"{path}: its shape is {image.shape}, the detector's {shape}: deliver a right one")
        images.append(CCDData(image, unit=units.adu))
    return Detrending(bias=images[0], dark=images[1], bias_name=bias.name, dark_name=dark.name)


def _write_level_1a(dataset: str, trimmed: npt.NDArray[np.uint16], header: fits.Header, work_dir: Path) -> None:
    """Level 1A: the readouts in DN, trimmed to the pixels that see the sky."""
    path = work_dir / image_name(dataset, Level.RAW)
    write_hdus(path, fits.HDUList([fits.PrimaryHDU(trimmed, header=_level_header(header, "adu"))]))
    write_product(dataset, Level.RAW, [path], describe_exposure(header), work_dir)


def _trim(readout: npt.NDArray[np.uint16], header: fits.Header) -> npt.NDArray[np.uint16]:
    ccd = ccdproc.trim_image(CCDData(readout, unit=units.adu), fits_section=header["TRIMSEC"], add_keyword=False)
    return np.asarray(ccd.data)


def _level_header(header: fits.Header, unit: str) -> fits.Header:
    out: fits.Header = header.copy(strip=True)
    for keyword in ("BZERO", "BSCALE", "CHECKSUM", "DATASUM", "TRIMSEC", "BIASSEC"):
        out.remove(keyword, ignore_missing=True)
    out["BUNIT"] = unit
    return out
