"""The archive: a directory of products and a small SQLite database of their metadata.

`<archive>/products/<dataset>/<file>` and `<archive>/archive.sqlite`. Many ingest steps write at the same
time: a file arrives under a temporary name and is renamed; the database is in WAL mode with a busy timeout,
and a row is written by one upsert. The file comes first and the row after it, so what a row names is always
there; a step that was killed between the two is simply run again. WAL needs a local disk
(sqlite.org/wal.html): the archive's database doesn't belong on NFS.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from imaging.errors import ArchiveFailed, InputDamaged, InputMissing
from imaging.products import CHUNK_BYTES, Level, Product, ProductFile, temporary_name

DATABASE_FILE = "archive.sqlite"
PRODUCT_DIRECTORY = "products"
BUSY_TIMEOUT_S = 60.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS product (
    dataset     TEXT NOT NULL,
    file_name   TEXT NOT NULL,
    level       TEXT NOT NULL,
    path        TEXT NOT NULL,
    bytes       INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    run_id      TEXT NOT NULL,
    ingested_at TEXT NOT NULL,
    instrument  TEXT,
    detector    TEXT,
    filter      TEXT,
    date_obs    TEXT,
    exposure_s  REAL,
    ra_deg      REAL,
    dec_deg     REAL,
    sources     INTEGER,
    metadata    TEXT NOT NULL,
    PRIMARY KEY (dataset, file_name)
) STRICT
"""

# A product that comes again with the same bytes changes nothing; with other bytes it is the next version.
_UPSERT = """
INSERT INTO product (dataset, file_name, level, path, bytes, sha256, run_id, ingested_at,
                     instrument, detector, filter, date_obs, exposure_s, ra_deg, dec_deg, sources, metadata)
VALUES (:dataset, :file_name, :level, :path, :bytes, :sha256, :run_id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
        :instrument, :detector, :filter, :date_obs, :exposure_s, :ra_deg, :dec_deg, :sources, :metadata)
ON CONFLICT (dataset, file_name) DO UPDATE SET
    level = excluded.level, path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256,
    version = product.version + 1, run_id = excluded.run_id, ingested_at = excluded.ingested_at,
    instrument = excluded.instrument, detector = excluded.detector, filter = excluded.filter,
    date_obs = excluded.date_obs, exposure_s = excluded.exposure_s, ra_deg = excluded.ra_deg,
    dec_deg = excluded.dec_deg, sources = excluded.sources, metadata = excluded.metadata
WHERE product.sha256 != excluded.sha256
"""

_COLUMNS = ("instrument", "detector", "filter", "date_obs", "exposure_s", "ra_deg", "dec_deg", "sources")


def ingest(product: Product, source: Path, archive: Path, run_id: str) -> int:
    """Put a product's files and rows into the archive; return the number of files. Doing it twice changes
    nothing.

    Raises:
        InputMissing: a file of the product isn't in `source`.
        InputDamaged: a file isn't what the level's step wrote.
        ArchiveFailed: the archive can't be written.
    """
    for file in product.files:
        _put_file(source / file.name, file, archive / PRODUCT_DIRECTORY / product.dataset)
    with _connect(archive) as connection:
        for file in product.files:
            connection.execute(_UPSERT, _row(product, file, run_id))
    return len(product.files)


def find_image(dataset: str, level: Level, archive: Path) -> Path | None:
    """The path of a dataset's image of a level; None where the archive has none. Raises: ArchiveFailed."""
    query = "SELECT path FROM product WHERE dataset = ? AND level = ? AND file_name LIKE '%.fits'"
    if not (archive / DATABASE_FILE).is_file():
        return None
    with _connect(archive) as connection:
        row = connection.execute(query, (dataset, level.value)).fetchone()
    path = archive / row[0] if row else None
    return path if path is not None and path.is_file() else None


@contextlib.contextmanager
def _connect(archive: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on the archive's database, which is made where it isn't there yet."""
    path = archive / DATABASE_FILE
    try:
        archive.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # IMMEDIATE: a transaction that reads first and writes later isn't helped by the busy timeout.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_SCHEMA)
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise ArchiveFailed(f"{path}: {error}: mend the archive and rescue the workflow") from error


def _row(product: Product, file: ProductFile, run_id: str) -> dict[str, str | int | float | None]:
    columns = {name: product.metadata.get(name) for name in _COLUMNS}
    return columns | {
        "dataset": product.dataset,
        "file_name": file.name,
        "level": product.level.value,
        "path": f"{PRODUCT_DIRECTORY}/{product.dataset}/{file.name}",
        "bytes": file.size,
        "sha256": file.sha256,
        "run_id": run_id,
        "metadata": json.dumps(product.metadata, sort_keys=True),
    }


def _put_file(source: Path, file: ProductFile, directory: Path) -> None:
    target = directory / file.name
    temporary = temporary_name(target)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _copy(source, temporary, file)
        temporary.rename(target)
    except FileNotFoundError as error:
        raise InputMissing(f"{source}: not there: run the step that makes it again") from error
    except OSError as error:
        raise ArchiveFailed(f"{target}: {error}: mend the archive and rescue the workflow") from error
    finally:
        # What went wrong before is the news, not that the temporary file can't be removed either.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _copy(source: Path, target: Path, file: ProductFile) -> None:
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != file.sha256:
        raise InputDamaged(f"{source}: not the bytes that its level's step wrote: run that step again")
