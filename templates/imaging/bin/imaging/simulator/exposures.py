"""The exposures: which there are, and their raw files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from imaging.frames import write_hdus
from imaging.products import raw_name
from imaging.simulator import camera
from imaging.simulator.camera import DETECTORS, FILTERS, Detector, Filter
from imaging.simulator.readout import DetectorModel, Readout, image_section, overscan_section, read_out
from imaging.simulator.sky import Field, dither_of, light, pointing_wcs, scene, star_field, truth_table

PROGRAM = 93135
FIRST_OBSERVATION = 12
FIELD_CENTRES = ((80.4875, -69.4980), (150.1163, 2.2058), (53.1000, -27.8000), (269.7500, 66.0200))


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """One exposure of the plan; `field` is the index of its association."""

    dataset: str
    association: str
    field: int
    detector: Detector
    band: Filter
    date_obs: str


def plan_exposures(exposures: int, associations: int) -> list[Exposure]:
    """The exposures, evenly over the associations.

    Every association has a filter and a detector; its last exposure is taken with the other detector, so that
    the flat of that detector and filter is needed by one exposure alone.
    """
    planned = []
    for field in range(associations):
        members = exposures // associations + (1 if field < exposures % associations else 0)
        observation = FIRST_OBSERVATION + 314 * field
        for number in range(members):
            last = number == members - 1 and members > 1
            detector = DETECTORS[(field + (1 if last else 0)) % len(DETECTORS)]
            stem = f"jw{PROGRAM}{observation:03d}001_021{number + 1:02X}_00001"
            planned.append(
                Exposure(
                    dataset=f"{stem}_{detector.name.lower()}",
                    association=f"jw{PROGRAM}-o{observation:03d}_{FILTERS[field].name.lower()}",
                    field=field,
                    detector=detector,
                    band=FILTERS[field],
                    date_obs=f"2026-03-{field + 1:02d}T{number % 24:02d}:29:44",
                )
            )
    return planned


def field_of(seed: int, exposure: Exposure) -> Field:
    """The star field of an exposure's association."""
    return star_field(seed, exposure.association, FIELD_CENTRES[exposure.field])


def write_exposure(model: DetectorModel, exposure: Exposure, raw_dir: Path, truth_dir: Path) -> list[Readout]:
    """Simulate an exposure, write its raw file and its truth table; return the readouts."""
    field = field_of(model.seed, exposure)
    wcs = pointing_wcs(field.centre, dither_of(model.seed, exposure.dataset))
    view = scene(field, wcs, exposure.band)
    incoming = light(view, camera.response(model.seed, exposure.detector, exposure.band))
    readouts = [
        read_out(model, f"{exposure.dataset} {number}", incoming, camera.EXPOSURE_S)
        for number in range(camera.READOUTS)
    ]
    header = wcs.to_header()
    _describe(header, exposure)
    cube = np.stack([readout.counts for readout in readouts])
    path = raw_dir / raw_name(exposure.dataset)
    path.unlink(missing_ok=True)
    write_hdus(path, fits.HDUList([fits.PrimaryHDU(cube, header=header)]))
    truth = truth_table(field, view, exposure.detector)
    truth.write(truth_dir / f"{exposure.dataset}_truth.ecsv", format="ascii.ecsv", overwrite=True)
    return readouts


def _describe(header: fits.Header, exposure: Exposure) -> None:
    for keyword, value, comment in (
        ("TELESCOP", "OWLSIM", "simulated"),
        ("INSTRUME", camera.INSTRUMENT, "instrument"),
        ("DETECTOR", exposure.detector.name, "detector"),
        ("FILTER", exposure.band.name, "filter"),
        ("DATASET", exposure.dataset, "name of the exposure"),
        ("ASNNAME", exposure.association, "association that it belongs to"),
        ("DATE-OBS", exposure.date_obs, "start, UTC"),
        ("EXPTIME", camera.EXPOSURE_S, "[s] exposure time of one readout"),
        ("NINTS", camera.READOUTS, "number of readouts"),
        ("GAIN", exposure.detector.gain, "[electron/adu] gain"),
        ("RDNOISE", exposure.detector.read_noise, "[electron] read noise"),
        ("SATURATE", camera.SATURATION_DN, "[adu] a pixel of this value is saturated"),
        ("TRIMSEC", image_section(), "pixels that see the sky"),
        ("BIASSEC", overscan_section(), "overscan"),
        ("BUNIT", "adu", "unit"),
    ):
        header[keyword] = (value, comment)
