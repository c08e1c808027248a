"""The products of the levels, their file names, and the sidecar that goes with each.

A level step writes, last of all, `<dataset>_<level>.json` beside its files. The ingest steps read nothing
else but this and the bytes of the files, so that they need no FITS library and start in a few hundredths of a
second.
"""

from __future__ import annotations

import enum
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import InputDamaged, InputMissing

CHUNK_BYTES = 1 << 20

MetadataValue = str | int | float | None


class Level(enum.StrEnum):
    """The levels of the archive, as their ingest steps are called."""

    POD = "05"
    RAW = "1a"
    DETRENDED = "1b"
    CALIBRATED = "2a"
    MEASURED = "2b"
    COMBINED = "3"


_IMAGE_SUFFIX = {
    Level.POD: "_pod.fits",
    Level.RAW: "_l1a.fits",
    Level.DETRENDED: "_l1b.fits",
    Level.CALIBRATED: "_l2a.fits",
    Level.MEASURED: "_l2b.fits",
    Level.COMBINED: "_l3.fits",
}


@dataclass(frozen=True, kw_only=True)
class ProductFile:
    """One file of a product: its name (no directory), size in bytes, SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Product:
    """What one level made of one dataset. `metadata` is what the archive's row says beside the file "
    "itself."""

    dataset: str
    level: Level
    files: tuple[ProductFile, ...]
    metadata: Mapping[str, MetadataValue]


def raw_name(dataset: str) -> str:
    """File name of the exposure as the observatory delivers it."""
    return f"{dataset}_raw.fits"


def image_name(dataset: str, level: Level) -> str:
    """File name of the level's image."""
    return f"{dataset}{_IMAGE_SUFFIX[level]}"


def catalogue_name(dataset: str) -> str:
    """File name of the source catalogue (ECSV)."""
    return f"{dataset}_cat.ecsv"


def preview_name(dataset: str) -> str:
    """File name of the preview (PNG)."""
    return f"{dataset}_preview.png"


def sidecar_name(dataset: str, level: Level) -> str:
    """File name of the level's sidecar."""
    return f"{dataset}_{level}.json"


def describe_file(path: Path) -> ProductFile:
    """Size and checksum of a file. Raises: OSError."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return ProductFile(name=path.name, size=size, sha256=digest.hexdigest())


def write_product(
    dataset: str, level: Level, paths: list[Path], metadata: Mapping[str, MetadataValue], directory: Path
) -> Product:
    """Write the sidecar of a product whose files are complete. Raises: OSError."""
    product = Product(
        dataset=dataset,
        level=level,
        files=tuple(describe_file(path) for path in paths),
        metadata=dict(metadata),
    )
    content = {
        "dataset": product.dataset,
        "level": product.level.value,
        "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in product.files],
        "metadata": product.metadata,
    }
    path = directory / sidecar_name(dataset, level)
    temporary = temporary_name(path)
    temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temporary.rename(path)
    return product


def read_product(dataset: str, level: Level, directory: Path) -> Product:
    """Read a sidecar.

    Raises:
        InputMissing: the level's step didn't end, so there is none.
        InputDamaged: it isn't this dataset's sidecar.
    """
    path = directory / sidecar_name(dataset, level)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(
            ProductFile(name=str(file["name"]), size=int(file["bytes"]), sha256=str(file["sha256"]))
            for file in content["files"]
        )
        product = Product(
            dataset=content["dataset"],
            level=Level(content["level"]),
            files=files,
            metadata=content["metadata"],
        )
    except OSError as error:
        raise InputMissing(
            f"no product of level {level} ({path}: {error.strerror}): run the step that makes it first"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputDamaged(
            f"{path}: not a product's sidecar ({error}): remove it, run the level's step again"
        ) from error
    if product.dataset != dataset or product.level is not level or any("/" in file.name for file in files):
        raise InputDamaged(f"{path}: describes another product: remove it and run the level's step again")
    return product


def temporary_name(path: Path) -> Path:
    """A hidden name beside `path` that no other process uses, on whatever machine it runs."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
