"""Is the result right? Stars where and as bright as they were put, cosmic rays gone, the flat applied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from astropy.table import Table, unique, vstack
from astropy.wcs import WCS
from imaging.combine import calibrate, find_cosmic_rays
from imaging.frames import Flag, FloatImage, read_frame, read_reference
from imaging.psf import star_image, weighted_fluxes
from imaging.simulator import camera
from imaging.simulator.exposures import Exposure, field_of, plan_exposures
from imaging.simulator.readout import detector_model, read_out
from imaging.simulator.sky import dither_of, light, pointing_wcs, scene

from .conftest import SEED, Night

LOWEST_SNR = 50.0
POSITION_PIXELS = 0.2
MAGNITUDE = 0.05

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Match:
    """For every true star: the distance (pixels) to the nearest in the catalogue, and its magnitude error."""

    distance: Vector
    magnitude_error: Vector
    pull: Vector


def match(x: Vector, y: Vector, magnitude: Vector, catalogue: Table) -> Match:
    distances = np.hypot(
        np.asarray(catalogue["x"])[None, :] - x[:, None], np.asarray(catalogue["y"])[None, :] - y[:, None]
    )
    nearest = distances.argmin(axis=1)
    error = np.asarray(catalogue["mag"])[nearest] - magnitude
    return Match(
        distance=distances.min(axis=1),
        magnitude_error=error,
        pull=error / np.asarray(catalogue["mag_err"])[nearest],
    )


def measurable(truth: Table, x: Vector, y: Vector, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Stars that can be measured at all: not saturated, the whole aperture on the image."""
    return ~np.asarray(truth["saturated"]) & inside(x, y, shape)


