"""The whole set: raw exposures, deliveries of reference files, truth tables, and plan.json that names them
all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import InputMissing
from imaging.products import describe_file
from imaging.references import ReferenceType
from imaging.simulator.camera import DETECTORS, FILTERS, Detector, Filter
from imaging.simulator.exposures import Exposure, plan_exposures, write_exposure
from imaging.simulator.masters import master_bias, reference_name, write_bias_and_dark, write_flat_and_photom
from imaging.simulator.readout import DetectorModel, detector_model

PLAN_FILE = "plan.json"
MANIFEST_FILE = "manifest.txt"
MAX_EXPOSURES = 255


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be simulated. `leave_out_flat` names the filter whose lone flat comes later; None: nothing
    is missing.
    """

    seed: int
    out: Path
    exposures: int = 12
    associations: int = 2
    leave_out_flat: str | None = None
    install_references: bool = False


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A delivery of reference files: its name and the directory that holds it."""

    dataset: str
    directory: Path


def simulate(order: Order) -> Path:
    """Write the set below `order.out`; return the path of plan.json.

    Raises:
        InputMissing: the order can't be met; the text says why.
    """
    _check(order)
    exposures = plan_exposures(order.exposures, order.associations)
    missing = _lone_exposure(exposures, order.leave_out_flat)
    for name in ("raw", "truth", "reference", "archive", "deliveries"):
        (order.out / name).mkdir(parents=True, exist_ok=True)
    models = {detector.name: detector_model(order.seed, detector) for detector in DETECTORS}
    deliveries, late = _write_deliveries(order, exposures, missing, models)
    for exposure in exposures:
        write_exposure(models[exposure.detector.name], exposure, order.out / "raw", order.out / "truth")
    if order.install_references:
        for delivery in deliveries:
            _install(delivery, order.out / "reference")
    path = order.out / PLAN_FILE
    plan = _plan(order, exposures, deliveries, (missing, late) if missing and late else None)
    path.write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")
    return path


def _check(order: Order) -> None:
    if not 1 <= order.associations <= len(FILTERS):
        raise InputMissing(f"--associations {order.associations}: there are fields for 1 to {len(FILTERS)}")
    if not order.associations <= order.exposures <= MAX_EXPOSURES:
        raise InputMissing(f"--exposures {order.exposures}: give {order.associations} to {MAX_EXPOSURES}")


def _lone_exposure(exposures: Sequence[Exposure], filter_name: str | None) -> Exposure | None:
    if filter_name is None:
        return None
    used = [exposure for exposure in exposures if exposure.band.name == filter_name]
    for exposure in used:
        if sum(other.detector is exposure.detector for other in used) == 1:
            return exposure
    names = ", ".join(sorted({exposure.band.name for exposure in exposures}))
    raise InputMissing(
        f"--leave-out-flat {filter_name}: no exposure is alone with its flat; filters in use: {names}"
    )


def _write_deliveries(
    order: Order, exposures: Sequence[Exposure], missing: Exposure | None, models: dict[str, DetectorModel]
) -> tuple[list[Delivery], Delivery | None]:
    """One delivery with every bias and dark, one for each filter, and one with the flat that was left out."""
    root = order.out / "deliveries"
    delivery = _empty_delivery(root, f"crds_{order.seed:04d}_bias_dark")
    for model in models.values():
        write_bias_and_dark(model, delivery.directory)
    biases = {name: master_bias(model) for name, model in models.items()}
    deliveries = [delivery]
    late = _empty_delivery(root, f"crds_{order.seed:04d}_{missing.band.name.lower()}_late") if missing else None
    for band in FILTERS[: order.associations]:
        delivery = _empty_delivery(root, f"crds_{order.seed:04d}_{band.name.lower()}")
        for detector in _detectors(exposures, band):
            write_flat_and_photom(models[detector.name], biases[detector.name], band, delivery.directory)
            if missing and late and missing.band is band and missing.detector is detector:
                name = reference_name(ReferenceType.FLAT, detector, band)
                (delivery.directory / name).rename(late.directory / name)
        deliveries.append(delivery)
    for made in (*deliveries, *([late] if late else [])):
        write_manifest(made)
    return deliveries, late


def _detectors(exposures: Sequence[Exposure], band: Filter) -> list[Detector]:
    return [d for d in DETECTORS if any(e.detector is d and e.band is band for e in exposures)]


def _empty_delivery(root: Path, name: str) -> Delivery:
    shutil.rmtree(root / name, ignore_errors=True)
    (root / name).mkdir(parents=True)
    return Delivery(dataset=name, directory=root / name)


def write_manifest(delivery: Delivery) -> None:
    """Write the manifest of a delivery as the workflow crds_delivery reads it "
    "(docs/reference/workflows.md)."""
    files = [describe_file(path) for path in sorted(delivery.directory.glob("*.fits"))]
    lines = [f"owl-delivery 1 {delivery.dataset} {len(files)}"]
    lines += [f"{file.sha256}  {file.name}  {file.size}" for file in files]
    (delivery.directory / MANIFEST_FILE).write_text("\n".join(lines) + "\n", encoding="ascii")


def _install(delivery: Delivery, reference_dir: Path) -> None:
    for path in delivery.directory.glob("*.fits"):
        shutil.copyfile(path, reference_dir / path.name)


def _plan(
    order: Order,
    exposures: Sequence[Exposure],
    deliveries: Sequence[Delivery],
    late: tuple[Exposure, Delivery] | None,
) -> dict[str, object]:
    places = {f"{name}_dir": str((order.out / name).resolve()) for name in ("raw", "reference", "archive")}
    names = list(dict.fromkeys(exposure.association for exposure in exposures))
    members = {name: [e.dataset for e in exposures if e.association == name] for name in names}
    return {
        "seed": order.seed,
        **places,
        "truth_dir": str((order.out / "truth").resolve()),
        "exposures": [
            {"dataset": e.dataset, "parameters": dict(places), "association": e.association} for e in exposures
        ],
        "associations": [
            {
                "dataset": name,
                "members": members[name],
                "parameters": {"members": ",".join(members[name]), "archive_dir": places["archive_dir"]},
            }
            for name in names
        ],
        "deliveries": [_delivery_entry(delivery, places["reference_dir"]) for delivery in deliveries],
        "missing": _missing_entry(*late, places["reference_dir"]) if late else None,
    }


def _delivery_entry(delivery: Delivery, reference_dir: str) -> dict[str, object]:
    pathname = str(delivery.directory.resolve())
    return {
        "dataset": delivery.dataset,
        "pathname": pathname,
        "parameters": {"pathname": pathname, "reference_dir": reference_dir},
    }


def _missing_entry(exposure: Exposure, delivery: Delivery, reference_dir: str) -> dict[str, object]:
    return {
        "dataset": exposure.dataset,
        "file": reference_name(ReferenceType.FLAT, exposure.detector, exposure.band),
        "delivery": _delivery_entry(delivery, reference_dir),
    }
