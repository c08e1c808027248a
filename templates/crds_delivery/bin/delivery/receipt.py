"""Confirm a delivery and write its receipts."""

from __future__ import annotations

import json
from pathlib import Path

from delivery.errors import PlaceFailed
from delivery.manifest import Manifest
from delivery.place import check_in_place, file_sha256, remove_temporary, temporary_name

RECEIPT_DIRECTORY = "receipts"
RECEIPT_SUFFIX = ".receipt.json"


def confirm_files(manifest: Manifest, reference_dir: Path) -> None:
    """Raises: NotInPlace for the first file of `manifest` that isn't in `reference_dir` as it was "
    "delivered."""
    for entry in manifest.entries:
        check_in_place(entry, reference_dir)


def write_receipts(manifest: Manifest, dataset: str, reference_dir: Path, work_dir: Path) -> list[Path]:
    """Write the receipt into the work directory and below the reference directory; return both paths.

    A receipt holds no time, so confirming twice writes the same bytes.
    """
    receipt = {
        "delivery": manifest.name,
        "dataset": dataset,
        "manifest_sha256": file_sha256(manifest.path)[1],
        "reference_dir": str(reference_dir),
        "files": [{"name": e.name, "bytes": e.size, "sha256": e.sha256} for e in manifest.entries],
    }
    text = json.dumps(receipt, indent=1) + "\n"
    paths = [
        directory / f"{dataset}{RECEIPT_SUFFIX}" for directory in (reference_dir / RECEIPT_DIRECTORY, work_dir)
    ]
    for path in paths:
        _write_atomically(path, text)
    return paths


def _write_atomically(path: Path, text: str) -> None:
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(path)
    except OSError as error:
        remove_temporary(temporary)
        raise PlaceFailed(f"{path}: can't be written ({error}): mend it and rescue the workflow") from error