def inside(x: Vector, y: Vector, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Where the whole aperture lies on the image."""
    margin = camera.APERTURE_RADIUS + 1
    height, width = shape
    return (x > margin) & (x < width - 1 - margin) & (y > margin) & (y < height - 1 - margin)


def assert_recovered(found: Match, bright: npt.NDArray[np.bool_], at_least: int) -> None:
    assert np.count_nonzero(bright) >= at_least
    assert found.distance[bright].max() < POSITION_PIXELS
    assert np.abs(found.magnitude_error[bright]).max() < MAGNITUDE
    # The catalogue's own errors are the true ones, neither boasted nor padded.
    assert 0.6 < np.std(found.pull[bright]) < 1.6


@pytest.mark.parametrize("number", range(4))
def test_every_bright_star_of_an_exposure_is_where_and_as_bright_as_it_was_put(number: int, night: Night) -> None:
    dataset = night.exposures[number]
    truth = Table.read(night.root / "truth" / f"{dataset}_truth.ecsv")
    catalogue = Table.read(night.product(dataset, "_cat.ecsv"))
    x, y = np.asarray(truth["x"]), np.asarray(truth["y"])
    bright = (np.asarray(truth["snr"]) >= LOWEST_SNR) & measurable(truth, x, y, (camera.SIZE, camera.SIZE))
    assert_recovered(match(x, y, np.asarray(truth["mag"]), catalogue), bright, at_least=30)


@pytest.mark.parametrize("number", range(4))
def test_the_sky_positions_are_those_of_the_true_stars(number: int, night: Night) -> None:
    dataset = night.exposures[number]
    truth = Table.read(night.root / "truth" / f"{dataset}_truth.ecsv")
    usable = measurable(truth, np.asarray(truth["x"]), np.asarray(truth["y"]), (camera.SIZE, camera.SIZE))
    truth = truth[(np.asarray(truth["snr"]) >= LOWEST_SNR) & usable]
    catalogue = Table.read(night.product(dataset, "_cat.ecsv"))
    east = (np.asarray(catalogue["ra"])[None] - np.asarray(truth["ra"])[:, None]) * np.cos(
        np.deg2rad(np.asarray(truth["dec"])[:, None])
    )
    north = np.asarray(catalogue["dec"])[None] - np.asarray(truth["dec"])[:, None]
    arcsec = np.hypot(east, north).min(axis=1) * 3600
    assert arcsec.max() < POSITION_PIXELS * camera.PIXEL_ARCSEC


def test_every_bright_star_of_an_association_is_where_and_as_bright_as_it_was_put(night: Night) -> None:
    truths = [Table.read(night.root / "truth" / f"{dataset}_truth.ecsv") for dataset in night.exposures]
    truth = unique(vstack(truths, metadata_conflicts="silent"), keys="star")
    # A star that all members saw with S/N of 25 has 50 in the four of them together.
    seen_by = np.array([sum(star in table["star"] for table in truths) for star in truth["star"]])
    image = night.product(night.association, "_l3.fits")
    header = fits.getheader(image, "SCI")
    x, y = WCS(header).celestial.all_world2pix(truth["ra"], truth["dec"], 0)
    bright = (np.asarray(truth["snr"]) * 2 >= LOWEST_SNR) & (seen_by == len(truths))
    bright &= measurable(truth, x, y, (header["NAXIS2"], header["NAXIS1"]))
    catalogue = Table.read(night.product(night.association, "_cat.ecsv"))
    assert_recovered(match(x, y, np.asarray(truth["mag"]), catalogue), bright, at_least=40)


def test_combining_makes_the_errors_smaller(night: Night) -> None:
    one = fits.getdata(night.product(night.exposures[0], "_l2b.fits"), "ERR")
    four = fits.getdata(night.product(night.association, "_l3.fits"), "ERR")
    middle = (slice(200, 300), slice(200, 300))
    assert np.median(four[middle]) == pytest.approx(np.median(one[middle]) / 2, rel=0.15)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What an exposure should show, electron/s, (y, x), and where cosmic rays hit, (readout, y, x)."""

    image: FloatImage
    rays: npt.NDArray[np.bool_]


def simulate_truth(exposure: Exposure) -> Truth:
    """The same random numbers as the simulator's run give the same rays."""
    field = field_of(SEED, exposure)
    view = scene(field, pointing_wcs(field.centre, dither_of(SEED, exposure.dataset)), exposure.band)
    model = detector_model(SEED, exposure.detector)
    incoming = light(view, camera.response(SEED, exposure.detector, exposure.band))
    labels = [f"{exposure.dataset} {number}" for number in range(camera.READOUTS)]
    rays = [read_out(model, label, incoming, camera.EXPOSURE_S).rays for label in labels]
    flat = np.ones((camera.SIZE, camera.SIZE), dtype=np.float32)
    return Truth(image=light(view, flat), rays=np.stack(rays))


def test_cosmic_rays_are_removed_and_stars_are_not(night: Night) -> None:
    exposure = plan_exposures(4, 1)[0]
    truth = simulate_truth(exposure)
    frame = read_frame(night.product(exposure.dataset, "_l2a.fits"))
    assert frame.error is not None
    dark = read_frame(night.product(exposure.dataset, "_l1b.fits"))
    plain = np.mean(dark.science, axis=0) / camera.EXPOSURE_S
    hit = truth.rays.any(axis=0)
    assert np.count_nonzero(hit) > 500
    # Two electron/s are ten times the noise of the sky: without the removal the rays stand out by that.
    assert np.mean(plain[hit] - truth.image[hit] > 2.0) > 0.7
    assert np.mean(np.abs(frame.science[hit] - truth.image[hit]) > 6 * frame.error[hit]) < 0.01
    # And a pixel that no ray hit is hardly ever taken for one.
    rejected = int(frame.header["NCRPIX"]) - np.count_nonzero(truth.rays)
    assert rejected < 0.001 * truth.rays.size


def test_the_flat_is_applied(night: Night) -> None:
    dataset = night.exposures[0]
    detrended = read_frame(night.product(dataset, "_l1b.fits"))
    reference = night.root / "reference" / detrended.header["DETECTOR"].lower()
    flat, _ = read_reference(reference.with_name("owlcam_nrs1_f115w_flat.fits"))
    without = calibrate(detrended, np.ones_like(flat), "none").frame.science
    product = read_frame(night.product(dataset, "_l2a.fits")).science
    assert sky_ratio(product) == pytest.approx(1.0, abs=0.01)
    # The test can fail: without the flat the corner is fainter by the vignetting.
    assert sky_ratio(without) < 0.9
    assert np.std(clipped(product)) < 0.97 * np.std(clipped(without))


def sky_ratio(image: FloatImage) -> float:
    """The sky of the corners over that of the middle."""
    corners = [image[:60, :60], image[:60, -60:], image[-60:, :60], image[-60:, -60:]]
    return float(np.mean([np.median(corner) for corner in corners]) / np.median(image[200:312, 200:312]))


def clipped(image: FloatImage) -> FloatImage:
    middle = np.median(image)
    return np.asarray(image[np.abs(image - middle) < 1.0], dtype=np.float32)


def test_saturated_pixels_are_flagged(night: Night) -> None:
    flagged = 0
    for dataset in night.exposures:
        raw = fits.getdata(night.root / "raw" / f"{dataset}_raw.fits")[:, :, : camera.SIZE]
        quality = read_frame(night.product(dataset, "_l2a.fits")).quality
        saturated = (raw >= camera.SATURATION_DN).any(axis=0)
        assert np.array_equal(saturated, (quality & Flag.SATURATED) != 0)
        flagged += int(np.count_nonzero(saturated))
    assert flagged > 20


def test_a_saturated_star_is_flagged_in_the_catalogue(night: Night) -> None:
    for dataset in night.exposures:
        truth = Table.read(night.root / "truth" / f"{dataset}_truth.ecsv")
        x, y = np.asarray(truth["x"]), np.asarray(truth["y"])
        too_bright = np.asarray(truth["saturated"]) & inside(x, y, (camera.SIZE, camera.SIZE))
        catalogue = Table.read(night.product(dataset, "_cat.ecsv"))
        flagged = catalogue[(np.asarray(catalogue["flags"]) & Flag.SATURATED) != 0]
        assert np.count_nonzero(too_bright) == len(flagged) > 0
        assert match(x[too_bright], y[too_bright], np.zeros(len(flagged)), flagged).distance.max() < 1.0


def test_rays_that_hit_two_of_three_readouts_at_the_same_place_are_found() -> None:
    random = np.random.default_rng(5)
    readouts = random.normal(100.0, 12.0, size=(3, 64, 64)).astype(np.float32)
    readouts[0, 30, 20:28] += 2000.0
    readouts[2, 30, 24] += 900.0
    variance = np.full_like(readouts, 144.0)
    rays = find_cosmic_rays(readouts, variance, fits.Header({"RDNOISE": 6.0}))
    assert [int(n) for n in np.flatnonzero(rays[0, 30])] == list(range(20, 28))
    assert list(zip(*np.nonzero(rays[2]), strict=True)) == [(30, 24)]
    assert not rays[1].any()


@pytest.mark.parametrize("x", [0.0, 0.3, -0.5])
def test_the_weighted_flux_of_a_star_is_its_flux_also_at_the_edge(x: float) -> None:
    image = np.zeros((101, 101), dtype=np.float32)
    star = star_image(camera.PSF, 61, x, 0.2)
    assert star.sum() == pytest.approx(1.0, abs=2e-4)
    image[20:81, 40:101] = 500 * star
    whole = np.array([[70 + x, 50.2]])
    error, unusable = np.ones_like(image), np.zeros(image.shape, dtype=np.bool_)
    fluxes, errors = weighted_fluxes(whole, image, error, unusable, camera.PSF)
    assert fluxes[0] == pytest.approx(500, rel=1e-3)
    edge = image[:, :72]
    at_edge, errors_at_edge = weighted_fluxes(whole, edge, error[:, :72], unusable[:, :72], camera.PSF)
    assert at_edge[0] == pytest.approx(500, rel=1e-3)
    assert errors_at_edge[0] > errors[0]


def test_nothing_usable_has_no_flux() -> None:
    image = np.ones((31, 31), dtype=np.float32)
    unusable = np.ones(image.shape, dtype=np.bool_)
    fluxes, errors = weighted_fluxes(np.array([[15.0, 15.0]]), image, image, unusable, camera.PSF)
    assert fluxes[0] == 0.0
    assert np.isinf(errors[0])
