"""Images as they pass from level to level: arrays and the header that goes with them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from imaging.errors import InputDamaged, InputMissing
from imaging.products import temporary_name

FloatImage = npt.NDArray[np.float32]
FlagImage = npt.NDArray[np.uint8]
BoolImage = npt.NDArray[np.bool_]


class Flag(enum.IntFlag):
    """Bits of the data quality (DQ) image."""

    HOT = 1
    SATURATED = 2
    COSMIC_RAY = 4
    NO_RESPONSE = 8
    NO_COVERAGE = 16


def mark(quality: FlagImage, where: BoolImage, flag: Flag) -> None:
    """Set a flag's bit in `quality` where `where`, a mask that indexes it, is true."""
    quality[where] |= np.uint8(flag)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An image, or a cube of readouts.

    `science` and `error` have the shape (y, x) or (readout, y, x) and the unit that `header["BUNIT"]` says;
    `error` is one standard deviation, None where the level has none yet. `quality` holds `Flag` bits in the
    same shape.
    """

    science: FloatImage
    quality: FlagImage
    error: FloatImage | None
    header: fits.Header


def read_raw(path: Path) -> tuple[npt.NDArray[np.uint16], fits.Header]:
    """The readouts, (readout, y, x) in DN, and the header. Raises: InputMissing, InputDamaged."""
    with _open(path) as hdus:
        return np.array(hdus[0].data, dtype=np.uint16), hdus[0].header.copy()


def read_reference(path: Path) -> tuple[FloatImage, fits.Header]:
    """A reference image, (y, x), and its header. Raises: InputMissing, InputDamaged."""
    with _open(path) as hdus:
        return _native(hdus[0].data, path), hdus[0].header.copy()


def read_reference_header(path: Path) -> fits.Header:
    """The header of a reference file. Raises: InputMissing, InputDamaged."""
    with _open(path) as hdus:
        return hdus[0].header.copy()


def read_frame(path: Path) -> Frame:
    """A frame as `write_frame` wrote it. Raises: InputMissing, InputDamaged."""
    with _open(path) as hdus:
        names = {hdu.name for hdu in hdus}
        if not {"SCI", "DQ"} <= names:
            raise InputDamaged(f"{path}: no SCI and DQ images: run the step that makes it again")
        return Frame(
            science=_native(hdus["SCI"].data, path),
            quality=np.array(hdus["DQ"].data, dtype=np.uint8),
            error=_native(hdus["ERR"].data, path) if "ERR" in names else None,
            header=hdus["SCI"].header.copy(),
        )


def write_frame(path: Path, frame: Frame) -> None:
    """Write a frame as the extensions SCI, ERR and DQ, each with its checksum, all at once or not at all.

    The primary header repeats the keywords, so that a reader of the first block knows what the file is.
    """
    images = [fits.ImageHDU(frame.science, header=frame.header, name="SCI")]
    if frame.error is not None:
        images.append(fits.ImageHDU(frame.error, name="ERR"))
    images.append(fits.ImageHDU(frame.quality, name="DQ"))
    hdus = fits.HDUList([fits.PrimaryHDU(header=_without_structure(frame.header)), *images])
    write_hdus(path, hdus)


def write_hdus(path: Path, hdus: fits.HDUList) -> None:
    """Write a FITS file under a temporary name, then rename it."""
    temporary = temporary_name(path)
    for hdu in hdus:
        # A fixed comment in place of the time of day: the same input gives the same bytes.
        hdu.add_checksum(when="ones complement checksum")
    hdus.writeto(temporary)
    temporary.rename(path)


def _without_structure(header: fits.Header) -> fits.Header:
    primary = header.copy(strip=True)
    for keyword in ("EXTNAME", "BZERO", "BSCALE", "CHECKSUM", "DATASUM"):
        primary.remove(keyword, ignore_missing=True)
    return primary


def _open(path: Path) -> fits.HDUList:
    try:
        return fits.open(path, memmap=False)
    except FileNotFoundError as error:
        raise InputMissing(f"{path}: not there: run the step that makes it first") from error
    except OSError as error:
        raise InputDamaged(f"{path}: can't be read as FITS ({error}): make or deliver it again") from error


def _native(data: npt.NDArray[np.float32] | None, path: Path) -> FloatImage:
    if data is None:
        raise InputDamaged(f"{path}: holds no image: make or deliver it again")
    return np.array(data, dtype=np.float32)
