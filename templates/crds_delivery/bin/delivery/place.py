"""Check the files of a delivery and put them into the reference directory.

All files are checked and copied to temporary names first; only then are they renamed, one by one. So a
delivery with one bad file changes nothing, a reader never sees half a file, and a second run after a kill
goes on where the first ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from delivery.errors import (
    DeliveryError,
    DeliveryMissing,
    FileConflict,
    FileDamaged,
    FileMissing,
    NotInPlace,
    PlaceFailed,
)
from delivery.manifest import Entry, Manifest

CHUNK_BYTES = 1 << 20


def place_files(manifest: Manifest, delivery: Path, reference_dir: Path) -> list[str]:
    """Put every file of `manifest` from `delivery` into `reference_dir`; return a line for each, to be
    logged.

    A file that is in place with the same content is left alone.

    Raises:
        DeliveryError: see `delivery.errors`; nothing was put in place, unless a rename itself failed.
    """
    staged: list[tuple[Path, Path]] = []
    lines = []
    try:
        for entry in manifest.entries:
            temporary = _stage(manifest, entry, delivery, reference_dir)
            if temporary is None:
                lines.append(f"{entry.name}: in place already")
                continue
            staged.append((temporary, reference_dir / entry.name))
            lines.append(f"{entry.name}: {entry.size} bytes, sha256 {entry.sha256}")
        for temporary, target in staged:
            temporary.rename(target)
    except OSError as error:
        raise PlaceFailed(
            f"{reference_dir}: can't be written ({error}): mend it and rescue the workflow"
        ) from error
    finally:
        for temporary, _ in staged:
            remove_temporary(temporary)
    return lines


def temporary_name(path: Path) -> Path:
    """A hidden name beside `path` that no other process uses, on whatever machine it runs."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")


def remove_temporary(path: Path) -> None:
    """Remove a temporary file that may be there; what went wrong before is the news, not that this fails too."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def file_sha256(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file. Raises: OSError."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def check_in_place(entry: Entry, reference_dir: Path) -> None:
    """Raises: NotInPlace where `entry` isn't in `reference_dir` with its content."""
    target = reference_dir / entry.name
    try:
        found = file_sha256(target)
    except OSError as error:
        raise NotInPlace(
            f"{target}: not in place ({error.strerror}): run CRDS_SUBMIT of this delivery again"
        ) from error
    if found != (entry.size, entry.sha256):
        raise NotInPlace(f"{target}: not the file that was delivered: find out who changed it, then deliver again")


def _stage(manifest: Manifest, entry: Entry, delivery: Path, reference_dir: Path) -> Path | None:
    """Copy a file to a temporary name beside its target; None where it is in place already."""
    target = reference_dir / entry.name
    if os.path.lexists(target):
        try:
            check_in_place(entry, reference_dir)
        except NotInPlace as error:
            raise FileConflict(
                f"{target}: another file of that name is in use: references are never replaced, "
                f"deliver {entry.name} under a new name"
            ) from error
    with _open_inside(manifest, entry, delivery) as source:
        if target.exists():
            _copy_checked(source, None, manifest, entry)
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_inside(target, reference_dir)
        temporary = temporary_name(target)
        try:
            with temporary.open("xb") as sink:
                _copy_checked(source, sink, manifest, entry)
        except (OSError, DeliveryError):
            remove_temporary(temporary)
            raise
    return temporary


def _check_inside(target: Path, reference_dir: Path) -> None:
    if not target.parent.resolve().is_relative_to(reference_dir.resolve()):
        raise PlaceFailed(
            f"{target.parent}: a link leads out of {reference_dir}: remove it and rescue the workflow"
        )


@contextlib.contextmanager
def _open_inside(manifest: Manifest, entry: Entry, delivery: Path) -> Iterator[BinaryIO]:
    """Open a file below `delivery` without ever following a symbolic link.

    Each component is opened relative to the one before, so that nobody can put a link there between check and
    use.
    """
    directory_flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        current = os.open(delivery, directory_flags)
    except OSError as error:
        raise DeliveryMissing(
            f"{delivery}: no delivery can be read ({error.strerror}): check its pathname"
        ) from error
    *parents, last = entry.name.split("/")
    try:
        for component in parents:
            step = os.open(component, directory_flags | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = step
        # O_NONBLOCK: a named pipe in a delivery must not make us wait for ever.
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=current)
    except OSError as error:
        raise FileMissing(
            f"{delivery / entry.name}: listed in {manifest.path.name}, but no plain file that can be read "
            f"({error.strerror}): deliver again"
        ) from error
    finally:
        os.close(current)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileMissing(f"{delivery / entry.name}: not a plain file: deliver again")
    with os.fdopen(file, "rb") as stream:
        yield stream


def _copy_checked(source: BinaryIO, sink: BinaryIO | None, manifest: Manifest, entry: Entry) -> None:
    """Copy and check in one pass: what is put in place is what was checked."""
    digest = hashlib.sha256()
    size = 0
    # One byte more than the manifest says is enough to know that the file is too large.
    while chunk := source.read(min(CHUNK_BYTES, entry.size + 1 - size)):
        digest.update(chunk)
        size += len(chunk)
        if sink is not None:
            sink.write(chunk)
    where = manifest.path.parent / entry.name
    if size != entry.size:
        found = f"{size} bytes" if size < entry.size else f"more than {entry.size} bytes"
        raise FileDamaged(f"{where}: {found}, the manifest says {entry.size}: copy the delivery again")
    if digest.hexdigest() != entry.sha256:
        raise FileDamaged(f"{where}: the sha256 isn't the manifest's {entry.sha256[:12]}…: copy the delivery again")
    if sink is not None:
        sink.flush()
        os.fsync(sink.fileno())
