"""Which calibration reference file an exposure needs: chosen by what the headers say, newest first."""

from __future__ import annotations

import enum
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from imaging import fits_header
from imaging.errors import InputDamaged, InputMissing, NoReference


class ReferenceType(enum.StrEnum):
    """REFTYPE of a reference file."""

    BIAS = "bias"
    DARK = "dark"
    FLAT = "flat"
    PHOTOM = "photom"


# What must be equal in the headers of the exposure and of the reference, by type.
_MATCH: dict[ReferenceType, tuple[str, ...]] = {
    ReferenceType.BIAS: ("INSTRUME", "DETECTOR"),
    ReferenceType.DARK: ("INSTRUME", "DETECTOR", "EXPTIME"),
    ReferenceType.FLAT: ("INSTRUME", "DETECTOR", "FILTER"),
    ReferenceType.PHOTOM: ("INSTRUME", "DETECTOR", "FILTER"),
}
_SPOKEN = {"INSTRUME": "instrument", "DETECTOR": "detector", "EXPTIME": "exptime", "FILTER": "filter"}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A reference file and its header."""

    path: Path
    header: fits_header.Header


def read_candidates(reference_dir: Path) -> list[Candidate]:
    """Every FITS file below the reference directory; one that can't be read costs a warning, no more.

    Raises:
        InputMissing: there is no such directory.
    """
    if not reference_dir.is_dir():
        raise InputMissing(f"{reference_dir}: no such directory of reference files: check reference_dir")
    candidates = []
    for path in _fits_files(reference_dir):
        try:
            candidates.append(Candidate(path=path, header=fits_header.read_header(path)))
        except (InputMissing, InputDamaged) as error:
            print(f"warning: {error} (ignored)", file=sys.stderr)
    return candidates


def choose(kind: ReferenceType, exposure: fits_header.Header, reference_dir: Path) -> Path:
    """The reference of a type for an exposure: all keywords equal, not from after DATE-OBS, the latest
    USEAFTER.

    Raises:
        NoReference: none fits; the text says which one is wanted.
        InputMissing: there is no such directory.
    """
    date = str(exposure.get("DATE-OBS", ""))
    fitting = [
        candidate
        for candidate in read_candidates(reference_dir)
        if candidate.header.get("REFTYPE") == kind.value
        and all(_equal(candidate.header.get(key), exposure.get(key)) for key in _MATCH[kind])
        and str(candidate.header.get("USEAFTER", "")) <= date
    ]
    if not fitting:
        wanted = " ".join(f"{_SPOKEN[key]}={exposure.get(key)}" for key in _MATCH[kind])
        raise NoReference(f"no {kind} for {wanted} in {reference_dir}: deliver it and rescue the workflow")
    return max(fitting, key=lambda candidate: (str(candidate.header.get("USEAFTER", "")), candidate.path.name)).path


def _fits_files(directory: Path) -> list[Path]:
    found = []
    for root, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        found += [Path(root, name) for name in sorted(files) if name.endswith(".fits") and not name.startswith(".")]
    return found


def _equal(left: fits_header.Value | None, right: fits_header.Value | None) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) <= 1e-3 * abs(right)
    return left is not None and left == right
