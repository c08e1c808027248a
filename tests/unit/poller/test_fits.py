"""Kind `fits`: headers decide; what is damaged is rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from owl.intake import EventState
from tests.fixtures.pollers import Arrivals


def frame(path: Path, **keywords: object) -> bytes:
    """A FITS file of two HDUs."""
    primary = fits.PrimaryHDU(np.zeros((50, 50), dtype="int16"))
    primary.header.update(keywords)
    image = fits.ImageHDU(np.zeros((10, 10), dtype="float32"), name="SCI")
    image.header["DETECTOR"] = "NRS1"
    fits.HDUList([primary, image]).writeto(path, overwrite=True)
    return path.read_bytes()


def test_dataset_mode_and_priority_come_from_the_header(arrivals: Arrivals) -> None:
    content = frame(arrivals.folder / "x", ROOTNAME="JW001  ", INSTRUME="OWLCAM", MODE="FAST")
    arrivals.put("any.dat", content)
    poller = arrivals.poller(
        kind="fits",
        dataset="{{ header.ROOTNAME | lower }}_{{ headers[1].DETECTOR | lower }}",
        priority="{{ 100 if header.MODE == 'FAST' else 50 }}",
        campaign="{{ header.INSTRUME | lower }}",
        parameters={"mode": "{{ header.MODE }}"},
    )
    arrivals.look(poller)
    (entry,) = arrivals.entries()
    assert (entry.dataset, entry.priority, entry.campaign) == ("jw001_nrs1", 100, "owlcam")
    assert entry.parameters == {"mode": "FAST"}


@pytest.mark.parametrize("cut", [1, 2000, 5000, 8000, 9000], ids=lambda cut: f"{cut} bytes")
def test_a_truncated_file_is_rejected_when_nothing_more_comes(arrivals: Arrivals, cut: int) -> None:
    content = frame(arrivals.folder / "x")
    arrivals.put("ds1.dat", content[:cut])
    poller = arrivals.poller(kind="fits", quiet=0.1)
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "it is rejected")
    assert "truncated" in arrivals.reason("ds1.dat")


def test_a_file_that_still_arrives_is_waited_for(arrivals: Arrivals) -> None:
    content = frame(arrivals.folder / "x")
    poller = arrivals.poller(kind="fits", quiet=60)
    arrivals.put("ds1.dat", content[:9000])
    arrivals.look(poller)
    assert arrivals.events() == []
    arrivals.put("ds1.dat", content)
    arrivals.look(poller)
    assert arrivals.datasets() == ["ds1"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"dataset": "{{ header.ROOTNAME }}"}, "there is no 'ROOTNAME'"),
        ({"options": {"required": ["INSTRUME", "ROOTNAME"]}}, "its header lacks ROOTNAME"),
        ({"priority": "{{ header.INSTRUME }}"}, "priority = 'OWLCAM': it must be a whole number"),
    ],
)
def test_a_file_that_lacks_keywords_is_rejected(arrivals: Arrivals, given: dict[str, Any], reason: str) -> None:
    arrivals.put("ds1.dat", frame(arrivals.folder / "x", INSTRUME="OWLCAM"))
    arrivals.look(arrivals.poller(kind="fits", **given))
    assert reason in arrivals.reason("ds1.dat")


def test_what_is_no_fits_is_rejected(arrivals: Arrivals) -> None:
    arrivals.put("ds1.dat", b"no FITS, but text\n" * 1000)
    poller = arrivals.poller(kind="fits", quiet=0.1)
    arrivals.look_until(poller, lambda: arrivals.events(EventState.QUARANTINED), "it is rejected")
    assert "isn't FITS" in arrivals.reason("ds1.dat")
